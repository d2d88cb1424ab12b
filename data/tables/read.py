"""Reads data/*.toml into plain objects and checks all that can be checked."""
import dataclasses
import re
import tomllib

from .text import Text, placeholders, stray_brace, symbol

SEVERITIES = ("info", "warning", "critical")
LAYERS = ("input", "dns", "network", "smtp", "tls", "cert", "clock", "auth", "send", "relay", "incoming",
          "service")
ORIGINS = ("article", "beyond")
TLS_MODES = ("none", "starttls", "implicit")
INCOMING_PROTOCOLS = ("imap", "pop3")
INCOMING_MAX = 8    # PLAN_INCOMING_MAX
USERNAMES = ("full-address", "local-part", "other")
APP_PASSWORDS = ("letters", "hyphens", "other")
OAUTH2 = ("offered", "none")
ACCESS = ("web", "administrator", "none")
CONFIDENCES = ("high", "medium")
INTERCEPTOR_KINDS = ("computer", "network", "debugger", "helper")
HOST_ROLES = ("imap", "pop", "web", "mx")

# What a report fills in for a step, whichever finding the step stands under.
STEP_ARGUMENTS = {"host", "settings", "port", "endpoint", "cleaned", "where", "evidence", "clock", "line", "scanner",
                  "help", "public", "limit", "target", "oauth", "access", "app_password", "password", "outgoing",
                  "relay", "quota", "wait"}

FINDING_ID = re.compile(r"[a-z]+\.[a-z0-9-]+")
PLAIN_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
WORD = re.compile(r"[a-z0-9]([a-z0-9 .-]*[a-z0-9])?")
HOST_NAME = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+")    # "*.": one name for each customer


@dataclasses.dataclass
class Finding:
    ident: str
    severity: str
    layer: str
    steps: list
    planned: bool
    titled: bool


@dataclasses.dataclass
class Step:
    ident: str
    origin: str
    section: str
    worded: bool


@dataclasses.dataclass
class Port:
    number: int
    service: str


@dataclasses.dataclass
class Knowledge:
    findings: list
    steps: list
    texts: list
    providers: list
    ports: list
    known_hosts: list       # names, sorted
    other_hosts: list
    controls: list
    interceptors: list
    public_issuers: list    # organisations, sorted
    word_lists: list


def knowledge(folder, faults):
    """Everything under data/; what is faulty is reported and left out."""
    texts = []
    steps = read_steps(load(folder, "steps.toml", faults), texts, faults)
    findings = read_findings(load(folder, "findings.toml", faults), steps, texts, faults)
    read_messages(load(folder, "messages.toml", faults), texts, faults)
    ports = read_ports(load(folder, "ports.toml", faults), texts, faults)
    providers = read_providers(load(folder, "providers.toml", faults), faults)
    known_hosts = read_known_hosts(load(folder, "known-hosts.toml", faults), faults)
    other_hosts = read_other_hosts(load(folder, "other-hosts.toml", faults), providers, known_hosts, faults)
    public_issuers = read_public_issuers(load(folder, "public-issuers.toml", faults), faults)
    interceptors = read_interceptors(load(folder, "interceptors.toml", faults), faults)
    controls = read_controls(load(folder, "controls.toml", faults), providers, faults)
    word_lists = read_word_lists(load(folder, "words.toml", faults), faults)
    check_texts(texts, faults)
    check_symbols(findings, steps, texts, faults)
    return Knowledge(findings, steps, texts, providers, ports, known_hosts, other_hosts, controls,
                     interceptors, public_issuers, word_lists)


def load(folder, name, faults):
    try:
        source = (folder / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        faults.add(f"data/{name}", "cannot be read", str(error))
        return {}
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        faults.add(f"data/{name}", guilty_line(source, str(error)), str(error))
        return {}


def rows_of(data, file, key, kind, faults):
    """The one thing that a file holds; anything beside it is a slip of the pen."""
    for other in data:
        if other != key:
            faults.add(file, other, f"only {key} stand here")
    value = data.get(key, kind())
    rows = value.values() if isinstance(value, dict) else value
    if not isinstance(value, kind) or not all(isinstance(row, dict) for row in rows):
        faults.add(file, key, "not tables")
        return kind()
    return value


def guilty_line(source, error):
    """The line that a parser's message points to: the id stands in it or near it."""
    found = re.search(r"at line (\d+)", error)
    return source.split("\n")[int(found[1]) - 1].strip()[:80] if found else "end of file"


class Entry:
    """One table of a file: takes its keys out, and complains of what is wrong or left over."""

    def __init__(self, file, ident, table, faults):
        self.file = file
        self.ident = ident
        self._rest = dict(table) if isinstance(table, dict) else {}
        self._faults = faults
        if not isinstance(table, dict):
            self.fault("a table is expected")

    def part(self, table):
        """A table inside this one, under the same id."""
        return Entry(self.file, self.ident, table, self._faults)

    def fault(self, what):
        self._faults.add(self.file, self.ident, what)

    def take(self, key, kind, fallback):
        value = self._rest.pop(key, fallback)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.fault(f"{key} is not of the right kind: {value!r}")
            return fallback
        return value

    def take_word(self, key, words):
        word = self.take(key, str, "")
        if word not in words:
            self.fault(f"{key} is '{word}', not one of: {', '.join(words)}")
        return word

    def take_strings(self, key):
        values = self.take(key, list, [])
        if not all(isinstance(v, str) for v in values):
            self.fault(f"{key} holds something that is no string")
            return []
        return values

    def take_url(self, key):
        url = self.take(key, str, "")
        if url and not url.startswith("https://"):
            self.fault(f"{key} is no https URL: {url}")
        return url

    def take_text(self, key, ident, texts):
        """Puts the text under its id; true where there is one."""
        english = self.take(key, str, "")
        if english == "":
            return False
        texts.append(Text(ident, english, self.file))
        return True

    def done(self):
        for key in self._rest:
            self.fault(f"unknown key: {key}")


def read_steps(data, texts, faults):
    steps = []
    for ident, table in rows_of(data, "data/steps.toml", "steps", dict, faults).items():
        entry = Entry("data/steps.toml", ident, table, faults)
        if not PLAIN_ID.fullmatch(ident):
            entry.fault("not the form of a step id")
        planned = entry.take("planned", bool, False)
        origin = entry.take_word("origin", ORIGINS)
        section = entry.take("article_section", str, "")
        if (origin == "article") != (section != ""):
            entry.fault("article_section belongs to steps of the article, and to all of them")
        title = entry.take_text("title", f"step.{ident}.title", texts)
        text = entry.take_text("text", f"step.{ident}.text", texts)
        if title != text or not (title or planned):
            entry.fault("a step has both title and text, unless it is planned")
        entry.done()
        steps.append(Step(ident, origin, section, title and text))
    return steps


def read_findings(data, steps, texts, faults):
    known = {s.ident: s for s in steps}
    findings = []
    rows = rows_of(data, "data/findings.toml", "findings", dict, faults)
    for ident, table in rows.items():
        entry = Entry("data/findings.toml", ident, table, faults)
        if not FINDING_ID.fullmatch(ident):
            entry.fault("not the form of a finding id")
        planned = entry.take("planned", bool, False)
        severity = entry.take_word("severity", SEVERITIES)
        layer = entry.take_word("layer", LAYERS)
        check_apart(entry, entry.take_strings("apart"), rows)
        finding_steps = entry.take_strings("steps")
        check_steps(entry, finding_steps, known, planned)
        titled = entry.take_text("title", f"finding.{ident}.title", texts)
        because = read_because(entry, ident, texts)
        if not planned and not titled:
            entry.fault("no title")
        if not planned and because == 0:
            entry.fault("no because text")
        entry.done()
        known_steps = [s for s in finding_steps if s in known]
        findings.append(Finding(ident, severity, layer, known_steps, planned, titled))
    return findings


def check_steps(entry, finding_steps, known, planned):
    if not finding_steps:
        entry.fault("no steps")
    for step in finding_steps:
        if step not in known:
            entry.fault(f"unknown step: {step}")
        elif not planned and not known[step].worded:
            entry.fault(f"its step {step} has no texts yet")
    if len(set(finding_steps)) != len(finding_steps):
        entry.fault("a step stands twice")


def check_apart(entry, apart, findings):
    """For the tests alone: what this finding must not be taken for."""
    for other in apart:
        if other not in findings:
            entry.fault(f"apart: there is no finding '{other}'")
        elif other == entry.ident:
            entry.fault("apart: a finding does not look like itself")
    if len(set(apart)) < len(apart):
        entry.fault("apart: a finding stands there twice")


def read_because(entry, ident, texts):
    """The sentences that tell the evidence; returns how many there are."""
    sentences = entry.take("because", dict, {})
    for name, english in sentences.items():
        if not PLAIN_ID.fullmatch(name) or not isinstance(english, str) or english == "":
            entry.fault(f"because.{name} is not a named sentence")
            continue
        texts.append(Text(f"because.{ident}.{name}", english, entry.file))
    return len(sentences)


def read_messages(data, texts, faults):
    for group, table in data.items():
        entry = Entry("data/messages.toml", group, table, faults)
        if not PLAIN_ID.fullmatch(group):
            entry.fault("not the form of a group")
        for name in list(table) if isinstance(table, dict) else []:
            if not PLAIN_ID.fullmatch(name):
                entry.fault(f"not the form of a name: {name}")
            if not entry.take_text(name, f"{group}.{name}", texts):
                entry.fault(f"{name} is empty")
        entry.done()


def read_ports(data, texts, faults):
    ports = []
    for table in rows_of(data, "data/ports.toml", "ports", list, faults):
        entry = Entry("data/ports.toml", str(table.get("service", "?")), table, faults)
        service = entry.take("service", str, "")
        number = take_port(entry)
        if not PLAIN_ID.fullmatch(service):
            entry.fault("not the form of a service name")
        if number in [p.number for p in ports]:
            entry.fault(f"port {number} stands twice")
        if not entry.take_text("what", f"port.{service}", texts):
            entry.fault("what is empty")
        entry.done()
        ports.append(Port(number, service))
    return sorted(ports, key=lambda p: p.number)


def take_port(entry):
    number = entry.take("port", int, 0)
    if not 1 <= number <= 65535:
        entry.fault(f"bad port: {number}")
    return number


@dataclasses.dataclass
class Provider:
    ident: str
    name: str
    username: str
    app_password: str   # "" where the account's own password will do
    oauth2: str         # "" where it is not known
    access: str         # likewise
    domains: list
    hosts: list     # (host, port, tls)
    incoming: list  # (protocol, host, port, tls)
    help_url: str
    status_url: str


def read_providers(data, faults):
    providers = []
    owners = {}     # of each host and mail domain, so that a look-up has one answer
    for table in rows_of(data, "data/providers.toml", "providers", list, faults):
        entry = Entry("data/providers.toml", str(table.get("id", "?")), table, faults)
        provider = read_provider(entry)
        if provider.ident in [p.ident for p in providers]:
            entry.fault("the id stands twice")
        for name in set(provider.domains) | {h[0] for h in provider.hosts}:
            if owners.setdefault(name, provider.ident) != provider.ident:
                entry.fault(f"{name} belongs to {owners[name]} already")
        providers.append(provider)
    return providers


def read_provider(entry):
    ident = entry.take("id", str, "")
    if not PLAIN_ID.fullmatch(ident):
        entry.fault("not the form of a provider id")
    name = entry.take("name", str, "")
    domains = entry.take_strings("domains")
    for domain in domains:
        if not HOST_NAME.fullmatch(domain):
            entry.fault(f"not a lower-case domain: {domain}")
    hosts = read_hosts(entry)
    incoming = read_incoming(entry, {host for host, _, _ in hosts})
    username = entry.take_word("username", USERNAMES)
    app_password = entry.take_word("app_password", ("", *APP_PASSWORDS))
    oauth2 = entry.take_word("oauth2", ("", *OAUTH2))
    access = entry.take_word("access", ("", *ACCESS))
    help_url = entry.take_url("help_url")
    status_url = entry.take_url("status_url")
    take_source(entry)
    if name == "":
        entry.fault("no name")
    entry.done()
    return Provider(ident, name, username, app_password, oauth2, access, domains, hosts, incoming, help_url,
                    status_url)


def read_hosts(entry):
    hosts = []
    for row in entry.take("hosts", list, []):
        sub = entry.part(row)
        host = sub.take("host", str, "")
        port = take_port(sub)
        tls = sub.take_word("tls", TLS_MODES)
        if not HOST_NAME.fullmatch(host):
            sub.fault(f"not a lower-case host name: {host}")
        if (host, port, tls) in hosts:
            sub.fault(f"{host} port {port} {tls} stands twice")
        sub.done()
        hosts.append((host, port, tls))
    if not hosts:
        entry.fault("no hosts")
    return hosts


def read_incoming(entry, sending):
    incoming = []
    for row in entry.take("incoming", list, []):
        sub = entry.part(row)
        protocol = sub.take_word("protocol", INCOMING_PROTOCOLS)
        host = sub.take("host", str, "")
        port = take_port(sub)
        tls = sub.take_word("tls", TLS_MODES[1:])   # nobody is sent to clear text
        if not HOST_NAME.fullmatch(host):
            sub.fault(f"not a lower-case host name: {host}")
        if host.startswith("*") and host not in sending:
            sub.fault(f"{host} is none of the provider's outgoing servers")
        if any(known[1:3] == (host, port) for known in incoming):
            sub.fault(f"{host} port {port} stands twice")
        sub.done()
        incoming.append((protocol, host, port, tls))
    if len(incoming) > INCOMING_MAX:
        entry.fault(f"more than {INCOMING_MAX} incoming servers")
    return incoming


def take_source(entry):
    """Kept for whoever mends the row; the program has no use for it."""
    entry.take_word("confidence", CONFIDENCES)
    if entry.take("source", str, "") == "":
        entry.fault("no source")


def read_known_hosts(data, faults):
    hosts = set()
    for table in rows_of(data, "data/known-hosts.toml", "lists", list, faults):
        entry = Entry("data/known-hosts.toml", str(table.get("source", "?")), table, faults)
        for host in entry.take_strings("hosts"):
            if not HOST_NAME.fullmatch(host) or host.startswith("*"):
                entry.fault(f"not a lower-case host name: {host}")
            if host in hosts:
                entry.fault(f"{host} stands twice")
            hosts.add(host)
        take_source(entry)
        entry.done()
    return sorted(hosts)


@dataclasses.dataclass
class OtherHost:
    host: str
    role: str
    right: str


def read_other_hosts(data, providers, known_hosts, faults):
    sending = {h[0] for p in providers for h in p.hosts}
    rows = []
    for table in rows_of(data, "data/other-hosts.toml", "hosts", list, faults):
        entry = Entry("data/other-hosts.toml", str(table.get("host", "?")), table, faults)
        row = OtherHost(entry.take("host", str, ""), entry.take_word("role", HOST_ROLES), entry.take("right", str, ""))
        if not HOST_NAME.fullmatch(row.host) or row.host.startswith("*"):
            entry.fault(f"not a lower-case host name: {row.host}")
        if row.host in sending or row.host in known_hosts:
            entry.fault("it is a server for sending")
        if row.host in [r.host for r in rows]:
            entry.fault("the host stands twice")
        if row.right not in sending or row.right.startswith("*"):
            entry.fault(f"right is no host of a provider: {row.right}")
        take_source(entry)
        entry.done()
        rows.append(row)
    return rows


@dataclasses.dataclass
class Interceptor:
    product: str
    kind: str
    marks: list     # (cn, o, ou), "" for any


def read_interceptors(data, faults):
    interceptors = []
    owners = {}     # of each mark, so that a look-up has one answer
    for table in rows_of(data, "data/interceptors.toml", "interceptors", list, faults):
        entry = Entry("data/interceptors.toml", str(table.get("product", "?")), table, faults)
        product = entry.take("product", str, "")
        kind = entry.take_word("kind", INTERCEPTOR_KINDS)
        marks = read_marks(entry)
        if product == "":
            entry.fault("no product")
        for mark in marks:
            if mark in owners:
                entry.fault(f"its issuer is that of {owners[mark]} already")
            owners[mark] = product
        take_source(entry)
        entry.done()
        interceptors.append(Interceptor(product, kind, marks))
    return interceptors


def read_marks(entry):
    marks = []
    for row in entry.take("issuers", list, []):
        sub = entry.part(row)
        mark = tuple(sub.take(key, str, "") for key in ("cn", "o", "ou"))
        if not any(part.strip("*") for part in mark):
            sub.fault("an issuer that anybody could be")
        if any("*" in part[:-1] for part in mark):
            sub.fault("a * that is not at the end")
        sub.done()
        marks.append(mark)
    if not marks:
        entry.fault("no issuers")
    return marks


def read_public_issuers(data, faults):
    organisations = set()
    for table in rows_of(data, "data/public-issuers.toml", "lists", list, faults):
        entry = Entry("data/public-issuers.toml", str(table.get("source", "?")), table, faults)
        for name in entry.take_strings("organisations"):
            if name == "" or "*" in name:
                entry.fault(f"not an organisation: {name}")
            if name in organisations:
                entry.fault(f"{name} stands twice")
            organisations.add(name)
        take_source(entry)
        entry.done()
    return sorted(organisations)


@dataclasses.dataclass
class Control:
    kind: str
    host: str
    port: int
    provider: str


CONTROL_KINDS = ("mail", "web", "address", "portal", "resolver")


def read_controls(data, providers, faults):
    rows = []
    for table in rows_of(data, "data/controls.toml", "controls", list, faults):
        entry = Entry("data/controls.toml", str(table.get("host", "?")), table, faults)
        row = Control(entry.take_word("kind", CONTROL_KINDS), entry.take("host", str, ""),
                      entry.take("port", int, 0), entry.take("provider", str, ""))
        if not 1 <= row.port <= 65535:
            entry.fault(f"no port: {row.port}")
        if row.provider and row.provider not in {p.ident for p in providers}:
            entry.fault(f"no such provider: {row.provider}")
        take_source(entry)
        entry.done()
        rows.append(row)
    for kind in CONTROL_KINDS:
        if kind not in {row.kind for row in rows}:
            faults.add("data/controls.toml", kind, "no control of this kind")
    return rows


@dataclasses.dataclass
class WordList:
    ident: str
    words: list


def read_word_lists(data, faults):
    lists = []
    for ident, table in rows_of(data, "data/words.toml", "words", dict, faults).items():
        entry = Entry("data/words.toml", ident, table, faults)
        if not PLAIN_ID.fullmatch(ident):
            entry.fault("not the form of a list's id")
        words = entry.take_strings("words")
        for word in words:
            if not WORD.fullmatch(word):
                entry.fault(f"not a word in lower case: {word!r}")
        if not words:
            entry.fault("no words")
        if words != sorted(set(words)):
            entry.fault("the words are not in order, each once")
        if entry.take("source", str, "") == "":
            entry.fault("no source")
        entry.done()
        lists.append(WordList(ident, words))
    return lists


def check_texts(texts, faults):
    for text in texts:
        brace = stray_brace(text.english)
        if brace is not None:
            faults.add(text.file, text.ident, f"not the form of a placeholder: {brace}")
        names = placeholders(text.english)
        if text.ident.startswith("step."):
            for name in sorted(names - STEP_ARGUMENTS):
                faults.add(text.file, text.ident, f"a step has no argument {{{name}}}")
        if text.ident.endswith(".title") and names:
            faults.add(text.file, text.ident, "a title takes no arguments")


def check_symbols(findings, steps, texts, faults):
    """Two ids that read alike in C would be one: so none may."""
    seen = {}
    for prefix, file, entries in (("FINDING", "data/findings.toml", findings),
                                  ("STEP", "data/steps.toml", steps), ("TEXT", None, texts)):
        for entry in entries:
            name = symbol(prefix, entry.ident)
            if name in seen:
                faults.add(file or entry.file, entry.ident, f"duplicate id, also in {seen[name]}")
            seen.setdefault(name, file or entry.file)
