"""The lab's tests: each is a sentence, run against real servers, printed as TAP."""

import json
import resource
import subprocess
import sys
import time
import traceback
from contextlib import contextmanager
from pathlib import Path

import network
import servers

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = Path(__file__).resolve().parent.parent / "report.schema.json"
EXIT_STATUS = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
IMPLICIT, STARTTLS = (465, "implicit"), (587, "starttls")
# How long packets that nobody answers are waited for, and how much later the process must be gone.
PATIENCE, GRACE = 3, 0.3
# Where no run of the program may still be, whatever happens.
HANGS = 60
# More than any run needs, under the sanitizers too; a loop that waits for nothing passes it.
BUSY = 1.0

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent",
    # What a sanitizer finds ends with an exit status that no verdict has.
    "ASAN_OPTIONS": "detect_leaks=1:exitcode=99",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=99",
}

all_cases = []


def case(sentence, cases=all_cases):
    """Makes a function one of these cases, of which the sentence is what it shows."""
    def keep(function):
        cases.append((sentence, function))
        return function
    return keep


class Differs(Exception):
    """What was seen is not what the sentence says."""


class Skipped(Exception):
    """The case cannot be told here; the message says why."""


def expect(truth, message):
    if not truth:
        raise Differs(message)


def processor_seconds():
    """What all programs that were started and have ended have used so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Run:
    """One run of the program and what it left."""

    def __init__(self, command, seconds, finished):
        self.command, self.seconds = " ".join(command), seconds
        self.status, self.output, self.complaint = finished.returncode, finished.stdout, finished.stderr
        try:
            self.report = json.loads(self.output)
        except ValueError:
            raise Differs(f"no JSON came\n{self.told()}") from None

    def told(self):
        output = self.output.decode(errors="replace")
        try:
            report = json.loads(output)
            output = json.dumps({key: report.get(key) for key in ("verdict", "primary", "summary", "recommended", "dns")})
            output += "".join("\n" + json.dumps({key: finding.get(key) for key in (
                "id", "severity", "caused_by", "because")}) for finding in report.get("findings", []))
            output += "".join("\n" + json.dumps({key: probe.get(key) for key in (
                "role", "host", "address", "port", "tls", "outcome", "stage", "error")})
                for probe in report.get("probes", []))
        except ValueError:
            pass
        return (f"{self.command}\nexit status {self.status} after {self.seconds:.2f} s\n{output[:6000]}\n"
                f"{self.complaint.decode(errors='replace')[:3000]}")

    def expect(self, truth, message):
        expect(truth, f"{message}\n{self.told()}")

    def severities(self):
        return {finding["id"]: finding["severity"] for finding in self.report["findings"]}

    def is_sound(self):
        """What must hold for every report, whatever was tested."""
        report = self.report
        if jsonschema is not None:
            checker = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
            for error in checker.iter_errors(report):
                self.expect(False, f"not as the schema says at {list(error.absolute_path)}: {error.message}")
        self.expect(self.status == EXIT_STATUS[report["verdict"]], f"exit status and verdict {report['verdict']} differ")
        troubling = [finding for finding, severity in self.severities().items() if severity != "info"]
        self.expect(bool(troubling) == (report["primary"] is not None), "the primary finding and the findings differ")
        self.expect(report["primary"] is None or report["primary"] in self.severities(),
                    "the primary finding is none of the findings")

    def is_healthy(self, recommended=()):
        self.is_sound()
        self.expect(self.report["verdict"] == "ok" and self.status == 0, "a healthy server is not ok")
        self.expect(set(self.severities().values()) <= {"info"}, "a healthy server got a finding of warning or worse")
        seen = {(entry["port"], entry["tls"]) for entry in self.report["recommended"]}
        self.expect(set(recommended) <= seen, f"recommended lacks one of {recommended}")

    def has_primary(self, finding, severity):
        self.is_sound()
        self.expect(self.report["primary"] == finding, f"the primary finding is not {finding}")
        self.expect(self.severities()[finding] == severity, f"{finding} is not {severity}")
        self.expect(self.status == EXIT_STATUS[severity], f"the exit status is not {EXIT_STATUS[severity]}")


    def is_only(self, finding, severity, effects=()):
        """This is the one cause; what else is found, beyond info, are these effects of it."""
        self.has_primary(finding, severity)
        others = {other["id"]: other["caused_by"] for other in self.report["findings"]
                  if other["id"] != finding and other["severity"] != "info"}
        self.expect(others == dict.fromkeys(effects, finding), f"beside {finding} there is {others}")

    def says(self, finding, *parts):
        """Each part stands in what the finding is known by."""
        lines = "\n".join(line["text"] for other in self.report["findings"] if other["id"] == finding
                          for line in other["because"])
        for part in parts:
            self.expect(part in lines, f"{finding} does not say {part!r}")

    def recommends(self, *settings):
        seen = {(entry["port"], entry["tls"]) for entry in self.report["recommended"]}
        self.expect(seen == set(settings), f"recommended is {seen}")


class Tester:
    """Runs the program as a user without any right, inside one of the clients."""

    def __init__(self, lab):
        self.lab = lab
        self.fault = lab.network.fault

    def run(self, *arguments, where="client"):
        command = [str(self.lab.program), *map(str, arguments)]
        start, used = time.monotonic(), processor_seconds()
        try:
            finished = self.start(network.inside(where, network.unprivileged(command)))
        except subprocess.TimeoutExpired:
            raise Differs(f"still running after {HANGS} s: {' '.join(command)}") from None
        seconds, busy = time.monotonic() - start, processor_seconds() - used
        expect(busy < BUSY, f"it kept a processor busy for {busy:.2f} s of {seconds:.2f}: {' '.join(command)}")
        return command, seconds, finished

    def start(self, command):
        return subprocess.run(command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, timeout=HANGS,
                              cwd="/")

    @contextmanager
    def resolver(self, address):
        """This one is the system's until the block ends."""
        file = Path("/etc/resolv.conf")
        usual = file.read_text()
        file.write_text(f"nameserver {address}\n")
        try:
            yield
        finally:
            file.write_text(usual)

    def check(self, *arguments, where="client"):
        return Run(*self.run("-f", "json", "--lang", "en", "--ca-file", self.lab.ca_file, *arguments, where=where))


@case("a healthy Postfix is ok, and 465 and 587 are recommended")
def _(tester):
    tester.check().is_healthy([IMPLICIT, STARTTLS])


@case("a healthy Postfix is ok over IPv4 alone and over IPv6 alone")
def _(tester):
    for option, family in (("-4", "ipv4"), ("-6", "ipv6")):
        run = tester.check(option, "smtp.gmail.com")
        run.is_healthy([IMPLICIT, STARTTLS])
        tried = {probe["family"] for probe in run.report["probes"]
                 if probe.get("role", "target") == "target" and probe["outcome"] != "skipped"}
        run.expect(tried == {family}, f"{option} tried {tried}")


@case("a healthy Postfix is ok from a machine without an IPv6 route")
def _(tester):
    with tester.lab.network.without_ipv6_route("client"):
        run = tester.check("smtp.gmail.com")
    run.is_healthy([IMPLICIT, STARTTLS])
    tried = {probe["family"] for probe in run.report["probes"] if probe["outcome"] == "ok"}
    run.expect(tried == {"ipv4"}, f"it got through by {tried}")


@case("a healthy Postfix is ok with each setting that works there")
def _(tester):
    for port, mode in (IMPLICIT, STARTTLS):
        run = tester.check("-p", port, "--tls", mode, "smtp.gmail.com")
        run.is_healthy([(port, mode)])


@case("a healthy Exim is ok")
def _(tester):
    tester.check("mail.exim.test").is_healthy([IMPLICIT, STARTTLS])


@case("a healthy Dovecot submission server is ok")
def _(tester):
    tester.check("submission.dovecot.test").is_healthy([IMPLICIT, STARTTLS])


@case("a server behind a wire of 50 ms each way is ok, within 10 round trips")
def _(tester):
    run = tester.check("smtp.gmail.com", where="distant")
    run.is_healthy([IMPLICIT, STARTTLS])
    run.expect(run.report["duration_ms"] < 10 * 100, "it took more than 10 round trips")


@case("without the lab's root the issuer is not trusted; that it signs for all the web is interception")
def _(tester):
    for options in ([], ["--only-target"]):
        run = Run(*tester.run("-f", "json", "--lang", "en", *options, "good.postfix.test"))
        run.is_only("cert.untrusted-issuer", "critical")
    with tester.lab.network.intercepted("client", "443", servers.Product.port):
        run = Run(*tester.run("-f", "json", "--lang", "en", "good.postfix.test"))
    run.is_only("tls.intercepted", "critical", ["cert.untrusted-issuer"])


def _certificate_case(face, finding):
    @case(f"the {face} certificate is {finding}, critical")
    def _(tester):
        tester.check(f"{face}.postfix.test").has_primary(finding, "critical")


for _face, _finding in (
    ("expired", "cert.expired"),
    ("wrong-name", "cert.name-mismatch"),
    ("self-signed", "cert.self-signed"),
    ("incomplete", "cert.incomplete-chain"),
):
    _certificate_case(_face, _finding)


@case("a server that does not offer STARTTLS is mode.starttls-missing, critical for who asks for it")
def _(tester):
    run = tester.check("-p", 587, "--tls", "starttls", "no-starttls.postfix.test")
    run.has_primary("mode.starttls-missing", "critical")


@case("a provider known for STARTTLS that shows none has it stripped on the way")
def _(tester):
    run = tester.check("-p", 587, "--tls", "starttls", "--address", network.server_address("postfix", 5)[0],
                       "smtp.gmail.com")
    run.has_primary("mode.starttls-stripped", "critical")


@case("587 dropped on the way is port.blocked: a warning beside 465, critical for who uses 587")
def _(tester):
    with tester.fault(network.FAULTS["drop"].format(port=587)):
        run = tester.check("--timeout", PATIENCE, "smtp.gmail.com")
        run.has_primary("port.blocked", "warning")
        run.expect(run.seconds < PATIENCE + GRACE, "the process was not gone at the ceiling")
        seen = {(entry["port"], entry["tls"]) for entry in run.report["recommended"]}
        run.expect(IMPLICIT in seen and STARTTLS not in seen, "465 alone works")
        tester.check("--timeout", PATIENCE, "-p", 587, "smtp.gmail.com").has_primary("port.blocked", "critical")


@case("465 rejected with a TCP reset is port.refused: a warning beside 587, critical for who uses 465")
def _(tester):
    with tester.fault(network.FAULTS["reset"].format(port=465)):
        run = tester.check("--timeout", PATIENCE, "smtp.gmail.com")
        run.has_primary("port.refused", "warning")
        seen = {(entry["port"], entry["tls"]) for entry in run.report["recommended"]}
        run.expect(STARTTLS in seen and IMPLICIT not in seen, "587 alone works")
        tester.check("--timeout", PATIENCE, "-p", 465, "smtp.gmail.com").has_primary("port.refused", "critical")


@case("465 rejected by ICMP from a router on the way is port.blocked, and known at once")
def _(tester):
    with tester.fault(network.FAULTS["reject"].format(port=465)):
        for severity, setting in (("warning", []), ("critical", ["-p", 465])):
            run = tester.check("--timeout", PATIENCE, *setting, "smtp.gmail.com")
            run.has_primary("port.blocked", severity)
            run.expect(run.seconds < 1, "the refusal was waited for")


@case("25 dropped on the way is held against nobody who sends by 465 or 587")
def _(tester):
    with tester.fault(network.FAULTS["drop"].format(port=25)):
        tester.check("--timeout", PATIENCE, "smtp.gmail.com").is_healthy([IMPLICIT, STARTTLS])


# What TLS sends first fills a packet of the usual 1500 bytes, and not one of these.
NARROW, NARROW_PATIENCE = 1300, 8


def _black_hole_case(kind, host):
    @case(f"where full-sized packets vanish on the way, {kind} is net.mtu-black-hole and nothing else")
    def _(tester):
        with tester.lab.network.narrow_link("client", NARROW, ["ip", "ip6"]):
            run = tester.check("--timeout", NARROW_PATIENCE, host)
        run.has_primary("net.mtu-black-hole", "critical")
        run.expect(set(run.severities()) == {"net.mtu-black-hole"}, "something else is found as well")
        run.expect(run.seconds < NARROW_PATIENCE, "it waited until the ceiling")


_black_hole_case("Postfix", "smtp.gmail.com")
_black_hole_case("Exim", "mail.exim.test")
_black_hole_case("Dovecot", "submission.dovecot.test")


@case("where they vanish over IPv6 alone, it is a warning")
def _(tester):
    with tester.lab.network.narrow_link("client", NARROW, ["ip6"]):
        run = tester.check("--timeout", NARROW_PATIENCE, "smtp.gmail.com")
    run.has_primary("net.mtu-black-hole", "warning")


@case("a narrow link that says so is healthy")
def _(tester):
    with tester.lab.network.narrow_link("client", NARROW, []):
        tester.check("smtp.gmail.com").is_healthy([IMPLICIT, STARTTLS])


@case("a machine without any network is net.offline within a second")
def _(tester):
    run = tester.check("smtp.gmail.com", where="cut")
    run.has_primary("net.offline", "critical")
    run.expect(run.seconds < 1, "it took longer than a second")


# ---- where nothing of the target answers, other hosts tell why --------------------------

MAIL = "tcp dport { 25, 465, 587 }"
# By when all must be told where packets vanish and the rest is as far away as that.
TOLD_S = 2


def to_target(rule=""):
    """nftables rules for packets to the usual target, over both families."""
    ipv4, ipv6 = network.server_address("postfix")
    return [f"ip daddr {ipv4} {rule} drop", f"ip6 daddr {ipv6} {rule} drop"]


@case("everything cut behind the router but the resolver is net.offline")
def _(tester):
    with tester.fault(f'iifname "to-distant" ip daddr != {network.RESOLVER} drop', *network.DEAD_IPV6):
        run = tester.check("--timeout", 8, "smtp.gmail.com", where="distant")
    run.is_only("net.offline", "critical")
    run.says("net.offline", "smtp.gmail.com:25, 465, 587", "1.1.1.1:443")
    run.expect(run.seconds < 8, "it waited until the ceiling")


@case("everything cut behind the router is net.offline, and the silent resolver an effect")
def _(tester):
    with tester.fault("drop"):
        run = tester.check("--timeout", 8, "smtp.gmail.com")
    run.is_only("net.offline", "critical", ["dns.unreachable"])
    run.says("net.offline", "1.1.1.1:443")


@case("a resolver that never answers while the world does is dns.unreachable, with another's answer")
def _(tester):
    with tester.fault(f"ip daddr {network.RESOLVER} {network.DNS} drop"):
        run = tester.check("--timeout", 8, "smtp.gmail.com")
        run.is_only("dns.unreachable", "critical")
        run.says("dns.unreachable", "8.8.8.8:53", network.server_address("postfix")[0])
        tester.check("--only-target", "--timeout", PATIENCE, "smtp.gmail.com").is_only("dns.unreachable", "critical")


@case("no resolver answers, whichever is asked: dns.unreachable, and the process is gone at the ceiling")
def _(tester):
    with tester.fault(*network.DEAD_RESOLVER):
        run = tester.check("--timeout", PATIENCE, "smtp.gmail.com")
    run.is_only("dns.unreachable", "critical")
    run.expect(run.seconds < PATIENCE + GRACE, "the process was not gone at the ceiling")


def _all_blocked_case(how, rule):
    @case(f"mail ports {how} for everybody are port.all-blocked")
    def _(tester):
        with tester.fault(f"{MAIL} {rule}"):
            run = tester.check("--timeout", 8, "smtp.gmail.com", where="distant")
            run.is_only("port.all-blocked", "critical")
            run.says("port.all-blocked", "smtp.mail.yahoo.com:465", "1.1.1.1:443")
            tester.check("--timeout", 8, "mail.exim.test").is_only("port.all-blocked", "critical")


_all_blocked_case("dropped at the router", "drop")
_all_blocked_case("rejected with a TCP reset", "reject with tcp reset")
_all_blocked_case("rejected by ICMP", "reject with icmpx type admin-prohibited")


@case("all of a provider's host silent while others answer is service.down within 2 s, far away too")
def _(tester):
    with tester.fault(*to_target()):
        for settings in ([], ["-p", 587], ["-p", 465]):
            run = tester.check(*settings, "smtp.gmail.com", where="distant")
            run.is_only("service.down", "critical")
            run.says("service.down", "smtp.mail.yahoo.com:465")
            run.expect(run.report["duration_ms"] < TOLD_S * 1000, "it took longer than 2 s")


@case("a provider's host that refuses its ports while others answer is service.down, an unknown one port.refused")
def _(tester):
    reset = f"{MAIL} reject with tcp reset"
    with tester.fault(*(f"{family} daddr {address} {reset}" for server in ("postfix", "dovecot")
                        for family, address in zip(("ip", "ip6"), network.server_address(server)))):
        tester.check("smtp.gmail.com").is_only("service.down", "critical")
        tester.check("submission.dovecot.test").is_only("port.refused", "critical")


@case("one of a service's two servers silent is service.degraded, a warning")
def _(tester):
    firsts = [network.server_address("exim", len(servers.EXIM_FACES) + offset)[0] for offset in range(2)]
    for address in firsts:
        with tester.fault(f"ip daddr {address} drop"):
            run = tester.check("-4", servers.PAIR)
        run.is_sound()
        if run.report["primary"] is not None:
            run.is_only("service.degraded", "warning")
            run.says("service.degraded", address)
            run.recommends(IMPLICIT, STARTTLS)
            return
    raise Differs("neither of the two servers was tried first")


# ---- a hole, 100 ms away ----------------------------------------------------------------


@case("587 dropped is told within 2 s: port.blocked, a warning beside 465, critical for who uses 587")
def _(tester):
    with tester.fault(network.FAULTS["drop"].format(port=587)):
        for severity, settings in (("warning", []), ("critical", ["-p", 587])):
            run = tester.check(*settings, "smtp.gmail.com", where="distant")
            run.is_only("port.blocked", severity)
            run.recommends(IMPLICIT)
            run.expect(run.report["duration_ms"] < TOLD_S * 1000, "it took longer than 2 s")


@case("IPv6 black-holed on the line is told within 2 s: net.ipv6-broken, a warning")
def _(tester):
    with tester.fault(*network.DEAD_IPV6):
        run = tester.check("smtp.gmail.com", where="distant")
        run.is_only("net.ipv6-broken", "warning")
        run.recommends(IMPLICIT, STARTTLS)
        run.expect(run.report["duration_ms"] < TOLD_S * 1000, "it took longer than 2 s")
        for settings in (["-6", "smtp.gmail.com"], [servers.IPV6_ONLY]):
            run = tester.check(*settings, where="distant")
            run.is_only("net.ipv6-broken", "critical")
            run.says("net.ipv6-broken", "www.google.com:443")


@case("IPv4 black-holed behind the resolver is net.ipv4-broken, a warning")
def _(tester):
    with tester.fault(f'iifname "to-client" ip daddr != {network.RESOLVER} drop'):
        run = tester.check("smtp.gmail.com")
        run.is_only("net.ipv4-broken", "warning")
        run.recommends(IMPLICIT, STARTTLS)
        tester.check("-4", "smtp.gmail.com").is_only("net.ipv4-broken", "critical")


@case("25 dropped is at most told, and critical for who uses it")
def _(tester):
    with tester.fault(network.FAULTS["drop"].format(port=25)):
        run = tester.check("smtp.gmail.com", where="distant")
        run.is_healthy([IMPLICIT, STARTTLS])
        run.expect(set(run.severities()) <= {"port.25-blocked"}, "something else is found")
        tester.check("-p", 25, "smtp.gmail.com").is_only("port.25-blocked", "critical")


# ---- this machine's own firewall --------------------------------------------------------


@case("this machine's own reject is port.local-firewall, beside 465 a warning, and known at once")
def _(tester):
    for reject in ("reject", "reject with icmpx type admin-prohibited"):
        with tester.lab.network.local_rules("client", f"tcp dport 587 {reject}"):
            for severity, settings in (("warning", []), ("critical", ["-p", 587])):
                run = tester.check(*settings, "smtp.gmail.com")
                run.is_only("port.local-firewall", severity)
                run.expect(run.seconds < 1, "the refusal was waited for")
    with tester.lab.network.local_rules("client", f"{MAIL} reject"):
        tester.check("smtp.gmail.com").is_only("port.local-firewall", "critical")


@case("this machine's own silent drop is port.blocked, and points to it")
def _(tester):
    with tester.lab.network.local_rules("client", "tcp dport 587 drop"):
        run = tester.check("smtp.gmail.com")
    run.is_only("port.blocked", "warning")
    run.says("port.blocked", "this computer (its firewall or security software)")


# ---- resolvers that say something else --------------------------------------------------


@case("a resolver in use that denies the name another gives is dns.inconsistent")
def _(tester):
    with tester.resolver(servers.liar_address("denies")):
        run = tester.check("smtp.gmail.com")
        run.is_only("dns.inconsistent", "critical", ["dns.nxdomain"])
        run.says("dns.inconsistent", "8.8.8.8:53", network.server_address("postfix")[0])
        # What nobody has is no contradiction, and what it gives rightly is healthy.
        tester.check("mail.nowhere.test").is_only("dns.nxdomain", "critical")
        tester.check("mail.exim.test").is_healthy([IMPLICIT, STARTTLS])


@case("a resolver in use that gives a provider's host a private address is dns.hijacked")
def _(tester):
    with tester.resolver(servers.liar_address("private")):
        run = tester.check("smtp.gmail.com")
        run.is_only("dns.hijacked", "critical", ["service.down"])
        run.says("dns.hijacked", "10.20.30.40", "8.8.8.8:53", network.server_address("postfix")[0])
        tester.check("mail.exim.test").is_healthy([IMPLICIT, STARTTLS])


@case("a resolver in use that gives every name one address is dns.hijacked, and says nothing of the network")
def _(tester):
    with tester.resolver(servers.liar_address("everything")):
        for host, effect in (("smtp.gmail.com", "service.down"), ("mail.exim.test", "port.refused")):
            run = tester.check(host)
            run.is_only("dns.hijacked", "critical", [effect])
            run.says("dns.hijacked", "no-such-host.example.com", "8.8.8.8:53")


# ---- a portal ---------------------------------------------------------------------------

# What a portal does to the rest until somebody has signed in.
SHUT = [f'iifname "to-client" tcp dport != {{ 53, 80, 8010-8012 }} {how}' for how in (
    "drop", "reject with tcp reset")]


def _portal_case(kind):
    port = servers.PORTALS[kind][0]

    @case(f"a portal that answers by {kind} and stops the rest is net.captive-portal, before all that follows")
    def _(tester):
        for rule in SHUT:
            with tester.lab.network.intercepted("client", "80", port), tester.fault(rule):
                run = tester.check("--timeout", 8, "smtp.gmail.com")
                run.has_primary("net.captive-portal", "critical")
                run.expect(all(finding["caused_by"] == "net.captive-portal" for finding in run.report["findings"]
                               if finding["id"] != "net.captive-portal"), "something else stands beside it")


for _kind in servers.PORTALS:
    _portal_case(_kind)


@case("a portal that takes every connection is net.captive-portal, and not the server's fault")
def _(tester):
    with tester.lab.network.intercepted("client", "1-65535", servers.PORTALS["page"][0]):
        run = tester.check("smtp.gmail.com")
    run.has_primary("net.captive-portal", "critical")
    run.expect(all(finding["caused_by"] == "net.captive-portal" for finding in run.report["findings"]
                   if finding["id"] != "net.captive-portal"), "something else stands beside it")


@case("where mail passes, nobody asks for a portal, and a network without one has none")
def _(tester):
    with tester.lab.network.intercepted("client", "80", servers.PORTALS["page"][0]):
        tester.check("smtp.gmail.com").is_healthy([IMPLICIT, STARTTLS])
    with tester.fault(f"{MAIL} reject with tcp reset"):
        run = tester.check("smtp.gmail.com")
    asked = [probe for probe in run.report["probes"] if probe["role"] == "control" and probe["port"] == 80]
    run.expect(asked and all(probe["outcome"] == "ok" for probe in asked), "the portal check was not made")
    run.is_only("port.all-blocked", "critical")


# ---- who is contacted -------------------------------------------------------------------


def target_and_resolver():
    return {*network.server_address("postfix"), network.RESOLVER}


@case("--only-target contacts nobody but the target and the resolver, whatever fails")
def _(tester):
    faults = [[f"{MAIL} drop"], [f"{MAIL} reject with tcp reset"], to_target(), [network.FAULTS["drop"].format(port=587)],
              network.DEAD_IPV6, [f"ip daddr {network.RESOLVER} {network.DNS} drop"], ["drop"]]
    for rules in faults:
        with tester.fault(*rules), tester.lab.network.contacts("client") as contacts:
            run = tester.check("--only-target", "--timeout", PATIENCE, "smtp.gmail.com")
        run.is_sound()
        run.expect(run.status != 0, "nothing failed")
        others = {address for address, _ in contacts} - target_and_resolver()
        run.expect(contacts and not others, f"{rules}: it contacted {sorted(others)}")
    with tester.resolver(servers.liar_address("denies")), tester.lab.network.contacts("client") as contacts:
        tester.check("--only-target", "smtp.gmail.com").is_only("dns.nxdomain", "critical")
    expect({address for address, _ in contacts} == {servers.liar_address("denies")}, f"it contacted {contacts}")


@case("a healthy check contacts nobody but the target, the resolver and a time server")
def _(tester):
    for where in ("client", "distant"):
        with tester.lab.network.contacts(where) as contacts:
            tester.check("smtp.gmail.com", where=where).is_healthy([IMPLICIT, STARTTLS])
        others = {address for address, _ in contacts} - target_and_resolver() - {*network.server_address("chrony")}
        expect(contacts and not others, f"it contacted {sorted(others)}")


@case("a failure contacts the controls and the other resolvers")
def _(tester):
    with tester.fault(*to_target()), tester.lab.network.contacts("client") as contacts:
        tester.check("smtp.gmail.com").is_only("service.down", "critical")
    yahoo = network.server_address("exim", servers.EXIM_FACES.index("smtp.mail.yahoo.com"))[0]
    expect({(yahoo, 465), ("1.1.1.1", 443), ("8.8.8.8", 53)} <= contacts, f"it contacted {sorted(contacts)}")


@case("a name that does not exist is dns.nxdomain")
def _(tester):
    tester.check("mail.nowhere.test").has_primary("dns.nxdomain", "critical")


@case("--resolver is asked in place of the system's, and --map-port dials another port")
def _(tester):
    with tester.fault(network.FAULTS["drop"].format(port=587)):
        run = tester.check("--timeout", PATIENCE, "--resolver", network.RESOLVER, "--map-port", "587=25", "-p", 587,
                           "smtp.gmail.com")
        run.is_sound()
        run.expect(any(network.RESOLVER in resolver for resolver in run.report["dns"]["resolvers"]),
                   "the resolver is not named")
        run.expect(all(probe["outcome"] == "ok" for probe in run.report["probes"] if probe["port"] == 587
                       and probe["tls"] == "starttls"), "587 was dialled in spite of --map-port")


@case("a real time server is asked beside the rest, and agrees with this machine's clock")
def _(tester):
    run = tester.check("smtp.gmail.com")
    run.is_healthy([IMPLICIT, STARTTLS])
    clock = run.report["clock"]
    run.expect(clock["offset_ms"] is not None and abs(clock["offset_ms"]) < 1000, f"the clock: {clock}")
    told = [source for source in clock["sources"] if source["kind"] == "sntp" and source["agrees"]]
    run.expect([source["name"] for source in told] == ["time.google.com"], f"the clock: {clock}")


@case("the date in Exim's greeting agrees with the time server")
def _(tester):
    run = tester.check("mail.exim.test")
    run.is_healthy([IMPLICIT, STARTTLS])
    dates = [source for source in run.report["clock"]["sources"] if source["kind"] == "smtp-greeting"]
    run.expect(dates and all(source["agrees"] for source in dates), f"the clock: {run.report['clock']}")


@case("a time server that nobody answers for keeps a healthy check for half a second at most")
def _(tester):
    with tester.fault(*network.MUTE_TIME):
        run = tester.check("smtp.gmail.com")
        run.is_healthy([IMPLICIT, STARTTLS])
        run.expect(run.report["duration_ms"] < 750, "it waited for the time")


@case("--only-target and --no-clock ask nobody for the time")
def _(tester):
    for option in ("--only-target", "--no-clock"):
        run = tester.check(option, "smtp.gmail.com")
        run.is_healthy([IMPLICIT, STARTTLS])
        asked = [source for source in run.report["clock"]["sources"] if source["kind"] in ("sntp", "http-date")]
        run.expect(not asked and run.report["clock"]["offset_ms"] is None, f"the clock: {run.report['clock']}")


@case("a record replays to the same diagnosis without a network")
def _(tester):
    record = tester.lab.scratch / "record.json"
    live = tester.check("--record", record, "expired.postfix.test")
    live.has_primary("cert.expired", "critical")
    again = Run(*tester.run("replay", "-f", "json", "--lang", "en", record, where="cut"))
    again.expect(again.status == live.status, "the exit status differs")
    for key in ("verdict", "primary", "summary", "findings", "recommended", "dns", "clock", "probes"):
        again.expect(again.report[key] == live.report[key], f"{key} differs")


@case("a wrong call ends with 3 and one line, and contacts nothing")
def _(tester):
    command, seconds, finished = tester.run("--port", "none", "smtp.gmail.com")
    lines = finished.stderr.decode().splitlines()
    expect(finished.returncode == 3 and finished.stdout == b"" and len(lines) == 1,
           f"{' '.join(command)}: {finished}")


@case("every report was checked against the schema")
def _(_tester):
    if jsonschema is None:
        raise Skipped("python3-jsonschema is not installed")


def run_all(tester, cases):
    """Runs these cases; the exit status says whether all held."""
    failed = 0
    print(f"1..{len(cases)}", flush=True)
    for number, (sentence, function) in enumerate(cases, 1):
        start = time.monotonic()
        verdict, note, story = "ok", "", ""
        try:
            function(tester)
        except Skipped as reason:
            note = f" # SKIP {reason}"
        except Differs as difference:
            verdict, story = "not ok", str(difference) + "\n"
        except Exception:
            verdict, story = "not ok", traceback.format_exc()
        failed += verdict != "ok"
        print(f"{verdict} {number} - {sentence}{note}", flush=True)
        # Meson shows a failed test's other stream, not its TAP.
        print(f"{time.monotonic() - start:5.2f} s  {verdict} - {sentence}{note}\n{story}", end="", file=sys.stderr)
    return 1 if failed else 0
