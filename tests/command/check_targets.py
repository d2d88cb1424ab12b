"""Several targets in one call, and records that are replayed. Prints TAP.

usage: check_targets.py SMTPDX PRACTICE REPORT_SCHEMA
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import user

SEVERAL = """about has a target for each verdict
target warning.example.test
dns warning.example.test A 127.0.0.1
dns warning.example.test AAAA ::1
dns ok.example.test A 127.0.0.1
dns slow.example.test A 127.0.0.1 after=400
dns critical.example.test nxdomain
cert default names=warning.example.test,ok.example.test,slow.example.test
port 25 relay only=ipv4
port 465 submissions only=ipv4
port 587 submission only=ipv4
"""
OK, WARNING, CRITICAL, SLOW = (f"{word}.example.test" for word in ("ok", "warning", "critical", "slow"))

RECORDED = ("healthy", "healthy-address", "net-ipv4-broken", "cert-expired", "cert-incomplete-chain", "dns-nxdomain",
            "dns-servfail", "input-whitespace", "input-invalid", "not-smtp-http", "protocol-nul", "starttls-stripped",
            "starttls-injection", "wrong-mode-587-implicit", "throttled")


def ids(report):
    return [(f["id"], f["severity"], f["caused_by"], [s["id"] for s in f["steps"]]) for f in report["findings"]]


def main(program, player, schema):
    cases = user.Cases()
    judge = user.validator(schema)

    def check(server, *words):
        result = user.run(program, *server.options, *words)
        user.equal("", result.err, "stderr")
        return result

    # ---- several targets ----

    @cases.case("each target has its verdict, and so its exit status")
    def _():
        with user.practice(player, SEVERAL) as server:
            for target, status in ((OK, 0), (WARNING, 1), (CRITICAL, 2)):
                user.equal(status, check(server, "-q", target).status, target)

    @cases.case("with several targets the worst counts, wherever it stands")
    def _():
        with user.practice(player, SEVERAL) as server:
            for targets, status in (((OK, OK), 0), ((OK, WARNING), 1), ((WARNING, OK), 1), ((WARNING, CRITICAL), 2),
                                    ((CRITICAL, OK, WARNING), 2)):
                for form in ("text", "json", "ndjson"):
                    user.equal(status, check(server, "-f", form, *targets).status, f"{targets} in {form}")

    @cases.case("text comes in the order asked for, with an empty line between two reports")
    def _():
        with user.practice(player, SEVERAL) as server:
            alone = [re.sub(r"\d+ ms", "N ms", check(server, t).out) for t in (SLOW, CRITICAL)]
            result = check(server, SLOW, CRITICAL)
        got = re.sub(r"\d+ ms", "N ms", result.out)
        reports = re.split(r"\n\n(?=[A-Z]+: )", got)
        user.equal(2, len(reports), "reports")
        user.equal([a.split("\n")[0] for a in alone], [r.split("\n")[0] for r in reports], "first lines")
        user.equal(len("\n".join(alone).split("\n")), len(got.split("\n")), "lines in all")
        user.expect(not got.startswith("\n") and not got.endswith("\n\n") and "\n\n\n" not in got, "blank lines")

    @cases.case("with -q it is a line each, in the order asked for")
    def _():
        with user.practice(player, SEVERAL) as server:
            lines = check(server, "-q", SLOW, CRITICAL, OK).out.splitlines()
        user.equal(["OK", "CRITICAL", "OK"], [line.split(":")[0] for line in lines], "lines")
        user.expect(all(name in line for name, line in zip((SLOW, CRITICAL, OK), lines)), f"{lines}")

    @cases.case("json is an array in the order asked for, each a report of the schema")
    def _():
        with user.practice(player, SEVERAL) as server:
            reports = json.loads(check(server, "-fjson", SLOW, CRITICAL, OK).out)
        user.equal([SLOW, CRITICAL, OK], [r["target"]["host"] for r in reports], "hosts")
        for report in reports:
            judge(report)

    @cases.case("json of one target is one object")
    def _():
        with user.practice(player, SEVERAL) as server:
            judge(json.loads(check(server, "-fjson", OK).out))

    @cases.case("ndjson is a line each, as each ends, and each a report of the schema")
    def _():
        with user.practice(player, SEVERAL) as server:
            out = check(server, "-fndjson", SLOW, CRITICAL, OK).out
        user.expect(out.endswith("\n"), "the last line has no end")
        reports = [json.loads(line) for line in out.splitlines()]
        user.equal(sorted([SLOW, CRITICAL, OK]), sorted(r["target"]["host"] for r in reports), "hosts")
        user.equal(SLOW, reports[-1]["target"]["host"], "the slowest")
        for report in reports:
            judge(report)

    @cases.case("ndjson of a finished target does not wait for the others")
    def _():
        with user.practice(player, SEVERAL) as server:
            with subprocess.Popen([program, *server.options, "-fndjson", SLOW, CRITICAL], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, env=user.environment()) as process:
                first = json.loads(process.stdout.readline())
                user.equal(None, process.poll(), "when the first line came, the program")
                process.stdout.read()
        user.equal(CRITICAL, first["target"]["host"], "first")

    @cases.case("-o holds all reports, as the pipe would have had them")
    def _():
        with tempfile.TemporaryDirectory() as folder, user.practice(player, SEVERAL) as server:
            for form in ("text", "json", "ndjson"):
                path = pathlib.Path(folder) / form
                user.equal("", check(server, "-f", form, "-o", str(path), WARNING, CRITICAL).out, "stdout")
                text = path.read_text(encoding="utf-8")
                if form == "json":
                    user.equal(2, len(json.loads(text)), "reports")
                elif form == "ndjson":
                    user.equal(2, len([json.loads(line) for line in text.splitlines()]), "reports")
                else:
                    user.equal(["WARNING", "CRITICAL"], re.findall(r"^([A-Z]+): ", text, re.M), "reports")

    @cases.case("many targets at once, some twice, are all reported")
    def _():
        targets = [OK, WARNING, CRITICAL] * 10
        with user.practice(player, SEVERAL) as server:
            reports = json.loads(check(server, "-fjson", *targets).out)
        user.equal(targets, [r["target"]["host"] for r in reports], "hosts")
        user.equal(["ok", "warning", "critical"] * 10, [r["verdict"] for r in reports], "verdicts")

    @cases.case("a target may look like a command, and behind -- like an option")
    def _():
        with user.practice(player, SEVERAL) as server:
            for word in ("replay", "--bogus"):
                result = check(server, "-fjson", "--", word)
                user.equal(2, result.status, "exit status")
                user.equal(word, json.loads(result.out)["target"]["input"], "what was typed")

    @cases.case("an empty target is a finding, not a crash")
    def _():
        with user.practice(player, SEVERAL) as server:
            for word in ("", " ", "\u3000", "\x1b[31m", ":", "[", "a" * 5000):
                result = check(server, "-fjson", word)
                user.equal(2, result.status, repr(word[:10]))
                judge(json.loads(result.out))
                text = check(server, word, "--lang=ja")
                user.equal(2, text.status, repr(word[:10]))
                user.expect("\x1b" not in text.out, "an escape sequence")

    @cases.case("whatever is wrong with a name, every step about it gives the one that was meant")
    def _():
        for name, meant in (("blank-and-typo", "smtp.gmail.com"), ("blank-and-wrong-server", "smtp.gmail.com"),
                            ("blank-and-confusable", "mail.example.test"), ("input-whitespace", "mail.example.test")):
            report = json.loads(user.run(program, "simulate", name, "-fjson").out)
            steps = [(s["id"], s["text"]) for f in report["findings"] if f["id"].startswith("input.")
                     for s in f["steps"]]
            user.expect("remove-whitespace" in dict(steps), f"{name}: {steps}")
            for step, text in steps:
                user.expect(meant in text, f"{name}: {step}: {text}")
                user.equal([], [w for w in ("smtp.gmial.com", "imap.gmail.com") if w in text], f"{name}: {step}")

    @cases.case("no step tells to take a port that was seen not to work")
    def _():
        for name in ("auth-missing-465-refused", "auth-missing", "all-refused", "all-silent", "port-587-refused"):
            report = json.loads(user.run(program, "simulate", name, "-fjson").out)
            works = {r["port"] for r in report["recommended"]}
            for finding in report["findings"]:
                for step in finding["steps"]:
                    told = {int(port) for port in re.findall(r"port (\d+)", step["text"].lower())}
                    user.expect(told <= works, f"{name}: {step['id']}: {step['text']}")

    @cases.case("the greeting is with the machine's name where it is a full one, else with an address literal")
    def _():
        if user.run("unshare", "-ru", "true").status != 0:
            return  # not permitted here
        with tempfile.TemporaryDirectory() as folder:
            record = pathlib.Path(folder) / "record.json"
            full, literals = "pc.corp.example.com", {"[127.0.0.1]", "[IPv6:::1]"}
            for machine, options, wanted in ((full, "", {full}), ("pc.local", "", literals), ("pc", "", literals),
                                             (full, "--ehlo other.example.com", {"other.example.com"})):
                simulate = f'hostname {machine} && exec "$0" simulate healthy -q --record "$1" {options}'
                user.run("unshare", "-ru", "/bin/sh", "-c", simulate, program, str(record))
                probes = json.loads(record.read_text(encoding="utf-8"))["probes"]
                user.equal(wanted, {p["ehlo"] for p in probes if p["outcome"] == "ok"}, f"{machine} {options}")

    # ---- records ----

    def recorded(folder, name):
        """The report of a check, and its record."""
        record = folder / f"{name}.json"
        result = user.run(program, "simulate", name, "-fjson", "--record", str(record))
        user.equal("", result.err, "stderr")
        return result, record

    @cases.case("a record replayed gives the same report, byte for byte, and the same exit status")
    def _():
        with tempfile.TemporaryDirectory() as folder:
            for name in RECORDED:
                result, record = recorded(pathlib.Path(folder), name)
                again = user.run(program, "replay", "-fjson", str(record))
                user.equal(result[:3], again[:3], name)

    @cases.case("a record replayed in the other language has the same ids, verdict and timings, and another text")
    def _():
        with tempfile.TemporaryDirectory() as folder:
            for name in RECORDED:
                result, record = recorded(pathlib.Path(folder), name)
                english = json.loads(result.out)
                japanese = json.loads(user.run(program, "replay", "-fjson", "--lang=ja", str(record)).out)
                judge(japanese)
                user.equal(ids(english), ids(japanese), f"{name}: findings")
                for key in ("started", "duration_ms", "verdict", "primary", "dns", "clock", "probes", "target"):
                    user.equal(english[key], japanese[key], f"{name}: {key}")
                user.expect(english["summary"] != japanese["summary"], f"{name}: the summary is the same")

    @cases.case("a record comes from a file, from standard input, and in every format")
    def _():
        with tempfile.TemporaryDirectory() as folder:
            result, record = recorded(pathlib.Path(folder), "cert-expired")
            with open(record, "rb") as pipe:
                user.equal(result.out, user.run(program, "replay", "-fjson", "-", stdin=pipe).out, "from stdin")
            line = user.run(program, "replay", "-fndjson", str(record)).out
            user.equal((1, json.loads(result.out)), (line.count("\n"), json.loads(line)), "ndjson")
            user.equal(1, user.run(program, "replay", "-q", str(record)).out.count("\n"), "lines of -q")

    @cases.case("a record of a check that could not tell exits with 3")
    def _():
        with tempfile.TemporaryDirectory() as folder:
            _, record = recorded(pathlib.Path(folder), "healthy")
            evidence = json.loads(record.read_text(encoding="utf-8"))
            evidence["interrupted"] = True
            evidence["probes"] = []
            record.write_text(json.dumps(evidence), encoding="ascii")
            result = user.run(program, "replay", "-fjson", str(record))
            user.equal("unknown", json.loads(result.out)["verdict"], "verdict")
            user.equal((3, ""), (result.status, result.err), "exit status, stderr")

    @cases.case("a record holds no word of the environment, of the files or of this user")
    def _():
        with tempfile.TemporaryDirectory() as folder:
            record = pathlib.Path(folder) / "record.json"
            user.run(program, "simulate", "healthy", "-q", "--record", str(record),
                     env=user.environment(SMTP_PASSWORD="geheim", HOME="/home/geheim", USER="geheim",
                                          LOGNAME="geheim"))
            text = record.read_text(encoding="utf-8")
            for word in ("geheim", "PRIVATE KEY", folder):
                user.expect(word not in text, f"{word} stands in the record")

    @cases.case("a record cut anywhere is refused on one line")
    def _():
        with tempfile.TemporaryDirectory() as folder:
            _, record = recorded(pathlib.Path(folder), "healthy")
            whole = record.read_bytes()
            for cut in range(1, 20):
                record.write_bytes(whole[:len(whole) * cut // 20])
                user.line_of_refusal(user.run(program, "replay", str(record)), "--record")

    @cases.case("a record is read as long as one may be written, and no longer")
    def _():
        with tempfile.TemporaryDirectory() as folder:
            result, record = recorded(pathlib.Path(folder), "cert-expired")
            whole = record.read_bytes()
            for megabytes, fits in ((63, True), (65, False)):
                record.write_bytes(whole.rstrip() + b" " * ((megabytes << 20) - len(whole)))
                again = user.run(program, "replay", "-fjson", str(record))
                user.equal(result[:2] if fits else (3, ""), again[:2], f"{megabytes} MB")

    @cases.case("a record with something else in any of its fields is refused or shown, and never crashes")
    def _():
        with tempfile.TemporaryDirectory() as folder:
            _, record = recorded(pathlib.Path(folder), "cert-expired")
            whole = json.loads(record.read_text(encoding="utf-8"))
            for key in whole:
                for other in (None, -1, 1e300, "", "x" * 70000, [], [None] * 10, {}, True):
                    record.write_text(json.dumps(whole | {key: other}), encoding="ascii")
                    result = user.run(program, "replay", str(record))
                    if result.err:
                        user.line_of_refusal(result, "--record")
                    else:
                        user.expect(result.status in (0, 1, 2, 3) and result.out, f"{key}: {result}")

    @cases.case("replay needs no network at all")
    def _():
        unshare = shutil.which("unshare")
        alone = [unshare, "-rn"]
        if unshare is None or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode != 0:
            return  # not permitted here
        with tempfile.TemporaryDirectory() as folder:
            result, record = recorded(pathlib.Path(folder), "cert-expired")
            user.equal(result[:3], user.run(*alone, program, "replay", "-fjson", str(record))[:3], "replayed alone")

    return user.tap(cases)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
