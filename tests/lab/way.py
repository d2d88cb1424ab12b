#!/usr/bin/python3 -B
"""Who stops a port: a chain of routers, each of which drops it in its turn. Prints TAP.

  way.py --program SMTPDX

    client --- router 1 --- router 2 --- router 3 --- server
          10.9.1.0     198.51.100.0  203.0.113.0   192.0.2.0      (IPv6: 2001:db8:1:: ... 2001:db8:4::)

In namespaces of its own, as lab.py; the program runs in it as a user without any right.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import network
from trouble import Broken, Unavailable

TOOLS = ["ip", "mount", "nft", "nsenter", "setpriv", "sysctl", "unshare"]
WALLS = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
CHAIN = ["client", "router1", "router2", "router3", "server"]
NETS = [("10.9.1", "2001:db8:1"), ("198.51.100", "2001:db8:2"), ("203.0.113", "2001:db8:3"), ("192.0.2", "2001:db8:4")]
BLOCKED, OPEN = 587, 25
COMPUTER, ROUTER = "this computer (its firewall or security software)", "the router next to this computer"
PROVIDER, SERVER = "your provider, or a network behind it", "the server's side"

# A mail server of few words on every port, that tells of each connection that it takes.
MAIL_SERVER = """
import socket, threading
def serve(port):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
    while True:
        talk = listener.accept()[0]
        print(port, flush=True)
        threading.Thread(target=answer, args=(talk,), daemon=True).start()
def answer(talk):
    try:
        talk.sendall(b"220 mail.example.test ESMTP\\r\\n")
        while (line := talk.recv(1000)):
            talk.sendall(b"221 bye\\r\\n" if line.startswith(b"QUIT") else b"250 mail.example.test\\r\\n")
    except OSError:
        pass
for port in (25, 587):
    threading.Thread(target=serve, args=(port,)).start()
"""


def run(command, text=None):
    done = subprocess.run(list(map(str, command)), input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise Unavailable(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


def lay_chain():
    os.makedirs("/run/netns", exist_ok=True)
    for name in CHAIN:
        run(["ip", "netns", "add", name])
        run(network.inside(name, ["sysctl", "-q", "-w", "net.ipv6.conf.all.accept_dad=0",
                                  "net.ipv6.conf.default.accept_dad=0", "net.ipv4.ip_forward=1",
                                  "net.ipv6.conf.all.forwarding=1",
                                  # The test asks more often in a second than one user would.
                                  "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0"]))
        run(["ip", "-n", name, "link", "set", "lo", "up"])
    for number, (ipv4, ipv6) in enumerate(NETS):
        near, far = CHAIN[number], CHAIN[number + 1]
        run(["ip", "link", "add", "right", "netns", near, "type", "veth", "peer", "name", "left", "netns", far])
        for name, device, last in ((near, "right", 1), (far, "left", 2)):
            run(["ip", "-n", name, "addr", "add", f"{ipv4}.{last}/24", "dev", device])
            run(["ip", "-n", name, "addr", "add", f"{ipv6}::{last}/64", "dev", device])
            run(["ip", "-n", name, "link", "set", device, "up"])
    for number, name in enumerate(CHAIN):
        for other, (ipv4, ipv6) in enumerate(NETS):
            if other in (number - 1, number):
                continue
            side, last = (number, 2) if other > number else (number - 1, 1)
            run(["ip", "-n", name, "route", "add", f"{ipv4}.0/24", "via", f"{NETS[side][0]}.{last}"])
            run(["ip", "-n", name, "route", "add", f"{ipv6}::/64", "via", f"{NETS[side][1]}::{last}"])
    # The default route is what tells the program that there is a network at all.
    run(["ip", "-n", "client", "route", "add", "default", "via", f"{NETS[0][0]}.2"])
    run(["ip", "-n", "client", "route", "add", "::/0", "via", f"{NETS[0][1]}::2"])


def set_rules(name, hook, rules):
    text = ["table inet way", "delete table inet way"]
    if rules:
        chain = f"chain way {{ type filter hook {hook} priority 0; policy accept;"
        text += ["table inet way {", chain, *rules, "}", "}"]
    run(network.inside(name, ["nft", "-f", "-"]), "\n".join(text))


class Way:
    def __init__(self, program):
        self.program = program
        self.taken = Path("/run/taken")
        server = subprocess.Popen(
            network.inside("server", [sys.executable, "-c", MAIL_SERVER]),
            stdout=open(self.taken, "w", encoding="ascii"))
        for _ in range(100):
            knock = ["bash", "-c", f"echo > /dev/tcp/192.0.2.2/{BLOCKED}"]
            if subprocess.run(network.inside("client", knock), capture_output=True).returncode == 0:
                return
            if server.poll() is not None:
                break
        raise Broken("the mail server does not start")

    def check(self, address):
        """The lines of port.blocked, and how often a server took a connection for no more than the path."""
        before = self.taken.read_text().count(str(OPEN))
        command = [self.program, "-f", "json", "--lang", "en", "--no-clock", "-p", str(BLOCKED), "--tls", "starttls",
                   "--only-target", "--timeout", "6", address]
        done = subprocess.run(network.inside("client", network.unprivileged(command)), capture_output=True, text=True,
                              timeout=30, cwd="/", env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
        report = json.loads(done.stdout)
        lines = [line["text"] for finding in report["findings"] if finding["id"] == "port.blocked"
                 for line in finding["because"]]
        if not lines:
            raise Broken(f"port.blocked is not found\n{done.stdout[:3000]}")
        return lines, self.taken.read_text().count(str(OPEN)) - before


def likely(lines):
    """(last, next, places) as the lines have them."""
    text = "\n".join(lines)
    hops = re.search(r"answer is (\S+) \(hop (\d)\); for \S+ the next one is (\S+) \(hop (\d)\)", text)
    first = re.search(r"nobody on the way answers; for \S+ the first one is (\S+) \(hop (\d)\)", text)
    refuser = re.search(r"it is (\S+) \(hop (\d)\) that does not let", text)
    places = re.search(r"this points to (.*)$", text, re.M)
    found = hops.groups() if hops else (None, "0", *first.groups()) if first else refuser.groups() if refuser else None
    return found, places and places.group(1)


def family_address(family, number, last):
    return f"{NETS[number][0]}.{last}" if family == 4 else f"{NETS[number][1]}::{last}"


def told_between(last, places):
    """Hops last and last + 1 are named; 0 is the client."""
    def told(family):
        before = (family_address(family, last - 1, 2), str(last)) if last else (None, "0")
        return (*before, family_address(family, last, 2), str(last + 1)), places
    return told


DROP = f"tcp dport {BLOCKED} drop"
FORBID = f"tcp dport {BLOCKED} reject with icmpx type admin-prohibited"
UNTOLD = "icmp type time-exceeded drop\nicmpv6 type time-exceeded drop"
# (sentence, [(who, where in its packet filter, by what rule)], what is to be told of a family)
CASES = [
    ("dropped behind router 1", [("router1", "forward", DROP)], told_between(1, f"{ROUTER}, or to {PROVIDER}")),
    ("dropped behind router 2", [("router2", "forward", DROP)], told_between(2, f"{PROVIDER}, or to {SERVER}")),
    ("dropped behind router 3", [("router3", "forward", DROP)], told_between(3, SERVER)),
    ("dropped before router 2", [("router2", "prerouting", DROP)], told_between(1, f"{ROUTER}, or to {PROVIDER}")),
    ("dropped before router 3", [("router3", "prerouting", DROP)], told_between(2, f"{PROVIDER}, or to {SERVER}")),
    ("dropped by the server", [("server", "input", DROP)], told_between(3, SERVER)),
    ("dropped by this computer", [("client", "output", DROP)], told_between(0, f"{COMPUTER}, or to {ROUTER}")),
    ("forbidden by router 2", [("router2", "forward", FORBID)],
     lambda family: ((family_address(family, 1, 2), "2"), PROVIDER)),
    ("dropped by the server behind routers that tell nothing",
     [("server", "input", DROP), *((f"router{number}", "output", UNTOLD) for number in (1, 2, 3))],
     lambda family: (None, None)),
]


def run_cases(way):
    """(sentence, what is wrong or nothing, the lines) of each case and family."""
    for sentence, rules, told in CASES:
        for who, hook, rule in rules:
            set_rules(who, hook, [rule])
        for family in (4, 6):
            lines, taken = way.check(family_address(family, 3, 2))
            found = likely(lines)
            wrong = "" if found == told(family) else f"{found} instead of {told(family)}"
            wrong += "" if taken <= 1 else f" the server took {taken} connections"
            yield f"{sentence}, IPv{family}", wrong, lines
        for who, hook, _ in rules:
            set_rules(who, hook, [])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--inside", action="store_true")
    options = parser.parse_args()
    try:
        if os.geteuid() != 0:
            raise Unavailable("network namespaces need root")
        if not options.inside:
            missing = [tool for tool in TOOLS if shutil.which(tool) is None]
            if missing:
                raise Unavailable(f"these programs are missing: {', '.join(missing)}")
            if subprocess.run([*WALLS, "true"], capture_output=True).returncode != 0:
                raise Unavailable("namespaces are not permitted here")
            os.execvp(WALLS[0], [*WALLS, sys.executable, "-B", __file__, "--inside", "--program", options.program])
        run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"])
        with tempfile.TemporaryDirectory(dir="/run") as folder:
            os.chmod(folder, 0o755)
            run(["mount", "--bind", Path(options.program).resolve().parent, folder])
            lay_chain()
            number = failed = 0
            for sentence, wrong, lines in run_cases(Way(f"{folder}/{Path(options.program).name}")):
                number += 1
                failed += bool(wrong)
                print(f"{'not ok' if wrong else 'ok'} {number} - {sentence}", flush=True)
                if wrong:
                    print(f"# {wrong}", *(f"#   {line}" for line in lines), sep="\n", flush=True)
            print(f"1..{number}")
            run(["umount", folder])
        return 1 if failed else 0
    except Unavailable as reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    except Broken as problem:
        print(f"Bail out! {problem}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
