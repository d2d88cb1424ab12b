"""A user of the program: a command line, a terminal, a practice server, a network that tells who came."""
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import select
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import traceback
import typing
import unicodedata

PATIENCE_S = 30
LANGUAGES = ("en", "ja")

# Apart from every exit status that the program has: a sanitizer's complaint must not pass for a verdict.
SANITIZERS = {
    "ASAN_OPTIONS": "exitcode=99:detect_leaks=1",
    "UBSAN_OPTIONS": "exitcode=98:halt_on_error=1:print_stacktrace=1",
}


class Failed(Exception):
    """What was wanted and what came."""


def equal(wanted, got, what):
    if wanted != got:
        raise Failed(f"{what}: wanted {wanted!r}, got {got!r}")


def expect(truth, what):
    if not truth:
        raise Failed(what)


# ---- tests -------------------------------------------------------------------------------

class Cases(list):
    """(sentence, function) pairs."""

    def case(self, sentence):
        def keep(function):
            self.append((sentence, function))
            return function
        return keep


def tap(cases):
    """Runs them and prints TAP; the exit status."""
    failed = 0

    print(f"1..{len(cases)}", flush=True)
    for number, (sentence, function) in enumerate(cases, 1):
        try:
            function()
            print(f"ok {number} - {sentence}", flush=True)
        except Failed as problem:
            failed += 1
            print(f"not ok {number} - {sentence}", *(f"# {line}" for line in str(problem).splitlines()),
                  sep="\n", flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {sentence}",
                  *(f"# {line}" for line in traceback.format_exc().splitlines()), sep="\n", flush=True)
    return failed != 0


# ---- the program ----------------------------------------------------------------------------

def environment(**changes):
    """As a user of LC_ALL=C has it; None takes a variable away."""
    plain = {name: value for name, value in os.environ.items()
             if not name.startswith("LC_") and name not in ("LANG", "LANGUAGE", "NO_COLOR", "TERM", "COLUMNS")}
    plain |= SANITIZERS | {"LC_ALL": "C"} | changes
    return {name: value for name, value in plain.items() if value is not None}


class Done(typing.NamedTuple):
    status: int
    out: str
    err: str
    took_s: float


def done(status, out, err, begun):
    out, err = (text.decode("utf-8") for text in (out or b"", err or b""))
    if status in (98, 99) or "Sanitizer" in err or "runtime error:" in err:
        raise Failed("a sanitizer complains:\n" + err)
    return Done(status, out, err, time.monotonic() - begun)


def run(*command, **how):
    """Output has to be UTF-8 whatever the words were."""
    how = {"stdin": subprocess.DEVNULL, "env": environment(), "stdout": subprocess.PIPE,
           "stderr": subprocess.PIPE} | how
    begun = time.monotonic()
    try:
        process = subprocess.run(command, timeout=PATIENCE_S, **how)
    except subprocess.TimeoutExpired as problem:
        raise Failed(f"not over after {PATIENCE_S} s: {command}") from problem
    return done(process.returncode, process.stdout, process.stderr, begun)


def shell(line, **how):
    return run("/bin/sh", "-c", line, **how)


def quoted(*words):
    return shlex.join(str(word) for word in words)


# ---- terminals -------------------------------------------------------------------------------

class Screen(typing.NamedTuple):
    status: int
    shown: str  # what came to the terminal, \r\n as \n
    other: str  # of stdout, where only stderr is the terminal


def on_terminal(*command, columns=80, stdout=True, **changes):
    """stderr is a terminal, and stdout too where asked for."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs if stdout else subprocess.PIPE,
                               stderr=theirs, env=environment(**{"TERM": "xterm"} | changes))
    os.close(theirs)
    shown, other = b"", b""
    sources = [ours] if stdout else [ours, process.stdout.fileno()]
    deadline = time.monotonic() + PATIENCE_S
    while sources:
        ready = select.select(sources, [], [], max(deadline - time.monotonic(), 0))[0]
        if not ready:
            process.kill()
            raise Failed(f"not over after {PATIENCE_S} s: {command}")
        for source in ready:
            try:
                got = os.read(source, 65536)
            except OSError:  # Linux says EIO once the other side is closed
                got = b""
            if not got:
                sources.remove(source)
            elif source == ours:
                shown += got
            else:
                other += got
    os.close(ours)
    if process.stdout is not None:
        process.stdout.close()
    status = process.wait(timeout=PATIENCE_S)
    text = done(status, shown.replace(b"\r\n", b"\n"), b"", 0).out
    expect("Sanitizer" not in text and "runtime error:" not in text, text)
    return Screen(status, text, other.decode("utf-8"))


def columns(line):
    """On a terminal for East Asian users: wide characters take two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


# ---- practice servers, and nobody ---------------------------------------------------------------

class Practice(typing.NamedTuple):
    options: list  # for a command line, the target not among them
    target: str


@contextlib.contextmanager
def practice(player, text):
    """Plays a scenario, given as its text; what the program does out of turn fails the test."""
    with tempfile.TemporaryDirectory() as folder:
        scenario, root = pathlib.Path(folder) / "practice.scn", pathlib.Path(folder) / "root.pem"
        scenario.write_text(text, encoding="ascii")
        with subprocess.Popen([player, scenario, root], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, env=environment()) as process:
            options, target = [], ""
            while line := process.stdout.readline().rstrip("\n"):
                name, _, value = line.partition(" ")
                if name == "target":
                    target = value
                elif name == "ca-file":  # the player's own descriptor, which nobody else has
                    options.append(f"--ca-file={root}")
                else:
                    options.append(f"--{name}" + (f"={value}" if value else ""))
            if not target:
                raise Failed("no practice: " + process.stderr.read())
            try:
                yield Practice(options, target)
            finally:
                complaints = process.communicate(timeout=PATIENCE_S)[1]
            equal("", complaints, "what the servers complain about")


class Nobody:
    """A resolver that never answers, and counts who comes, over UDP and TCP."""

    def __enter__(self):
        # A port that is free for TCP may be taken for UDP.
        for _ in range(20):
            self.tcp = socket.create_server(("127.0.0.1", 0))
            self.port = self.tcp.getsockname()[1]
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                self.udp.bind(("127.0.0.1", self.port))
                break
            except OSError:
                self.tcp.close()
                self.udp.close()
        self.tcp.setblocking(False)
        self.udp.setblocking(False)
        return self

    def __exit__(self, *_):
        self.tcp.close()
        self.udp.close()

    @property
    def option(self):
        return f"--resolver=127.0.0.1:{self.port}"

    def visits(self):
        count = 0
        with contextlib.suppress(BlockingIOError):
            while self.udp.recvfrom(4096):
                count += 1
        with contextlib.suppress(BlockingIOError):
            while True:
                self.tcp.accept()[0].close()
                count += 1
        return count


# ---- what is asked of every report --------------------------------------------------------------

def line_of_refusal(result, *parts):
    """One line on stderr that begins with the program's name, exit 3, nothing on stdout."""
    equal(3, result.status, "exit status")
    equal("", result.out, "stdout")
    expect(result.err.startswith("smtpdx: "), f"stderr begins otherwise: {result.err!r}")
    expect(result.err.endswith("\n") and result.err.count("\n") == 1, f"not one line: {result.err!r}")
    ugly = [c for c in result.err[:-1] if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")]
    equal([], ugly, "characters that do more than show themselves")
    for part in parts:
        expect(part in result.err, f"{part!r} is not in {result.err!r}")


def validator(schema_path):
    """Judges a report; where no jsonschema is installed, only that it is a report."""
    schema = json.loads(pathlib.Path(schema_path).read_text(encoding="utf-8"))
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel
    except ImportError:
        return lambda report: equal("smtpdx/report/1", report["schema"], "schema")

    def judge(report):
        errors = [f"{e.json_path}: {e.message}" for e in jsonschema.Draft202012Validator(schema).iter_errors(report)]
        equal([], errors, "schema")
    return judge


def wait_for(condition, what):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"never came: {what}")
        time.sleep(0.005)
