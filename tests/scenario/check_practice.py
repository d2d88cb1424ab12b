"""`simulate` beyond its checks: servers that stay for other programs, and records in place of namespaces. Prints TAP.

usage: check_practice.py SMTPDX
"""
import json
import re
import shlex
import signal
import smtplib
import ssl
import subprocess
import sys

PATIENCE_S = 20
MESSAGE = "From: a@example.test\r\nTo: b@example.test\r\n\r\n.a line with a dot\r\n"
# Inside, no further namespace is permitted.
NO_NAMESPACES = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'


def words(program, *more):
    return [program, "simulate", "--lang", "en", *more]


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S)


class Served:
    """A scenario on the air, and what its guide says."""

    def __init__(self, program, name):
        self.process = subprocess.Popen(words(program, name, "--serve", "--transcript"), stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.guide = ""
        while not self.guide.rstrip("\n").split("\n")[-1].startswith("  smtpdx "):
            line = self.process.stdout.readline()
            if line == "":
                raise AssertionError(f"no guide: {self.guide} {self.process.stderr.read()}")
            self.guide += line
        self.ports = {int(port): int(real) for port, real in re.findall(r"^Port (\d+) is 127\.0\.0\.1:(\d+)$",
                                                                       self.guide, re.M)}
        self.root = re.search(r"^Root certificate to trust: (.+)$", self.guide, re.M)[1]
        self.own_check = shlex.split(self.guide.rstrip("\n").split("\n")[-1])[1:]

    def end(self, how):
        self.process.send_signal(how)
        said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, *said


def mail_goes_through(program):
    served = Served(program, "healthy")
    try:
        context = ssl.create_default_context(cafile=served.root)
        with smtplib.SMTP("127.0.0.1", served.ports[25], timeout=PATIENCE_S) as client:
            client._host = "mail.example.test"  # the name that the certificate must have
            client.starttls(context=context)
            client.sendmail("a@example.test", ["b@example.test"], MESSAGE)
    finally:
        status, _, said = served.end(signal.SIGINT)
    assert status == 0, f"exit status {status}"
    assert "250 2.0.0 Taken" in said, said
    strange = [line for line in said.splitlines() if not re.match(r"\d+ \d+ [CST-] ", line)]
    assert not strange, strange


def the_line_of_the_guide_checks_it(program):
    served = Served(program, "port-587-refused")
    try:
        done = run(program, *served.own_check, "--format", "json")
    finally:
        status, _, _ = served.end(signal.SIGTERM)
    assert status == 0, f"exit status {status}"
    assert json.loads(done.stdout)["primary"] == "port.refused", done.stdout + done.stderr


def a_network_of_its_own_is_not_served(program):
    done = run(*words(program, "net-healthy", "--serve"))
    assert done.returncode == 3 and done.stdout == "", (done.returncode, done.stdout)
    assert "net-healthy" in done.stderr and done.stderr.count("\n") == 1, done.stderr


def a_record_stands_in_for_namespaces(program):
    inside = ["unshare", "--user", "--map-root-user", "sh", "-c", NO_NAMESPACES, "sh"]
    if run(*inside, "true").returncode != 0:
        return "no namespace can be made here"
    done = run(*inside, *words(program, "local-firewall", "--format", "json"))
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert re.fullmatch(r"smtpdx: .*not permit.*\(.+\).*shown from a record\n", done.stderr), done.stderr
    assert json.loads(done.stdout)["primary"] == "port.local-firewall", done.stdout
    return None


CASES = [mail_goes_through, the_line_of_the_guide_checks_it, a_network_of_its_own_is_not_served,
         a_record_stands_in_for_namespaces]


def main(program):
    failed = False
    print(f"1..{len(CASES)}")
    for number, case in enumerate(CASES, 1):
        title = case.__name__.replace("_", " ")
        try:
            skip = case(program)
            print("ok", number, "-", title, f"# SKIP {skip}" if skip else "")
        except (AssertionError, OSError, subprocess.TimeoutExpired, smtplib.SMTPException) as error:
            print("not ok", number, "-", title)
            for line in str(error).splitlines():
                print("#", line)
            failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
