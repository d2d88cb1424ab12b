"""The lab's tests of signing in and sending: real servers, real refusals, and nothing secret outside TLS.

Every run is watched as tests/scenario/watch.py says: what it was given to sign in with must not be seen.
"""

import email
import email.utils
import json
import re
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import cases
import servers
from accounts import BLANK_PASSWORD, BLANK_USER, FOREIGN_PASSWORD, FOREIGN_USER, PASSWORD, TOKENS, USER
from cases import Differs, expect

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scenario"))
import watch  # noqa: E402

all_cases = []

PASSWORD_MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"]
TOKEN_MECHANISMS = ["OAUTHBEARER", "XOAUTH2"]
POSTFIX, EXIM, DOVECOT = "good.postfix.test", "mail.exim.test", "submission.dovecot.test"
# What each of them serves, and the port that it is shown at.
OFFERED = {
    POSTFIX: (587, [*PASSWORD_MECHANISMS, *TOKEN_MECHANISMS]),
    EXIM: (465, PASSWORD_MECHANISMS[:3]),
    DOVECOT: (465, [*PASSWORD_MECHANISMS, *TOKEN_MECHANISMS]),
}
BOB = "bob@example.test"
# How long a server's log or a message in a mailbox is waited for, and how long a log must be still to be over.
PATIENCE_S, STILL_S = 5, 0.3


def case(sentence):
    return cases.case(sentence, all_cases)


class Tester(cases.Tester):
    """Runs the program under the watch; what a run was given as a secret is what must not be seen of it."""

    def __init__(self, lab):
        super().__init__(lab)
        self.servers = {server.name: server for server in lab.servers}
        self.record = lab.scratch / "record.json"

    def start(self, command):
        run = watch.Watched(command, files=[self.record], seconds=cases.HANGS, env=cases.ENVIRONMENT, cwd="/")
        for option, file in zip(command, command[1:]):
            if option in ("--password-file", "--token-file"):
                seen = run.leaks(Path(file).read_bytes())
                expect(not seen, f"{' '.join(command)}: {seen}")
        expect(run.whole(), f"{' '.join(command)}: not all of it was seen")
        return SimpleNamespace(returncode=run.status, stdout=run.output, stderr=run.complaint)

    def sign_in(self, *arguments, user=USER, password=None, token=None):
        """A check that signs in; it has what was found of the sign-in and the sending from its record."""
        secret = PASSWORD if password is None and token is None else password if token is None else token
        file = self.lab.secret("given", secret)
        return self.send(*arguments, "--user", user, "--password-file" if token is None else "--token-file", file)

    def send(self, *arguments):
        """Likewise, without a sign-in."""
        self.record.unlink(missing_ok=True)
        run = self.check("--record", self.record, *arguments)
        run.expect(self.record.exists(), "there is no record")
        errands = json.loads(self.record.read_text())["errand"]
        run.expect(len(errands) == 1, f"there are {len(errands)} connections that sign in or send")
        run.errand = errands[0]
        return run

    @contextmanager
    def trusting(self, file):
        """The roots of this file are trusted in place of the lab's until the block ends."""
        usual, self.lab.ca_file = self.lab.ca_file, file
        try:
            yield
        finally:
            self.lab.ca_file = usual

    def mailbox(self, server, address):
        return self.servers[server].mailboxes().get(address, [])


class Log:
    """What a server says from now on."""

    def __init__(self, server):
        self.server, self.start = server, len(server.said())

    def text(self):
        return self.server.said()[self.start:]

    def says(self, pattern):
        end = time.monotonic() + PATIENCE_S
        while re.search(pattern, self.text()) is None:
            if time.monotonic() > end:
                raise Differs(f"{self.server.name} does not say {pattern!r}, but:\n{self.text()[-3000:]}")
            time.sleep(0.02)

    def never_says(self, pattern, once):
        """Once it has said something, and until it says no more."""
        self.says(once)
        end, last = time.monotonic() + PATIENCE_S, ""
        while last != (last := self.text()) and time.monotonic() < end:
            time.sleep(STILL_S)
        found = re.search(pattern, last)
        if found is not None:
            raise Differs(f"{self.server.name} says {found[0]!r}:\n{last[-3000:]}")


def used(tester, host, mechanism):
    """A log, and what stands in it once this mechanism was used at a server."""
    if host == EXIM:
        authenticator = {"PLAIN": "plain", "LOGIN": "login", "CRAM-MD5": "cram"}[mechanism]
        return Log(tester.servers["exim"]), f"A={authenticator}:|{authenticator} authenticator failed"
    service = "submission" if host == DOVECOT else "smtp"
    return Log(tester.servers["dovecot"]), rf"client in: AUTH\t\d+\t{mechanism}\tservice={service}\t"


def credentials(mechanism):
    return {"token": TOKENS["good"]} if mechanism in TOKEN_MECHANISMS else {"password": PASSWORD}


# ---- each mechanism, at each server -----------------------------------------------------


def _mechanism_cases(host, port, mechanism):
    @case(f"{mechanism} signs in at {host}")
    def _(tester):
        log, line = used(tester, host, mechanism)
        run = tester.sign_in("-p", port, "--auth", mechanism, host, **credentials(mechanism))
        run.is_healthy()
        run.expect(run.errand["sign_in"]["accepted"], "it was not accepted")
        run.expect(run.errand["sign_in"]["mechanism"] == mechanism, f"the mechanism: {run.errand['sign_in']}")
        log.says(line)

    @case(f"{mechanism} with a wrong secret is refused at {host}")
    def _(tester):
        log, line = used(tester, host, mechanism)
        wrong, finding = ({"token": "ya29.nobody-has-this-one"}, "auth.token-rejected") \
            if mechanism in TOKEN_MECHANISMS else ({"password": "open barley"}, "auth.bad-credentials")
        run = tester.sign_in("-p", port, "--auth", mechanism, host, **wrong)
        run.is_only(finding, "critical")
        run.says(finding, "535")
        run.expect(not run.errand["sign_in"]["accepted"], "it was accepted")
        log.says(line)


for _host, (_port, _offered) in OFFERED.items():
    for _mechanism in _offered:
        _mechanism_cases(_host, _port, _mechanism)


@case("of what a server offers the best is taken, by the port that the user has and by another")
def _(tester):
    for host, given, best in ((POSTFIX, {}, "SCRAM-SHA-256"), (POSTFIX, {"token": TOKENS["good"]}, "OAUTHBEARER"),
                              (EXIM, {}, "PLAIN"), (DOVECOT, {}, "SCRAM-SHA-256")):
        for settings in ([], ["-p", 465], ["-p", 587, "--tls", "starttls"]):
            run = tester.sign_in(*settings, host, **given)
            run.is_healthy([cases.IMPLICIT] if not settings else [])
            run.expect(run.errand["sign_in"]["mechanism"] == best, f"{settings}: {run.errand['sign_in']}")


@case("a mechanism that the server does not offer is auth.mechanism-unsupported, and not tried")
def _(tester):
    for given in ({"token": TOKENS["good"]}, {}):
        log = Log(tester.servers["exim"])
        forced = [] if given else ["--auth", "SCRAM-SHA-256"]
        tester.sign_in(*forced, EXIM, **given).is_only("auth.mechanism-unsupported", "critical")
        log.never_says("AUTH", once="C=EHLO")


# ---- user names and secrets --------------------------------------------------------------


@case("a password that ends with a blank is sent with it")
def _(tester):
    for host, (port, offered) in OFFERED.items():
        for mechanism in set(offered) & {"PLAIN", "LOGIN", "SCRAM-SHA-256"}:
            run = tester.sign_in("-p", port, "--auth", mechanism, host, user=BLANK_USER, password=BLANK_PASSWORD)
            run.is_healthy()
            run.expect(run.errand["sign_in"]["accepted"], "it was not accepted")
    tester.sign_in(POSTFIX, user=BLANK_USER, password=BLANK_PASSWORD[:-1]).is_only("auth.bad-credentials", "critical")


@case("a blank at the end that does not belong to the password is told, and not cut off")
def _(tester):
    for mechanism in ("PLAIN", "SCRAM-SHA-256"):
        run = tester.sign_in("--auth", mechanism, POSTFIX, password=PASSWORD + " ")
        run.is_only("auth.bad-credentials", "critical")
        run.expect(run.errand["sign_in"]["form"]["blank_at_end"], "the blank was not seen")
        texts = [line["text"] for finding in run.report["findings"] for line in finding["because"]]
        run.expect(any("blank" in text or "space" in text for text in texts), "the blank is not told")


@case("a password of other letters than ASCII signs in")
def _(tester):
    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"):
        run = tester.sign_in("--auth", mechanism, POSTFIX, user=FOREIGN_USER, password=FOREIGN_PASSWORD)
        run.is_healthy()
        run.expect(run.errand["sign_in"]["accepted"], "it was not accepted")


@case("a user name without its domain, and one that nobody has, are auth.bad-credentials")
def _(tester):
    for host in OFFERED:
        for user in ("alice", "nobody@example.test"):
            tester.sign_in(host, user=user).is_only("auth.bad-credentials", "critical")


@case("where the provider wants the whole address, a user name without its domain is auth.username-form")
def _(tester):
    run = tester.sign_in("smtp.gmail.com", user="alice")
    run.is_sound()
    run.expect(run.severities().get("auth.username-form") == "critical", "it is not told")
    run.expect(run.status == cases.EXIT_STATUS["critical"], "it is not critical")
    tester.sign_in("smtp.gmail.com").is_healthy()


def _token_case(name, fault):
    @case(f"a token that {fault} is auth.token-rejected")
    def _(tester):
        for host in (POSTFIX, DOVECOT):
            for mechanism in TOKEN_MECHANISMS:
                run = tester.sign_in("--auth", mechanism, host, token=TOKENS[name])
                run.is_only("auth.token-rejected", "critical")
                run.expect(run.errand["sign_in"]["oauth_status"] != "", "the server's own status was not read")


for _name, _fault in (("expired", "has expired"), ("scope", "is for something else"),
                      ("user", "is another person's"), ("revoked", "was revoked")):
    _token_case(_name, _fault)


@case("a token that tells nothing of itself signs in")
def _(tester):
    for mechanism in TOKEN_MECHANISMS:
        run = tester.sign_in("--auth", mechanism, POSTFIX, token=TOKENS["opaque"])
        run.is_healthy()
        run.expect(run.errand["sign_in"]["accepted"], "it was not accepted")


@case("one sign-in too many is auth.rate-limited, whatever the password")
def _(tester):
    for host, allowed in (("limited.postfix.test", 1), (servers.LIMITED, 2)):
        for _ in range(allowed):
            tester.sign_in("-4", host, password="open barley").is_only("auth.bad-credentials", "critical")
        tester.sign_in("-4", host).is_only("auth.rate-limited", "critical")


# ---- nothing secret where it could be read -----------------------------------------------


def holds_back(run, bar):
    run.is_sound()
    run.expect(run.status != 0, "nothing is wrong")
    run.expect(run.errand["bar"] == bar, f"the reason: {run.errand['bar']}")
    run.expect(not run.errand["sign_in"]["begun"] and not run.errand["sending"]["begun"], "it went on")


@case("where the servers' issuer is not trusted no secret is sent, to none of them")
def _(tester):
    logs = [(Log(tester.servers["postfix"]), "auth=", "disconnect from"),
            (Log(tester.servers["exim"]), "AUTH", "C=EHLO"),
            (Log(tester.servers["dovecot"]), "client in: AUTH", "no auth attempts")]
    with tester.trusting(servers.HOME / "pki" / "World" / "root.crt"):
        for host in OFFERED:
            run = tester.sign_in("--only-target", host)
            run.has_primary("cert.untrusted-issuer", "critical")
            holds_back(run, "unverified")
    for log, sign, once in logs:
        log.never_says(sign, once)


@case("with a certificate that was not verified for the name no secret is sent, whatever is wrong with it")
def _(tester):
    for face in ("expired", "wrong-name", "self-signed", "incomplete"):
        log = Log(tester.servers["postfix"])
        for settings in (["-p", 465], ["-p", 587]):
            holds_back(tester.sign_in(*settings, f"{face}.postfix.test"), "unverified")
        log.never_says("auth=", once="disconnect from")


@case("without TLS no secret is sent, where the server would take it too")
def _(tester):
    log = Log(tester.servers["postfix"])
    for port in (587, 25):
        for host in ("no-starttls.postfix.test", POSTFIX):
            holds_back(tester.sign_in("-p", port, "--tls", "none", host), "no-tls")
    tester.sign_in("-p", 587, "--tls", "starttls", "no-starttls.postfix.test").has_primary(
        "mode.starttls-missing", "critical")
    log.never_says("postfix/clear.* auth=", once="postfix/clear.* disconnect from")


@case("where the user's own setting does not work and another does, that one is signed in at")
def _(tester):
    run = tester.sign_in("-p", 587, "--tls", "starttls", "no-starttls.postfix.test")
    run.has_primary("mode.starttls-missing", "critical")
    run.expect(run.errand["sign_in"]["accepted"], "it was not accepted")
    connection = run.errand["connection"][0]
    run.expect((connection["port"], connection["mode"]) == cases.IMPLICIT, "it was elsewhere")


@case("without a user name nobody signs in")
def _(tester):
    log = Log(tester.servers["postfix"])
    tester.check(POSTFIX).is_healthy()
    log.never_says("auth=|mail=|rcpt=", once="disconnect from")


# ---- sending -----------------------------------------------------------------------------


@case("a test message arrives once, as what it is called in the record, with a date")
def _(tester):
    for host, server in ((POSTFIX, "postfix"), (EXIM, "exim"), (DOVECOT, "postfix")):
        before = tester.mailbox(server, BOB)
        run = tester.sign_in("--send-to", BOB, host)
        run.is_healthy()
        end = time.monotonic() + PATIENCE_S
        while len(arrived := [text for text in tester.mailbox(server, BOB) if text not in before]) == 0:
            run.expect(time.monotonic() < end, "nothing arrived")
            time.sleep(0.02)
        run.expect(len(arrived) == 1, f"{len(arrived)} messages arrived")
        message = email.message_from_bytes(arrived[0])
        sent = run.errand["sending"]
        run.expect(message["Message-ID"] == f"<{sent['message_id']}>", f"it is called {message['Message-ID']}, {sent}")
        run.expect(message["From"] is not None and USER in message["From"] and BOB in message["To"],
                   f"from {message['From']} to {message['To']}")
        age = time.time() - email.utils.parsedate_to_datetime(message["Date"]).timestamp()
        run.expect(abs(age) < 60, f"its date is {message['Date']}")
        run.expect("smtpdx" in arrived[0].decode(), "it does not say what it is")
        run.expect(sent["message"]["code"] == 250, f"the answer to it: {sent['message']}")


@case("nothing is sent unless asked for, nor beyond the step that is named")
def _(tester):
    before = tester.mailbox("postfix", BOB)
    for settings, steps in ((["--stop-after", "auth"], "mail=|rcpt=|data="), ([], "mail=|rcpt=|data="),
                            (["--stop-after", "rcpt", "--send-to", BOB], "data=")):
        log = Log(tester.servers["postfix"])
        tester.sign_in("-p", 587, *settings, POSTFIX).is_healthy()
        log.never_says(steps, once=r"auth=1.* quit=1|auth=1.*commands=")
    expect(tester.mailbox("postfix", BOB) == before, "a message arrived")


@case("who may not have sent it, who does not get it and what is too large is told by what the server says")
def _(tester):
    for host, settings, finding, words in (
        (POSTFIX, ["--send-to", BOB, "--from", "boss@example.test"], "send.sender-rejected", "not owned by user"),
        (POSTFIX, ["--send-to", "nobody@example.test"], "send.recipient-rejected", "User unknown"),
        (POSTFIX, ["--send-to", "full@example.test"], "send.recipient-rejected", "Mailbox full"),
        (POSTFIX, ["--send-to", "grey@example.test"], "send.temporary", "Greylisted"),
        (EXIM, ["--send-to", "nobody@example.test"], "send.recipient-rejected", "No such mailbox here"),
        (DOVECOT, ["--send-to", "nobody@example.test"], "send.recipient-rejected", "User unknown"),
        (DOVECOT, ["--send-to", "carol@elsewhere.test"], "send.relay-denied", "Relay access denied"),
        ("small.postfix.test", ["--send-to", BOB], "send.too-large", "552 5.3.4"),
        (servers.SMALL, ["--send-to", BOB], "send.too-large", "200 bytes"),
        ("listed.postfix.test", ["--send-to", BOB], "send.blocklisted", servers.BLOCK_LIST),
    ):
        run = tester.sign_in(*settings, host)
        run.is_only(finding, "critical")
        run.says(finding, words)


@case("who does not sign in is told to, or that relaying is denied")
def _(tester):
    for settings in (["-p", 465, DOVECOT], ["-p", 587, POSTFIX]):
        run = tester.send("--send-to", BOB, "--from", USER, *settings)
        run.is_only("send.auth-required", "critical")
    # Postfix has its sign-in on the other ports alone, which is why.
    strangers = ["--send-to", "carol@elsewhere.test", "--from", "dave@elsewhere.test", "-p", 25]
    tester.send(*strangers, POSTFIX).is_only("input.wrong-port", "critical", ["send.relay-denied"])
    tester.send(*strangers, EXIM).is_only("send.relay-denied", "critical")


# ---- incoming mail -----------------------------------------------------------------------

INCOMING = {"smtp.gmail.com": {993, 995}, servers.OTHER: {143, 993, 110, 995}}


def incoming(run):
    return {probe["port"]: probe["outcome"] for probe in run.report["probes"] if probe["role"] == "incoming"}


@case("--incoming finds Dovecot's IMAP and POP in order, and signs in to neither")
def _(tester):
    for host, ports in INCOMING.items():
        log = Log(tester.servers["dovecot"])
        run = tester.check("--incoming", host)
        run.is_healthy([cases.IMPLICIT, cases.STARTTLS])
        run.expect(incoming(run) == dict.fromkeys(ports, "ok"), f"seen: {incoming(run)}")
        for service in ("imap", "pop3"):
            log.never_says("client in: AUTH", once=f"{service}-login: Info: .*no auth attempts")
    run = tester.check("smtp.gmail.com")
    run.expect(not incoming(run), "it was looked at without being asked for")


@case("IMAP and POP that do not answer are incoming.unreachable, a warning")
def _(tester):
    for rule in ("drop", "reject with tcp reset"):
        with tester.fault(f"tcp dport {{ 110, 143, 993, 995 }} {rule}"):
            for host in INCOMING:
                run = tester.check("--timeout", 8, "--incoming", host)
                run.is_only("incoming.unreachable", "warning")
                run.recommends(cases.IMPLICIT, cases.STARTTLS)
