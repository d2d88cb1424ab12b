#!/usr/bin/env python3
"""Shows that data/compile.py stops on every kind of fault, with one line that names file and id.

    check_data.py COMPILE_PY

A small sound set of data is written, a fault is planted in it, and the lines on
stderr must be exactly the expected ones. Prints TAP.
"""
import pathlib
import subprocess
import sys
import tempfile

SOUND = {
    "data/findings.toml": """
[findings."port.blocked"]
severity = "critical"
layer = "network"
steps = ["change-port"]
title = "Stopped on the way"
[findings."port.blocked".because]
silent = "{endpoint}: no answer for {waited}"

[findings."port.reset"]
severity = "critical"
layer = "network"
steps = ["lower-mtu"]
planned = true
""",
    "data/steps.toml": """
[steps.change-port]
origin = "article"
article_section = "heading"
title = "Change the port"
text = "Use this for {host}: {settings}"

[steps.lower-mtu]
origin = "beyond"
planned = true
""",
    "data/messages.toml": """
[report]
verdict = "{host} works"
""",
    "data/ports.toml": """
[[ports]]
port = 993
service = "imaps"
what = "reading mail"
""",
    "data/providers.toml": """
[[providers]]
id = "gmail"
name = "Gmail"
username = "full-address"
domains = ["gmail.com"]
hosts = [{ host = "smtp.gmail.com", port = 465, tls = "implicit" }]
help_url = "https://support.google.com/"
source = "help page"
confidence = "high"

[[providers]]
id = "other"
name = "Other"
username = "other"
hosts = [{ host = "*.example.org", port = 587, tls = "starttls" }]
incoming = [
  { protocol = "imap", host = "imap.example.org", port = 993, tls = "implicit" },
  { protocol = "pop3", host = "pop.example.org", port = 110, tls = "starttls" },
]
source = "help page"
confidence = "medium"
""",
    "data/known-hosts.toml": """
[[lists]]
source = "a list"
confidence = "high"
hosts = ["mail.example.net", "smtp.example.net"]
""",
    "data/other-hosts.toml": """
[[hosts]]
host = "imap.gmail.com"
role = "imap"
right = "smtp.gmail.com"
source = "help page"
confidence = "high"

[[hosts]]
host = "mail.google.com"
role = "web"
right = "smtp.gmail.com"
source = "help page"
confidence = "medium"
""",
    "data/words.toml": """
[words.blocklist]
source = "refusals"
words = ["dnsbl", "spamhaus"]

[words.private-endings]
source = "RFC 6762"
words = ["lan"]
""",
    "data/scenarios/healthy.scn": "about    A healthy server.\ntarget   mail.example.test\n",
    "data/controls.toml": """
[[controls]]
kind = "mail"
host = "smtp.gmail.com"
port = 465
provider = "gmail"
source = "help page"
confidence = "high"

[[controls]]
kind = "web"
host = "www.google.com"
port = 443
provider = "gmail"
source = "help page"
confidence = "high"

[[controls]]
kind = "address"
host = "192.0.2.1"
port = 443
source = "help page"
confidence = "high"

[[controls]]
kind = "portal"
host = "portal.example.net"
port = 80
source = "help page"
confidence = "high"

[[controls]]
kind = "resolver"
host = "192.0.2.53"
port = 53
source = "help page"
confidence = "high"
""",
    "data/interceptors.toml": """
[[interceptors]]
product = "Shield"
kind = "computer"
issuers = [{ cn = "Shield Root" }, { cn = "S*", o = "Shield Works" }]
source = "a list"
confidence = "high"

[[interceptors]]
product = "Wall"
kind = "network"
issuers = [{ ou = "Wall" }]
source = "a list"
confidence = "medium"
""",
    "data/replies.toml": """
[classes]
"info.normal" = {}
"policy.blocklist" = { any = "port.blocked", sending = "port.reset", rcpt = "port.blocked" }

[[sets]]
providers = ["gmail"]
marks = ["gsmtp"]
help = { "policy.blocklist" = "https://support.google.com/" }
source = "help page"
rows = [
  { code = 550, enhanced = "5.7.1", text = ["on a list"], at = ["sending"], class = "policy.blocklist" },
  { code = 250, class = "info.normal", confidence = "medium" },
]

[[sets]]
service = "RFC 3463"
source = "RFC 3463"
confidence = "low"
rows = [{ enhanced = "x.7.1-3", class = "policy.blocklist", finding = "port.reset" }]
""",
    "data/client-texts.toml": """
[[hints]]
provider = "gmail"
words = ["gsmtp"]

[[clients]]
name = "Mailer"
source = "its own texts"
texts = [
  { words = ["cannot connect", "port"], sort = "symptom", means = { "port.blocked" = 0.6, "port.reset" = 0.2 } },
  { codes = ["800ccc0e", "econnreset"], sort = "cause", means = { "port.reset" = 0.5 } },
  { numbers = ["10054"], sort = "cause", means = { "port.reset" = 0.5 } },
  { words = ["sending failed"], sort = "wrapper", means = {} },
]
""",
    "data/public-issuers.toml": """
[[lists]]
source = "a store"
confidence = "high"
organisations = ["Example Trust", "Other Trust"]
""",
    "po/ja.po": """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgctxt "finding.port.blocked.title"
msgid "Stopped on the way"
msgstr "J title"

msgctxt "because.port.blocked.silent"
msgid "{endpoint}: no answer for {waited}"
msgstr "{waited} J {endpoint}"

msgctxt "step.change-port.title"
msgid "Change the port"
msgstr "J port"

msgctxt "step.change-port.text"
msgid "Use this for {host}: {settings}"
msgstr "J {settings} {host}"

msgctxt "report.verdict"
msgid "{host} works"
msgstr ""
"J "
"{host}"

msgctxt "port.imaps"
msgid "reading mail"
msgstr "J mail"

msgctxt "scenario.healthy"
msgid "A healthy server."
msgstr "J server"
""",
}

FINDINGS, STEPS, MESSAGES = "data/findings.toml", "data/steps.toml", "data/messages.toml"
PORTS, PROVIDERS, JAPANESE = "data/ports.toml", "data/providers.toml", "po/ja.po"
CONTROLS, SCENARIO = "data/controls.toml", "data/scenarios/healthy.scn"
KNOWN, OTHERS, WORDS = "data/known-hosts.toml", "data/other-hosts.toml", "data/words.toml"
INTERCEPTORS, ISSUERS, REPLIES = "data/interceptors.toml", "data/public-issuers.toml", "data/replies.toml"
CLIENTS = "data/client-texts.toml"

# What is wrong; the file, what stands there and what is put instead; the lines that must come.
FAULTS = [
    ("a finding without steps", FINDINGS, 'steps = ["change-port"]', "",
     ["data/findings.toml: port.blocked: no steps"]),
    ("an empty list of steps", FINDINGS, '["lower-mtu"]', "[]",
     ["data/findings.toml: port.reset: no steps"]),
    ("an unknown step", FINDINGS, '["lower-mtu"]', '["lower-mtx"]',
     ["data/findings.toml: port.reset: unknown step: lower-mtx"]),
    ("a step twice", FINDINGS, '["lower-mtu"]', '["lower-mtu", "lower-mtu"]',
     ["data/findings.toml: port.reset: a step stands twice"]),
    ("a raised finding whose step has no texts", FINDINGS, '["change-port"]', '["change-port", "lower-mtu"]',
     ["data/findings.toml: port.blocked: its step lower-mtu has no texts yet"]),
    ("a look-alike that there is not", FINDINGS, 'layer = "network"', 'layer = "network"\napart = ["port.rest"]',
     ["data/findings.toml: port.blocked: apart: there is no finding 'port.rest'"]),
    ("a finding that is to look like itself", FINDINGS, 'layer = "network"',
     'layer = "network"\napart = ["port.blocked"]',
     ["data/findings.toml: port.blocked: apart: a finding does not look like itself"]),
    ("a look-alike twice", FINDINGS, 'layer = "network"',
     'layer = "network"\napart = ["port.reset", "port.reset"]',
     ["data/findings.toml: port.blocked: apart: a finding stands there twice"]),
    ("a wrong severity", FINDINGS, 'severity = "critical"', 'severity = "fatal"',
     ["data/findings.toml: port.blocked: severity is 'fatal', not one of: info, warning, critical"]),
    ("a wrong layer", FINDINGS, 'layer = "network"', 'layer = "cable"',
     ["data/findings.toml: port.blocked: layer is 'cable', not one of: input, dns, network, smtp, tls, cert, "
      "clock, auth, send, relay, incoming, service"]),
    ("a finding twice", FINDINGS, '[findings."port.reset"]', '[findings."port.blocked"]',
     ["data/findings.toml: [findings.\"port.blocked\"]: Cannot declare ('findings', 'port.blocked') twice "
      "(at line 10, column 25)"]),
    ("a finding id of the wrong form", FINDINGS, '"port.reset"', '"port-blocked.x"',
     ["data/findings.toml: port-blocked.x: not the form of a finding id"]),
    ("a raised finding without title", FINDINGS, 'title = "Stopped on the way"', "",
     ["data/findings.toml: port.blocked: no title"]),
    ("a raised finding without because", FINDINGS, "planned = true", 'title = "Change the port"',
     ["data/findings.toml: port.reset: its step lower-mtu has no texts yet",
      "data/findings.toml: port.reset: no because text"]),
    ("a because that is no sentence", FINDINGS, 'silent = "{endpoint}', 'Silent = "{endpoint}',
     ["data/findings.toml: port.blocked: because.Silent is not a named sentence"]),
    ("an unknown key", FINDINGS, "planned = true", "planned = true\nplaned = true",
     ["data/findings.toml: port.reset: unknown key: planed"]),
    ("a table of the wrong name", FINDINGS, '[findings."port.reset"]', '[finding."port.reset"]',
     ["data/findings.toml: finding: only findings stand here"]),
    ("rows that are no tables", PORTS, "[[ports]]\nport", "ports = [993]\n[x]\nport",
     ["data/ports.toml: x: only ports stand here", "data/ports.toml: ports: not tables"]),
    ("a title with an argument", FINDINGS, '"Stopped on the way"', '"{host} stopped"',
     ["data/findings.toml: finding.port.blocked.title: a title takes no arguments"]),
    ("a step without texts that is not planned", STEPS, "planned = true", "",
     ["data/steps.toml: lower-mtu: a step has both title and text, unless it is planned"]),
    ("a step of the article without its heading", STEPS, 'article_section = "heading"', "",
     ["data/steps.toml: change-port: article_section belongs to steps of the article, and to all of them"]),
    ("an argument that steps do not have", STEPS, "{settings}", "{setting}",
     ["data/steps.toml: step.change-port.text: a step has no argument {setting}"]),
    ("two text ids that are one in C", MESSAGES, "[report]", '[port]\nimaps = "reading mail"\n[report]',
     ["data/ports.toml: port.imaps: duplicate id, also in data/messages.toml"]),
    ("a message twice", MESSAGES, 'verdict = "{host} works"', 'verdict = "{host} works"\nverdict = "x"',
     ["data/messages.toml: verdict = \"x\": Cannot overwrite a value (at line 4, column 14)"]),
    ("a placeholder of the wrong form", MESSAGES, "{host} works", "{Host} works",
     ["data/messages.toml: report.verdict: not the form of a placeholder: {Host} works"]),
    ("an empty message", MESSAGES, "{host} works", "",
     ["data/messages.toml: report: verdict is empty"]),
    ("a text without Japanese", MESSAGES, "[report]", '[report]\nnew = "x"',
     ["po/ja.po: report.new: no Japanese"]),
    ("an empty Japanese text", JAPANESE, '"J port"', '""',
     ["po/ja.po: step.change-port.title: no Japanese"]),
    ("English that has changed since", MESSAGES, "works", "works well",
     ["po/ja.po: report.verdict: stale: the English in data/messages.toml has changed"]),
    ("Japanese that is marked as fuzzy", JAPANESE, 'msgctxt "report.verdict"',
     '#, fuzzy\nmsgctxt "report.verdict"',
     ["po/ja.po: report.verdict: stale: the English in data/messages.toml has changed"]),
    ("Japanese for no text", JAPANESE, 'msgctxt "port.imaps"',
     'msgctxt "a"\nmsgid "b"\nmsgstr "c"\n\nmsgctxt "port.imaps"',
     ["po/ja.po: a: no such text (unused translation)"]),
    ("a text translated twice", JAPANESE, 'msgctxt "port.imaps"',
     'msgctxt "port.imaps"\nmsgid "reading mail"\nmsgstr "c"\n\nmsgctxt "port.imaps"',
     ["po/ja.po: port.imaps: translated twice"]),
    ("a placeholder in English alone", JAPANESE, "{waited} J", "J",
     ["po/ja.po: because.port.blocked.silent: in one language only: {waited}"]),
    ("a placeholder in Japanese alone", JAPANESE, '"J mail"', '"J {mail}"',
     ["po/ja.po: port.imaps: in one language only: {mail}"]),
    ("a Japanese placeholder of the wrong form", JAPANESE, '"J mail"', '"J {mail"',
     ["po/ja.po: port.imaps: not the form of a placeholder: {mail"]),
    ("a line of the catalogue that cannot be read", JAPANESE, '"J mail"', '"J mail',
     ["po/ja.po: line 29: cannot be read", "po/ja.po: port.imaps: no Japanese"]),
    ("a provider whose OAuth 2 is neither offered nor not", PROVIDERS, 'username = "full-address"',
     'username = "full-address"\noauth2 = "yes"',
     ["data/providers.toml: gmail: oauth2 is 'yes', not one of: , offered, none"]),
    ("a provider whose access is switched on nowhere", PROVIDERS, 'username = "full-address"',
     'username = "full-address"\naccess = "moon"',
     ["data/providers.toml: gmail: access is 'moon', not one of: , web, administrator, none"]),
    ("a port out of range", PROVIDERS, "port = 465", "port = 65536",
     ["data/providers.toml: gmail: bad port: 65536"]),
    ("a port that is no number", PROVIDERS, "port = 465", 'port = "465"',
     ["data/providers.toml: gmail: port is not of the right kind: '465'",
      "data/providers.toml: gmail: bad port: 0"]),
    ("a TLS mode that does not exist", PROVIDERS, '"implicit"', '"ssl"',
     ["data/providers.toml: gmail: tls is 'ssl', not one of: none, starttls, implicit"]),
    ("a host with upper case", PROVIDERS, "*.example.org", "*.Example.org",
     ["data/providers.toml: other: not a lower-case host name: *.Example.org"]),
    ("a provider without hosts", PROVIDERS, '[{ host = "*.example.org", port = 587, tls = "starttls" }]',
     "[]", ["data/providers.toml: other: no hosts"]),
    ("a provider that mail is read from by SMTP", PROVIDERS, 'protocol = "imap"', 'protocol = "smtp"',
     ["data/providers.toml: other: protocol is 'smtp', not one of: imap, pop3"]),
    ("mail that is read in clear", PROVIDERS, 'port = 110, tls = "starttls"', 'port = 110, tls = "none"',
     ["data/providers.toml: other: tls is 'none', not one of: starttls, implicit"]),
    ("an incoming server with upper case", PROVIDERS, "pop.example.org", "POP.example.org",
     ["data/providers.toml: other: not a lower-case host name: POP.example.org"]),
    ("a customer's name that is none for sending", PROVIDERS, '"pop3", host = "pop.', '"pop3", host = "*.pop.',
     ["data/providers.toml: other: *.pop.example.org is none of the provider's outgoing servers"]),
    ("an incoming server twice", PROVIDERS, '"pop.example.org", port = 110', '"imap.example.org", port = 993',
     ["data/providers.toml: other: imap.example.org port 993 stands twice"]),
    ("a provider twice", PROVIDERS, 'id = "other"', 'id = "gmail"',
     ["data/providers.toml: gmail: the id stands twice"]),
    ("a host of two providers", PROVIDERS, "*.example.org", "smtp.gmail.com",
     ["data/providers.toml: other: smtp.gmail.com belongs to gmail already"]),
    ("a row of low confidence", PROVIDERS, '"medium"', '"low"',
     ["data/providers.toml: other: confidence is 'low', not one of: high, medium"]),
    ("a URL that is not https", PROVIDERS, "https://", "http://",
     ["data/providers.toml: gmail: help_url is no https URL: http://support.google.com/"]),
    ("a known host with upper case", KNOWN, "mail.example", "Mail.example",
     ["data/known-hosts.toml: a list: not a lower-case host name: Mail.example.net"]),
    ("a known host twice", KNOWN, "mail.example", "smtp.example",
     ["data/known-hosts.toml: a list: smtp.example.net stands twice"]),
    ("a list without a source", KNOWN, '"a list"', '""', ["data/known-hosts.toml: : no source"]),
    ("a role that does not exist", OTHERS, '"web"', '"page"',
     ["data/other-hosts.toml: mail.google.com: role is 'page', not one of: imap, pop, web, mx"]),
    ("another host that sends mail after all", OTHERS, '"mail.google.com"', '"mail.example.net"',
     ["data/other-hosts.toml: mail.example.net: it is a server for sending"]),
    ("another host twice", OTHERS, '"mail.google.com"', '"imap.gmail.com"',
     ["data/other-hosts.toml: imap.gmail.com: the host stands twice"]),
    ("a right host of no provider", OTHERS, '"smtp.gmail.com"', '"smtp.gmail.org"',
     ["data/other-hosts.toml: imap.gmail.com: right is no host of a provider: smtp.gmail.org"]),
    ("a list without words", WORDS, '["lan"]', "[]", ["data/words.toml: private-endings: no words"]),
    ("a list of words without a source", WORDS, '"refusals"', '""', ["data/words.toml: blocklist: no source"]),
    ("a word with upper case", WORDS, '"lan"', '"LAN"',
     ["data/words.toml: private-endings: not a word in lower case: 'LAN'"]),
    ("a word twice", WORDS, '"dnsbl", "spamhaus"', '"spamhaus", "spamhaus"',
     ["data/words.toml: blocklist: the words are not in order, each once"]),
    ("a kind of control that does not exist", CONTROLS, '"portal"', '"gate"',
     ["data/controls.toml: portal.example.net: kind is 'gate', not one of: mail, web, address, portal, resolver",
      "data/controls.toml: portal: no control of this kind"]),
    ("a control of no provider", CONTROLS, 'host = "smtp.gmail.com"\nport = 465\nprovider = "gmail"',
     'host = "smtp.gmail.com"\nport = 465\nprovider = "gmaul"',
     ["data/controls.toml: smtp.gmail.com: no such provider: gmaul"]),
    ("a control without a port", CONTROLS, "port = 80", "port = 0",
     ["data/controls.toml: portal.example.net: no port: 0"]),
    ("a kind that does not exist", INTERCEPTORS, '"network"', '"cable"',
     ["data/interceptors.toml: Wall: kind is 'cable', not one of: computer, network, debugger, helper"]),
    ("an interceptor that cannot be known", INTERCEPTORS, '[{ ou = "Wall" }]', "[]",
     ["data/interceptors.toml: Wall: no issuers"]),
    ("an issuer that anybody could be", INTERCEPTORS, '{ ou = "Wall" }', '{ ou = "*" }',
     ["data/interceptors.toml: Wall: an issuer that anybody could be"]),
    ("an issuer with a * in the middle", INTERCEPTORS, '"Shield Root"', '"Shield*Root"',
     ["data/interceptors.toml: Shield: a * that is not at the end"]),
    ("an issuer of two products", INTERCEPTORS, '{ ou = "Wall" }', '{ cn = "Shield Root" }',
     ["data/interceptors.toml: Wall: its issuer is that of Shield already"]),
    ("a part of a name that nobody looks at", INTERCEPTORS, "ou =", "c =",
     ["data/interceptors.toml: Wall: an issuer that anybody could be", "data/interceptors.toml: Wall: unknown key: c"]),
    ("an organisation twice", ISSUERS, "Other Trust", "Example Trust",
     ["data/public-issuers.toml: a store: Example Trust stands twice"]),
    ("an organisation with a *", ISSUERS, "Other Trust", "Other*",
     ["data/public-issuers.toml: a store: not an organisation: Other*"]),
    ("a reply of a class that does not exist", REPLIES, '"info.normal", conf', '"info.usual", conf',
     ["data/replies.toml: gmail: 250: class is 'info.usual', not one of: info.normal, policy.blocklist",
      "data/replies.toml: info.normal: no row has this class"]),
    ("a class that no reply has", REPLIES, '"info.normal" = {}', '"info.normal" = {}\n"info.odd" = {}',
     ["data/replies.toml: info.odd: no row has this class"]),
    ("a class that leads nowhere", REPLIES, '"port.reset", rcpt', '"port.open", rcpt',
     ["data/replies.toml: policy.blocklist: sending: there is no finding 'port.open'"]),
    ("a class of a stage that does not exist", REPLIES, "rcpt =", "vrfy =",
     ["data/replies.toml: policy.blocklist: unknown key: vrfy"]),
    ("a text that no reply could match", REPLIES, "on a list", "550 On a list",
     ["data/replies.toml: gmail: 550 5.7.1 550 On a list: text: no text reads so: '550 On a list'"]),
    ("a reply at a stage that does not exist", REPLIES, '["sending"]', '["vrfy"]',
     ["data/replies.toml: gmail: 550 5.7.1 on a list: at: there is no stage 'vrfy'"]),
    ("a reply without text and number", REPLIES, "code = 250, ", "",
     ["data/replies.toml: gmail: ?: neither text nor number"]),
    ("a code that no reply has", REPLIES, "code = 250", "code = 25",
     ["data/replies.toml: gmail: 25: bad code: 25"]),
    ("an enhanced code of another kind than the code", REPLIES, "code = 250", 'code = 550, enhanced = "4.7.1"',
     ["data/replies.toml: gmail: 550 4.7.1: code and enhanced are not of one kind (RFC 2034 section 4)"]),
    ("an enhanced code that is none", REPLIES, "5.7.1", "5.7",
     ["data/replies.toml: gmail: 550 5.7 on a list: not an enhanced code: 5.7"]),
    ("a range that goes backwards", REPLIES, "x.7.1-3", "x.7.4-3",
     ["data/replies.toml: RFC 3463: x.7.4-3: the range goes backwards: x.7.4-3"]),
    ("a reply that stands twice", REPLIES, '["on a list"]', '["on a list", "on a list"]',
     ["data/replies.toml: gmail: stands twice: 550 on a list"]),
    ("a reply of a provider that does not exist", REPLIES, '["gmail"]', '["gmial"]',
     ["data/replies.toml: gmial: there is no provider 'gmial'"]),
    ("marks of nobody", REPLIES, 'confidence = "low"', 'marks = ["x"]',
     ["data/replies.toml: RFC 3463: marks give a provider away, and there is none"]),
    ("help for a class that does not exist", REPLIES, 'help = { "policy.', 'help = { "police.',
     ["data/replies.toml: gmail: help: there is no class 'police.blocklist'"]),
    ("a weak number", REPLIES, 'confidence = "medium"', "weak = true",
     ["data/replies.toml: gmail: 250: weak belongs to a text"]),
    ("replies without a source", REPLIES, 'source = "RFC 3463"\n', "",
     ["data/replies.toml: RFC 3463: no source"]),
    ("a client's text that leads nowhere", CLIENTS, '"port.reset" = 0.2', '"port.open" = 0.2',
     ["data/client-texts.toml: Mailer: cannot connect, port: there is no finding 'port.open'"]),
    ("a client's text that no line could match", CLIENTS, "cannot connect", "Cannot connect",
     ["data/client-texts.toml: Mailer: Cannot connect, port: words: no line reads so: 'Cannot connect'"]),
    ("a cause that means nothing", CLIENTS, '{ "port.reset" = 0.5 } },\n  { numbers', '{} },\n  { numbers',
     ["data/client-texts.toml: Mailer: 800ccc0e, econnreset: only a wrapper may mean nothing"]),
    ("a sort of text that does not exist", CLIENTS, '"symptom"', '"sign"',
     ["data/client-texts.toml: Mailer: cannot connect, port: sort is 'sign', not one of: wrapper, symptom, cause"]),
    ("the less likely finding first", CLIENTS, "0.2", "0.7",
     ["data/client-texts.toml: Mailer: cannot connect, port: the most likely finding stands first, and all together "
      "are 1 at most"]),
    ("a finding that is certain", CLIENTS, "0.6", "1.0",
     ["data/client-texts.toml: Mailer: cannot connect, port: port.blocked: not a confidence between 0 and 1: 1.0"]),
    ("a code with a blank", CLIENTS, "econnreset", "econn reset",
     ["data/client-texts.toml: Mailer: 800ccc0e, econn reset: not a code: econn reset"]),
    ("a client's text that stands twice", CLIENTS, "econnreset", "800ccc0e",
     ["data/client-texts.toml: Mailer: 800ccc0e: stands twice"]),
    ("a client's text of no form", CLIENTS, "numbers", "number",
     ["data/client-texts.toml: Mailer: ?: one of these is needed: words, codes, numbers"]),
    ("texts of a client without a source", CLIENTS, 'source = "its own texts"\n', "",
     ["data/client-texts.toml: Mailer: no source"]),
    ("a mark of a provider that does not exist", CLIENTS, '"gmail"', '"gmial"',
     ["data/client-texts.toml: gmial: there is no provider 'gmial'"]),
    ("a service without a port", PORTS, "port = 993", "port = 0",
     ["data/ports.toml: imaps: bad port: 0"]),
]

# Of scenarios: they may wait for their Japanese, and the search for what is missing names them.
WAITING = [
    ("a scenario without Japanese", JAPANESE, '"J server"', '""', ["po/ja.po: scenario.healthy: no Japanese"]),
    ("a scenario that is about something else since", SCENARIO, "A healthy", "A good",
     ["po/ja.po: scenario.healthy: stale: the English in data/scenarios/healthy.scn has changed"]),
]

GENERATED = ["client_texts_table.c", "finding_id.h", "replies_table.c", "reply_class_id.h", "step_id.h", "tables.c", "text_id.h", "words_id.h"]


def lay_out(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (folder / "out").mkdir()


def compile_data(compiler, files, write=True):
    """What the compiler says, its exit status and the names of what it wrote."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        lay_out(folder, files)
        command = [sys.executable, "-B", compiler, "--data", folder / "data", "--po", folder / "po/ja.po"]
        command += ["--out", folder / "out"] if write else []
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return run.stderr.splitlines(), run.returncode, sorted(p.name for p in (folder / "out").iterdir())


def judge_sound(compiler):
    lines, status, written = compile_data(compiler, SOUND)
    return [] if (lines, status, written) == ([], 0, GENERATED) else [str((lines, status, written))]


def plant(file, old, new):
    """The sound data with one thing changed."""
    if old not in SOUND[file]:
        raise ValueError(f"the case is out of date: {old} is not in {file}")
    return SOUND | {file: SOUND[file].replace(old, new, 1)}


def judge_waiting(compiler, file, old, new, expected):
    planted = plant(file, old, new)
    built = compile_data(compiler, planted)
    searched = compile_data(compiler, planted, write=False)
    return [str(got) for wanted, got in ((([], 0, GENERATED), built), ((expected, 1, []), searched)) if got != wanted]


def judge_fault(compiler, file, old, new, expected):
    """Why the case fails, as lines; none where it holds."""
    lines, status, written = compile_data(compiler, plant(file, old, new))
    wrong = []
    if lines != expected:
        wrong += [f"expected: {line}" for line in expected] + [f"got: {line}" for line in lines]
    if status != 1 or written:
        wrong.append(f"status {status}, written: {written}")
    return wrong


def main():
    compiler = sys.argv[1]
    results = [("sound data is compiled", judge_sound(compiler))]
    for says, file, old, new, expected in FAULTS:
        results.append((says, judge_fault(compiler, file, old, new, expected)))
    for says, file, old, new, expected in WAITING:
        results.append((says, judge_waiting(compiler, file, old, new, expected)))
    print(f"1..{len(results)}")
    for number, (says, wrong) in enumerate(results, 1):
        print(f"{'not ok' if wrong else 'ok'} {number} - {says}")
        for line in wrong:
            print(f"# {line}")
    return 1 if any(wrong for _, wrong in results) else 0


if __name__ == "__main__":
    sys.exit(main())
