"""Whole runs under another /etc/hosts, in a namespace where it can be exchanged. Prints TAP.

usage: check_hosts.py SMTPDX
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import typing

PATIENCE_S = 20
INSIDE = 'mount --bind "$1" /etc/hosts && shift && exec "$@"'


class Case(typing.NamedTuple):
    title: str
    hosts: str
    dns: str
    verdict: str
    findings: dict  # id -> (severity, caused_by)
    line: str = ""  # what the steps must name


CASES = [
    Case("a dead address, DNS has a living one",
         "127.0.0.1 localhost\n# mail\n127.0.0.2\tother.test  Mail.Example.Test # once\n",
         "dns mail.example.test A 127.0.0.1\ndns mail.example.test AAAA empty",
         "critical",
         {"dns.hosts-override": ("critical", None), "service.degraded": ("warning", "dns.hosts-override")},
         "line 3"),
    Case("a living address, DNS has another one",
         "127.0.0.1 localhost mail.example.test\n",
         "dns mail.example.test A 127.0.0.2\ndns mail.example.test AAAA empty",
         "warning", {"dns.hosts-override": ("warning", None), "service.degraded": ("warning", None)}, "line 1"),
    Case("the address that DNS gives",
         "127.0.0.1 mail.example.test\n",
         "dns mail.example.test A 127.0.0.1\ndns mail.example.test AAAA empty", "ok", {}),
    Case("a name that DNS does not know",
         "127.0.0.1 mail.example.test\n", "dns mail.example.test nxdomain", "ok", {}),
    Case("a dead address, and behind it a living one",
         "127.0.0.3 mail.example.test\n127.0.0.1 mail.example.test\n",
         "dns mail.example.test A 127.0.0.2\ndns mail.example.test AAAA empty",
         "warning", {"dns.hosts-override": ("warning", None), "service.degraded": ("warning", None)}, "line 1"),
    Case("the name in a comment, and of another host",
         "#127.0.0.2 mail.example.test\n127.0.0.2 xmail.example.test\n",
         "dns mail.example.test A 127.0.0.1\ndns mail.example.test AAAA empty", "ok", {}),
]


def inside(hosts, *words):
    return subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", INSIDE, "sh", hosts, *words],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S)


def permitted(folder):
    hosts = folder / "hosts"
    hosts.write_text("127.0.0.1 probe.test\n", encoding="ascii")
    try:
        return inside(str(hosts), "grep", "-q", "probe.test", "/etc/hosts").returncode == 0
    except OSError:
        return False


def check(program, folder, case):
    hosts, scenario = folder / "hosts", folder / "hosts.scn"
    hosts.write_text(case.hosts, encoding="ascii")
    scenario.write_text(f"about hosts\ntarget mail.example.test\n{case.dns}\n", encoding="ascii")
    done = inside(str(hosts), program, "simulate", "--file", str(scenario), "--format", "json", "--lang", "en")
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return ["no JSON", *done.stderr.splitlines()[-5:]]
    found = {f["id"]: (f["severity"], f.get("caused_by")) for f in report["findings"]}
    wrong = []
    if report["verdict"] != case.verdict:
        wrong.append(f"verdict {report['verdict']}, not {case.verdict}")
    if found != case.findings:
        wrong.append(f"findings {found}, not {case.findings}")
    steps = " ".join(step["text"] for f in report["findings"] for step in f["steps"])
    if case.line and case.line not in steps:
        wrong.append(f"no step names {case.line}: {steps}")
    return wrong


def main(program):
    failed = False

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if not permitted(folder):
            print("1..0 # SKIP no namespace can be made here")
            return False
        print(f"1..{len(CASES)}")
        for number, case in enumerate(CASES, 1):
            wrong = check(program, folder, case)
            print("not ok" if wrong else "ok", number, "-", f"the hosts file has {case.title}")
            for line in wrong:
                print("#", line)
            failed = failed or bool(wrong)
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
