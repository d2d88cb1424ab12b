"""Stalls the peer in every state of every machine: at its --timeout the program is gone. Prints TAP.

usage: check_ceiling.py SMTPDX REPORT_SCHEMA

Each case is a scenario of a few lines. The program gets --timeout 1 and has to be gone 0.3 s later
at the latest; what the system needs to start any process is measured first and not held against it.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import typing

try:
    import jsonschema
except ImportError:
    jsonschema = None

TIMEOUT_S = 1.0
GRACE_S = 0.3
PATIENCE_S = 20
AT_ONCE = 2

HEAD = "about stalls {title}\ntarget mail.example.test\noptions --timeout {timeout} {options}\n"
ONLY_587 = "--port 587"
ONLY_465 = "--port 465"

# The first half of a ServerHello: a record that promises 122 bytes and brings 20.
HALF_HELLO = r'raw "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03' + r"\x5a" * 14 + '"'
# A record header, and nothing behind it.
HALF_RECORD = r'raw "\x16\x03\x03"'


def on_587(*lines):
    return "\n".join(["port 587 submission", *lines])


def on_465(*lines):
    return "\n".join(["port 465 submissions", *lines])


class Case(typing.NamedTuple):
    title: str
    options: str
    text: str  # the rest of the scenario
    status: int = 2  # what the program has to make of it: nothing can be sent, unless the stall came too late
    timeout: int = 1
    gone_s: float = TIMEOUT_S


CASES = [
    Case("DNS: no answer at all", "", "dns * silent"),
    Case("DNS: no A record, AAAA answers empty",
         "", "dns mail.example.test A silent\ndns mail.example.test AAAA empty"),
    Case("DNS: the answer comes after the ceiling", "", "dns mail.example.test A 127.0.0.1 after=5000"),
    Case("TCP: one port drops", ONLY_587, "port 587 dropped"),
    Case("TCP: every port drops", "", "port 25 dropped\nport 465 dropped\nport 587 dropped"),
    Case("TCP: every port drops, and two addresses are left to try", "",
         "\n".join(f"dns mail.example.test A 127.0.0.{n}" for n in (1, 2, 3))
         + "\nport 25 dropped\nport 465 dropped\nport 587 dropped"),
    Case("before the greeting", ONLY_587, on_587("on connect hang")),
    Case("after half a greeting line", ONLY_587, on_587('on connect raw "220 mail.exa"', "hang")),
    Case("after one line of two of the greeting",
         ONLY_587, on_587('on connect raw "220-mail.example.test\\r\\n"', "hang")),
    Case("after EHLO", ONLY_587, on_587("on EHLO hang")),
    Case("after half the reply to EHLO",
         ONLY_587, on_587('on EHLO raw "250-mail.example.test\\r\\n250-STA"', "hang")),
    Case("after HELO, EHLO being unknown", ONLY_587, on_587("on EHLO server 502 what", "on HELO hang")),
    Case("after STARTTLS", ONLY_587, on_587("on STARTTLS hang")),
    Case("after half the reply to STARTTLS", ONLY_587, on_587('on STARTTLS raw "22"', "hang")),
    Case("in the handshake of STARTTLS, at once", ONLY_587, on_587("on STARTTLS server 220 go", "hang")),
    Case("in the handshake of STARTTLS, after a record header",
         ONLY_587, on_587("on STARTTLS server 220 go", "expect *", HALF_RECORD, "hang")),
    Case("in the handshake of STARTTLS, in the ServerHello",
         ONLY_587, on_587("on STARTTLS server 220 go", "expect *", HALF_HELLO, "hang")),
    Case("after the handshake of STARTTLS", ONLY_587, on_587("on tls EHLO hang")),
    Case("after half the reply to EHLO inside TLS", ONLY_587, on_587('on tls EHLO raw "250-mail"', "hang")),
    Case("after QUIT inside TLS", ONLY_587, on_587("on tls QUIT hang"), 0),
    Case("after QUIT in the clear",
         "--port 587 --tls none", on_587("on MAIL server 250 ok", "on clear QUIT hang")),
    Case("after MAIL in the clear", "--port 587 --tls none", on_587("on clear MAIL hang")),
    Case("implicit TLS: before the handshake", ONLY_465, on_465("on connect hang")),
    Case("implicit TLS: after a record header", ONLY_465, on_465("on connect expect *", HALF_RECORD, "hang")),
    Case("implicit TLS: in the ServerHello", ONLY_465, on_465("on connect expect *", HALF_HELLO, "hang")),
    Case("implicit TLS: before the greeting", ONLY_465, on_465("on connect tls", "hang")),
    Case("implicit TLS: after half a greeting line",
         ONLY_465, on_465("on connect tls", 'raw "220 mail"', "hang")),
    Case("implicit TLS: after EHLO", ONLY_465, on_465("on EHLO hang")),
    Case("implicit TLS: after QUIT", ONLY_465, on_465("on QUIT hang"), 0),
    Case("everywhere, before the greeting",
         "", "port 25 script\nhang\nport 465 script\nhang\nport 587 script\nhang"),
    Case("everywhere, after EHLO",
         "", "\n".join(["port 25 relay\non EHLO hang", on_465("on EHLO hang"), on_587("on EHLO hang")])),
    Case("never, but a byte of the greeting comes every 100 ms", ONLY_587,
         on_587('on connect at 100 raw "2"',
                *(f'at 100 raw "{c}"' for c in "20 mail.example.test is slow"), "hang")),
    Case("never, but a line of the greeting comes every 50 ms", ONLY_587,
         on_587("on connect at 50 server 220-more", *["at 50 server 220-more"] * 60, "hang")),
    # What only a second look could tell is not waited for to the ceiling.
    Case("in the clear, where TLS was reset", ONLY_465, on_465("on connect expect *", "reset"), timeout=10, gone_s=3),
]


def timed(program, *words):
    begun = time.monotonic()
    done = subprocess.run([program, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=PATIENCE_S, env=os.environ | {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"})
    return done, time.monotonic() - begun


def yardstick(program):
    """What starting the program takes here, at its worst of a few."""
    return max(timed(program, "--version")[1] for _ in range(5))


def check(program, schema, slack, path, case):
    try:
        done, took = timed(program, "simulate", "--file", str(path), "--format", "json")
    except subprocess.TimeoutExpired:
        return [f"still there after {PATIENCE_S} s"]
    found = []
    if took > case.gone_s + GRACE_S + slack:
        found.append(f"took {took:.3f} s, not {case.gone_s + GRACE_S:.1f} s and {slack:.3f} s to start")
    if done.returncode != case.status:
        found += [f"exit status {done.returncode}, not {case.status}", *done.stderr.splitlines()[-5:]]
    try:
        report = json.loads(done.stdout)
    except ValueError as error:
        return [*found, f"no JSON: {error}"]
    if jsonschema is not None:
        found += [f"schema: {error.json_path}: {error.message}"
                  for error in jsonschema.Draft202012Validator(schema).iter_errors(report)]
    return found


def main(program, schema):
    schema = json.loads(pathlib.Path(schema).read_text(encoding="utf-8"))
    slack = yardstick(program)
    failed = 0

    print(f"1..{len(CASES)}")
    print(f"# starting takes {slack * 1000:.0f} ms", flush=True)
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        paths = []
        for number, case in enumerate(CASES, 1):
            paths.append(pathlib.Path(folder) / f"stall-{number}.scn")
            head = HEAD.format(title=case.title, timeout=case.timeout, options=case.options)
            paths[-1].write_text(head + case.text + "\n", encoding="ascii")
        results = pool.map(lambda path, case: check(program, schema, slack, path, case), paths, CASES)
        for number, (case, found) in enumerate(zip(CASES, results), 1):
            print("ok" if not found else "not ok", number, "-", f"the peer stalls: {case.title}")
            for line in found:
                print("#", line)
            failed += bool(found)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
