"""`simulate` beyond its checks: servers that stay for other programs, and records in place of namespaces. Prints TAP.

usage: check_practice.py SMTPDX
"""
import json
import re
import signal
import smtplib
import ssl
import subprocess
import sys

from served import PATIENCE_S, Served, complaints, words

MESSAGE = "From: a@example.test\r\nTo: b@example.test\r\n\r\n.a line with a dot\r\n"
# Inside, no further namespace is permitted.
NO_NAMESPACES = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S)


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
    assert not complaints(said), complaints(said)


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
