"""Lets this machine run short of what the program needs. Prints TAP.

usage: check_limits.py SMTPDX PRACTICE

A healthy practice server runs outside the limits. Whatever the program lacks itself is never told as a
fault of the network or the server: it says so and exits 3, or it has enough and all is well.
"""
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

HEALTHY = "about is healthy\ntarget mail.example.test\nport 25 relay\nport 465 submissions\nport 587 submission\n"
TARGET = "mail.example.test"
PATIENCE_S = 30
FEWEST, MOST = 4, 24  # descriptors; with 3 not even the libraries can be loaded
TOGETHER = 6          # targets that share the descriptors
TIMEOUT_S = 0.1
GRACE_S = 0.3
LARGE = 4 << 20       # bytes of a file of roots
LARGE_FILES = 4


class Practice:
    def __init__(self, program, folder):
        scenario = folder / "healthy.scn"
        scenario.write_text(HEALTHY, encoding="ascii")
        self.root = folder / "root.pem"
        self.process = subprocess.Popen([program, str(scenario), str(self.root)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.options = []
        for line in self.process.stdout:
            if not line.strip():
                break
            name, _, value = line.strip().partition(" ")
            if name in ("resolver", "map-port", "time-server"):
                self.options.append(f"--{name}={value}")

    def end(self):
        self.process.communicate(timeout=PATIENCE_S)


def run(program, practice, *words, descriptors=None, files=()):
    def limit():
        if descriptors is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    return subprocess.run([program, *practice.options, *(f"--ca-file={f}" for f in files or [practice.root]), *words],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S,
                          preexec_fn=limit, env=os.environ | {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}, check=False)


def complaints(done):
    """What is wrong with a run that may have lacked something."""
    if done.returncode not in (0, 3):
        return [f"exit status {done.returncode}", *done.stderr.splitlines()[-3:]]
    if not done.stdout:
        return [] if done.stderr.startswith("smtpdx: cannot go on: ") else [f"says {done.stderr!r}"]
    reports = json.loads(done.stdout)
    reports = reports if isinstance(reports, list) else [reports]
    return [f"{r['verdict']}: {[f['id'] for f in r['findings']]}" for r in reports
            if r["verdict"] not in ("ok", "unknown") or r["findings"]]


def descriptors_for_one(program, practice):
    found = []
    for n in range(FEWEST, MOST + 1):
        for settings in ([], ["--port=465"]):
            done = run(program, practice, "--format=json", *settings, TARGET, descriptors=n)
            found += [f"{n} descriptors, {settings}: {c}" for c in complaints(done)]
    if done.returncode != 0:
        found.append(f"{MOST} descriptors are not enough for one check")
    return found


def descriptors_for_many(program, practice):
    found = []
    for n in range(FEWEST, MOST + 1):
        done = run(program, practice, "--format=json", *[TARGET] * TOGETHER, descriptors=n)
        found += [f"{n} descriptors: {c}" for c in complaints(done)]
    return found


def descriptors_are_named(program, practice):
    done = run(program, practice, *[TARGET] * TOGETHER, descriptors=MOST // 2)
    return [] if done.returncode == 3 and "(Too many open files)" in done.stdout else [done.stdout, done.stderr]


def large_files(program, practice):
    root = practice.root.read_text(encoding="ascii")
    large = practice.root.with_name("large.pem")
    large.write_text(root * (LARGE // len(root)), encoding="ascii")
    start = max(timed(program, practice, "--version")[1] for _ in range(3))
    done, took = timed(program, practice, f"--timeout={TIMEOUT_S}", "--format=json", TARGET,
                       files=[large] * LARGE_FILES)
    found = complaints(done)
    if took > TIMEOUT_S + GRACE_S + start:
        found.append(f"took {took:.3f} s at --timeout {TIMEOUT_S}, {start:.3f} s to start")
    return found


def timed(program, practice, *words, **how):
    begun = time.monotonic()
    done = run(program, practice, *words, **how)
    return done, time.monotonic() - begun


CASES = [
    ("want of descriptors is no finding", descriptors_for_one),
    ("want of descriptors among several targets is no finding", descriptors_for_many),
    ("want of descriptors is named", descriptors_are_named),
    ("files of thousands of roots keep nobody past the ceiling", large_files),
]


def main(program, practice):
    failed = 0
    print(f"1..{len(CASES)}")
    with tempfile.TemporaryDirectory() as folder:
        server = Practice(practice, pathlib.Path(folder))
        for number, (title, case) in enumerate(CASES, 1):
            found = case(program, server)
            print("ok" if not found else "not ok", number, "-", title)
            for line in found:
                print("#", line, flush=True)
            failed += bool(found)
        server.end()
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
