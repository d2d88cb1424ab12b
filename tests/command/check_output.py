"""Where a report goes: files whole or not at all, pipes that close, descriptors that are not there. Prints TAP.

usage: check_output.py SMTPDX
"""
import json
import os
import pathlib
import stat
import sys
import tempfile

import user

# The search for leaks needs descriptors of its own.
NO_LEAKS = "exitcode=99:detect_leaks=0"


def main(program):
    cases = user.Cases()
    p = user.quoted(program)

    def in_folder(function):
        with tempfile.TemporaryDirectory() as folder:
            function(pathlib.Path(folder))

    def simulate(*words, name="healthy", **how):
        return user.run(program, "simulate", name, *(str(word) for word in words), **how)

    # ---- files ----

    @cases.case("-o writes the file and nothing else, exit status as ever")
    def _():
        def check(folder):
            for name, status in (("healthy", 0), ("net-ipv4-broken", 1), ("cert-expired", 2)):
                report = folder / f"{name}.txt"
                result = simulate("-o", report, name=name)
                user.equal((status, "", ""), result[:3], f"exit status, stdout, stderr of {name}")
                user.expect(report.read_text(encoding="utf-8").endswith("\n"), "no report")
            user.equal(3, len(os.listdir(folder)), "files")
        in_folder(check)

    @cases.case("-o to a file has no colours and 80 columns, wherever the program runs")
    def _():
        def check(folder):
            user.on_terminal(program, "simulate", "healthy", "-o", str(folder / "a"), columns=40)
            simulate("-o", folder / "b")
            wide = [max(user.columns(line) for line in folder.joinpath(name).read_text(encoding="utf-8").split("\n"))
                    for name in "ab"]
            user.expect(wide[0] > 40 and wide[0] == wide[1], f"{wide} columns")
            user.expect("\x1b" not in (folder / "a").read_text(encoding="utf-8"), "colours")
        in_folder(check)

    @cases.case("-o in every format is what the pipe would have got")
    def _():
        def check(folder):
            record = folder / "record.json"
            simulate("-q", "--record", record)
            for form in ("text", "json", "ndjson"):
                user.equal("", user.run(program, "replay", record, "-f", form, "-o", folder / form).out, "stdout")
                user.equal(user.run(program, "replay", record, "-f", form).out,
                           folder.joinpath(form).read_text(encoding="utf-8"), form)
        in_folder(check)

    @cases.case("an existing file is replaced whole and keeps its permissions")
    def _():
        def check(folder):
            report = folder / "report"
            report.write_text("old\n" * 100000, encoding="ascii")
            report.chmod(0o604)
            simulate("-q", "-o", report)
            user.equal(1, report.read_text(encoding="utf-8").count("\n"), "lines")
            user.equal(0o604, stat.S_IMODE(report.stat().st_mode), "permissions")
            user.equal(["report"], os.listdir(folder), "files")
        in_folder(check)

    @cases.case("whoever reads the file meanwhile sees the old one to its end")
    def _():
        def check(folder):
            report = folder / "report"
            report.write_text("old\n", encoding="ascii")
            with open(report, encoding="ascii") as reader:
                simulate("-q", "-o", report)
                user.equal("old\n", reader.read(), "the reader's file")
        in_folder(check)

    @cases.case("a link to a file stays a link, and a link to nothing makes the file")
    def _():
        def check(folder):
            (folder / "there").write_text("old\n", encoding="ascii")
            for name in ("there", "new"):
                link = folder / f"link-to-{name}"
                link.symlink_to(name)
                user.equal((0, "", ""), simulate("-q", "-o", link)[:3], "result")
                user.expect(link.is_symlink(), "the link was replaced")
                user.expect((folder / name).read_text(encoding="utf-8").startswith("OK"), "no report")
        in_folder(check)

    @cases.case("a file in a folder that is not there leaves nothing behind")
    def _():
        def check(folder):
            for option in ("-o", "--record"):
                user.line_of_refusal(simulate(option, folder / "missing" / "report"), "missing/report", "accepted: ")
                user.equal([], os.listdir(folder), "files")
        in_folder(check)

    @cases.case("a file that cannot grow is refused on one line, and nothing is left behind")
    def _():
        def check(folder):
            for option in ("-o", "--record"):
                for old in (None, "old\n"):
                    report = folder / "report"
                    if old is not None:
                        report.write_text(old, encoding="ascii")
                    result = user.shell(f"ulimit -f 8; trap '' XFSZ; exec {p} simulate healthy -fjson"
                                        f" {option} {user.quoted(report)}")
                    user.equal(3, result.status, "exit status")
                    user.expect(result.err.startswith(f"smtpdx: {report}") and result.err.count("\n") == 1, result.err)
                    user.equal([] if old is None else ["report"], os.listdir(folder), "files")
                    if old is not None:
                        user.equal(old, report.read_text(encoding="ascii"), "the old file")
                        report.unlink()
        in_folder(check)

    @cases.case("-o /dev/stdout is as good as none")
    def _():
        for sink in ("| cat", "> FILE"):
            def check(folder, sink=sink):
                file = folder / "out"
                result = user.shell(f"{p} simulate -q healthy -o /dev/stdout " + sink.replace("FILE", user.quoted(file)))
                text = result.out or file.read_text(encoding="utf-8")
                user.expect(text.startswith("OK: ") and text.count("\n") == 1, text)
                user.equal("", result.err, "stderr")
            in_folder(check)
        user.expect(pathlib.Path("/dev/stdout").is_symlink(), "/dev/stdout was replaced")

    @cases.case("-o /dev/stdout adds to a log, and -o /dev/fd/3 writes to what the shell opened")
    def _():
        def check(folder):
            log = folder / "log"
            log.write_text("before\n", encoding="ascii")
            user.shell(f"{p} simulate -q healthy -o /dev/stdout >> {user.quoted(log)}")
            user.shell(f"{p} simulate -q healthy -o /dev/fd/3 3>> {user.quoted(log)}")
            lines = log.read_text(encoding="utf-8").splitlines()
            user.equal(["before", "OK", "OK"], [line.split(":")[0] for line in lines], "lines")
            user.equal(["log"], os.listdir(folder), "files")
        in_folder(check)

    @cases.case("a named pipe is written to")
    def _():
        def check(folder):
            pipe = folder / "pipe"
            os.mkfifo(pipe)
            result = user.shell(f"cat {user.quoted(pipe)} & {p} simulate -q healthy -o {user.quoted(pipe)}; wait")
            user.expect(result.out.startswith("OK: "), result.out)
            user.expect(stat.S_ISFIFO(pipe.stat().st_mode), "it was replaced")
        in_folder(check)

    @cases.case("a full disk is one line and exit 3, for every kind of output")
    def _():
        for words in ("simulate healthy", "simulate healthy -q", "simulate healthy -fjson", "simulate healthy -fndjson",
                      "simulate --list", "--help", "--version", "replay --help"):
            for line in (f"{p} {words} > /dev/full", f"{p} {words} -o /dev/full"):
                user.line_of_refusal(user.shell(line), "stdout" if ">" in line else "/dev/full")
        user.line_of_refusal(user.shell(f"{p} simulate healthy --lang ja > /dev/full"), "stdout")

    # ---- pipes that close ----

    @cases.case("a reader that goes away early is no error: no message, and the verdict's exit status")
    def _():
        for words, status in (("simulate healthy", 0), ("simulate cert-expired", 2), ("simulate cert-expired -fjson", 2),
                              ("simulate healthy -fndjson", 0), ("simulate healthy -o /dev/stdout", 0),
                              ("simulate --list", 0), ("--help", 0), ("--version", 0)):
            reader, writer = os.pipe()
            os.close(reader)
            result = user.run(program, *words.split(), stdout=writer)
            os.close(writer)
            user.equal((status, "", ""), result[:3], words)
        result = user.shell(f"{p} simulate cert-expired | head -1")
        user.equal((0, ""), (result.status, result.err), "with head")
        user.equal(1, result.out.count("\n"), "lines")

    @cases.case("a stderr that nobody reads is no error")
    def _():
        reader, writer = os.pipe()
        os.close(reader)
        for words, status in ((["simulate", "healthy", "--transcript"], 0), (["--bogus"], 3)):
            user.equal(status, user.run(program, *words, stderr=writer).status, f"{words}")
        os.close(writer)

    # ---- descriptors that are not there ----

    @cases.case("standard input closed changes nothing")
    def _():
        result = user.shell(f"{p} simulate -q healthy <&-")
        user.equal((0, ""), (result.status, result.err), "result")
        user.line_of_refusal(user.shell(f"{p} replay - <&-"), "-")

    @cases.case("standard output closed is told on one line, exit 3")
    def _():
        for words in ("simulate healthy", "simulate healthy -fjson", "--help", "--version", "simulate --list"):
            user.line_of_refusal(user.shell(f"{p} {words} >&-"), "stdout")

    @cases.case("standard error closed changes nothing")
    def _():
        for words, status in (("simulate -q healthy", 0), ("simulate -q healthy --transcript", 0), ("--bogus", 3)):
            user.equal(status, user.shell(f"{p} {words} 2>&-").status, words)

    @cases.case("with all three closed it ends, and its files are as they should be")
    def _():
        def check(folder):
            report, record = folder / "report.json", folder / "record.json"
            line = f"{p} simulate healthy -fjson -o {user.quoted(report)} --record {user.quoted(record)} <&- >&- 2>&-"
            user.equal(0, user.shell(line).status, "exit status")
            json.loads(report.read_text(encoding="utf-8"))
            json.loads(record.read_text(encoding="utf-8"))
            user.equal(3, user.shell(f"{p} simulate healthy <&- >&- 2>&-").status, "exit status without a file")
            user.equal(["record.json", "report.json"], sorted(os.listdir(folder)), "files")
        in_folder(check)

    @cases.case("no report goes to the server where stdout is closed")
    def _():
        for closed in ("<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"):
            def check(folder, closed=closed):
                log = folder / "transcript"
                log.write_text("", encoding="ascii")
                where = "" if "2>&-" in closed else f" 2> {user.quoted(log)}"
                user.shell(f"{p} simulate healthy --transcript {where} {closed}")
                said = log.read_text(encoding="utf-8")
                user.expect("What was tried" not in said and "OK: " not in said, said)
            in_folder(check)

    @cases.case("without a terminal, in a session of its own, it works as ever")
    def _():
        result = user.run(program, "simulate", "-q", "healthy", start_new_session=True)
        user.equal((0, ""), (result.status, result.err), "result")

    # With less than six libuv aborts before it has begun.
    @cases.case("with few descriptors to be had it says so or reports, and never crashes")
    def _():
        for most in (6, 8, 10, 12, 16, 20, 24, 28, 32):
            result = user.run("/bin/sh", "-c", f"ulimit -n {most}; exec {p} --resolver=127.0.0.1:9 --timeout=1 "
                                               "mail.example.test", env=user.environment(ASAN_OPTIONS=NO_LEAKS))
            user.expect(result.status in (2, 3), f"{most} descriptors: exit status {result.status}: {result.err}")
            user.expect(result.out or result.err.startswith("smtpdx: "), f"{most} descriptors: silence")

    @cases.case("an environment without a single variable will do")
    def _():
        result = user.run(program, "simulate", "-q", "healthy", env={})
        user.equal((0, ""), (result.status, result.err), "result")

    return user.tap(cases)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
