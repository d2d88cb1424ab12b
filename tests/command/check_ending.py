"""Ctrl-C while a server is silent: what is known by then, at once, and exit 130. Prints TAP.

usage: check_ending.py SMTPDX PRACTICE REPORT_SCHEMA
"""
import contextlib
import fcntl
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import user

PROMPTLY_S = 1.0
INTERRUPTED = 130
SILENT = """about is silent on one port, and well on the others
target mail.example.test
options --timeout 20
port 587 script
hang
"""
SILENT_DNS = "about has no resolver\ntarget mail.example.test\noptions --timeout 20\ndns * silent\n"


@contextlib.contextmanager
def started(program, server, *words, **how):
    """It is gone afterwards, whatever the test makes of it."""
    how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
           "env": user.environment()} | how
    with subprocess.Popen([program, *server.options, server.target, *words], **how) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def interrupted(*call, number=signal.SIGINT):
    with started(*call) as process:
        return end(process, number)


def catches(process, number):
    """The handler stands: the check runs."""
    masks = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    caught = next(int(line.split()[1], 16) for line in masks.splitlines() if line.startswith("SigCgt"))
    return bool(caught >> (number - 1) & 1)


def end(process, number):
    """Once the servers that answer had time to; how it ended."""
    user.wait_for(lambda: catches(process, signal.SIGINT), "a check that runs")
    time.sleep(0.4)
    begun = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=user.PATIENCE_S)
    return user.done(process.returncode, out, err, begun)


def main(program, player, schema):
    # Whoever started this test may ignore SIGINT, and what is ignored is handed down.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cases = user.Cases()
    judge = user.validator(schema)

    def promptly(result):
        user.equal(INTERRUPTED, result.status, "exit status")
        user.expect(result.took_s < PROMPTLY_S, f"it took {result.took_s:.2f} s")
        user.equal("", result.err, "stderr")

    for number, name in ((signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM")):
        @cases.case(f"{name} reports what is known, promptly, and exits with 130")
        def _(number=number):
            with user.practice(player, SILENT) as server:
                result = interrupted(program, server, number=number)
            promptly(result)
            for known in ("465", "mail.example.test", "127.0.0.1", "The check was stopped early"):
                user.expect(known in result.out, f"{known!r} is not in {result.out}")

        @cases.case(f"{name} in JSON is one whole report of what is known")
        def _(number=number):
            with user.practice(player, SILENT) as server:
                result = interrupted(program, server, "--format=json", number=number)
            promptly(result)
            report = json.loads(result.out)
            judge(report)
            outcomes = {(p["port"], p["tls"]): p["outcome"] for p in report["probes"] if p["family"] == "ipv4"}
            user.equal("ok", outcomes[465, "implicit"], "what had ended")
            user.equal("skipped", outcomes[587, "starttls"], "what had not")
            stopped = {p["skipped_because"] for p in report["probes"] if p["port"] == 587}
            user.expect("stopped" in stopped, f"{stopped}")
            user.expect(report["duration_ms"] < 5000, f"{report['duration_ms']} ms")

    @cases.case("an interrupted check is not called critical for what was not seen")
    def _():
        with user.practice(player, SILENT_DNS) as server:
            result = interrupted(program, server, "--format=json")
        promptly(result)
        report = json.loads(result.out)
        judge(report)
        user.equal("unknown", report["verdict"], "verdict")

    @cases.case("Ctrl-C reports every one of several targets, in text and in JSON")
    def _():
        with user.practice(player, SILENT) as server:
            text = interrupted(program, server, "[::1]")
            several = interrupted(program, server, "[::1]", "--format=json")
            lines = interrupted(program, server, "[::1]", "--format=ndjson")
        for result in (text, several, lines):
            promptly(result)
        user.equal(2, text.out.count("The check was stopped early"), "reports")
        user.equal(["mail.example.test", "::1"], [r["target"]["host"] for r in json.loads(several.out)], "targets")
        user.equal(2, len([json.loads(line) for line in lines.out.splitlines()]), "lines")

    @cases.case("Ctrl-C writes the file and the record that were asked for")
    def _():
        with tempfile.TemporaryDirectory() as folder, user.practice(player, SILENT) as server:
            report, record = pathlib.Path(folder) / "report.json", pathlib.Path(folder) / "record.json"
            result = interrupted(program, server, "-fjson", "-o", str(report), "--record", str(record))
            promptly(result)
            user.equal(["record.json", "report.json"], sorted(os.listdir(folder)), "files")
            again = user.run(program, "replay", "-fjson", str(record))
            user.equal(json.loads(report.read_text(encoding="utf-8")), json.loads(again.out), "the record replayed")

    @cases.case("Ctrl-C clears the progress of a terminal before the report")
    def _():
        with user.practice(player, SILENT) as server:
            ours, theirs = os.openpty()
            with started(program, server, "--color=never", stdout=theirs, stderr=theirs,
                         env=user.environment(TERM="xterm")) as process:
                os.close(theirs)
                result = end(process, signal.SIGINT)
            user.equal(INTERRUPTED, result.status, "exit status")
            shown = os.read(ours, 1 << 20).decode("utf-8")
            os.close(ours)
        before, _, report = shown.rpartition("\r\x1b[K")
        user.expect("\r" in before and "\n" not in before, f"progress: {before!r}")
        user.expect(report.split(":")[0] in ("OK", "CRITICAL", "WARNING", "UNKNOWN"), f"{report[:80]!r}")

    @cases.case("a second Ctrl-C ends it, though its report cannot be got rid of")
    def _():
        with user.practice(player, SILENT) as server:
            reader, writer = os.pipe()
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
            os.write(writer, b"x" * 4096)  # full: the report has to wait
            with started(program, server, stdout=writer) as process:
                user.wait_for(lambda: catches(process, signal.SIGINT), "a check that runs")
                process.send_signal(signal.SIGINT)
                time.sleep(0.5)
                user.equal(None, process.poll(), "after the first it waits for the reader")
                process.send_signal(signal.SIGINT)
                user.equal(-signal.SIGINT, process.wait(timeout=user.PATIENCE_S), "after the second")
            os.close(reader)
            os.close(writer)

    @cases.case("a SIGINT that is ignored when it starts, as in the background of a shell, stays ignored")
    def _():
        with user.practice(player, SILENT.replace("--timeout 20", "--timeout 2")) as server:
            line = "trap '' INT; exec " + user.quoted(program, *server.options, server.target, "-q")
            with subprocess.Popen(["/bin/sh", "-c", line], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, env=user.environment()) as process:
                user.wait_for(lambda: catches(process, signal.SIGTERM), "a check that runs")
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=user.PATIENCE_S)
            result = user.done(process.returncode, out, err, 0)
        user.equal((1, ""), (result.status, result.err), "exit status, stderr")  # of the silent port, seen to the end

    @cases.case("a Ctrl-C that meets the writing of a report does not tear it")
    def _():
        with user.practice(player, "about is soon over\ntarget mail.example.test\n") as server:
            reader, writer = os.pipe()
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
            with started(program, server, "--format=json", stdout=writer) as process:
                os.write(writer, b" " * 4096)  # full: not a byte of the report fits in
                os.close(writer)
                user.wait_for(lambda: catches(process, signal.SIGINT), "a check that runs")
                time.sleep(0.6)  # the check is over, and its report waits for a reader
                process.send_signal(signal.SIGINT)
                time.sleep(0.1)
                with open(reader, "rb") as rest:
                    json.loads(rest.read())
                user.equal(b"", process.stderr.read(), "stderr")
                user.equal(INTERRUPTED, process.wait(timeout=user.PATIENCE_S), "exit status")

    @cases.case("replay takes Ctrl-C as every program does")
    def _():
        with subprocess.Popen([program, "replay", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=user.environment()) as process:
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            user.equal(-signal.SIGINT, process.wait(timeout=user.PATIENCE_S), "exit status")

    return user.tap(cases)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
