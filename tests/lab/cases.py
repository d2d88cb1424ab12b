"""The lab's tests: each is a sentence, run against real servers, printed as TAP."""

import json
import resource
import subprocess
import sys
import time
import traceback
from pathlib import Path

import network

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


def case(sentence):
    def keep(function):
        all_cases.append((sentence, function))
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


class Tester:
    """Runs the program as a user without any right, inside one of the clients."""

    def __init__(self, lab):
        self.lab = lab
        self.fault = lab.network.fault

    def run(self, *arguments, where="client"):
        command = [str(self.lab.program), *map(str, arguments)]
        start, used = time.monotonic(), processor_seconds()
        try:
            finished = subprocess.run(network.inside(where, network.unprivileged(command)), env=ENVIRONMENT,
                                      stdin=subprocess.DEVNULL, capture_output=True, timeout=HANGS, cwd="/")
        except subprocess.TimeoutExpired:
            raise Differs(f"still running after {HANGS} s: {' '.join(command)}") from None
        seconds, busy = time.monotonic() - start, processor_seconds() - used
        expect(busy < BUSY, f"it kept a processor busy for {busy:.2f} s of {seconds:.2f}: {' '.join(command)}")
        return command, seconds, finished

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


@case("without the lab's root the issuer is not trusted")
def _(tester):
    run = Run(*tester.run("-f", "json", "--lang", "en", "good.postfix.test"))
    run.has_primary("cert.untrusted-issuer", "critical")


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


@case("a resolver that never answers is dns.unreachable, and the process is gone at the ceiling")
def _(tester):
    with tester.fault(*network.DEAD_RESOLVER):
        run = tester.check("--timeout", PATIENCE, "smtp.gmail.com")
        run.has_primary("dns.unreachable", "critical")
        run.expect(run.seconds < PATIENCE + GRACE, "the process was not gone at the ceiling")


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


def run_all(lab):
    """Runs every case; the exit status says whether all held."""
    tester = Tester(lab)
    failed = 0
    print(f"1..{len(all_cases)}", flush=True)
    for number, (sentence, function) in enumerate(all_cases, 1):
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
