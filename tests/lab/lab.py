#!/usr/bin/python3 -B
"""Real mail servers in network namespaces, for the tests and for a person at a shell.

  lab.py fetch                      fetch and unpack the servers
  lab.py shell [--delay MS] [-- COMMAND...]
                                    a shell (or one command) in the client's namespace
  lab.py test                       the lab's tests, as TAP
  lab.py sign-in                    those about signing in and sending, as TAP
  lab.py loss [--seed N]            many runs (or that one) over a line that loses packets, as TAP
  lab.py bench                      how long checks take beside the way to the servers
  lab.py fault KIND PORT | clear    inside the lab: what the router does to a port

Nothing is installed, started or left behind on this machine: the lab lives in
mount, network and process namespaces of its own and ends with its first process.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import accounts
import bench
import cases
import loss
import network
import packages
import pki
import servers
import sign_in
from trouble import Broken, Unavailable

HERE = Path(__file__).resolve().parent
TOOLS = ["certtool", "dpkg-deb", "ip", "mount", "nft", "nsenter", "setpriv", "sysctl", "unshare"]
WALLS = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]


def become_root(arguments):
    """Starts this program again through sudo, where that is needed."""
    if os.geteuid() == 0:
        return
    if shutil.which("sudo") is None:
        raise Unavailable("network namespaces need root, and there is no sudo")
    if subprocess.run(["sudo", "-n", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        raise Unavailable("network namespaces need root, and sudo asks for a password")
    os.execvp("sudo", ["sudo", "-n", sys.executable, "-B", str(HERE / "lab.py"), *arguments])


def enter_namespaces(arguments):
    """Starts this program again as the first process of its own namespaces; returns only by an exception."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise Unavailable(f"these programs are missing: {', '.join(missing)}")
    allowed = subprocess.run([*WALLS, "true"], capture_output=True, text=True)
    if allowed.returncode != 0:
        raise Unavailable(f"namespaces are not permitted here: {allowed.stderr.strip()}")
    os.execvp(WALLS[0], [*WALLS, sys.executable, "-B", str(HERE / "lab.py"), "--inside", *arguments])


def mount(*arguments):
    run = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True)
    if run.returncode != 0:
        raise Unavailable(f"mounts are not permitted here: {run.stderr.strip()}")


def lay_file_system(folder, program):
    """The client's view: its own /run, its own copy of /etc, and the program where anybody may reach it."""
    folder, program = Path(folder).resolve(), Path(program).resolve()
    home = servers.HOME
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    for name in ("unpacked", "program", "etc/upper", "etc/work", "tools"):
        (home / name).mkdir(parents=True)
    mount("--bind", folder / "root", home / "unpacked")
    mount("--bind", program.parent, home / "program")
    mount("-t", "overlay", "-o", f"lowerdir=/etc,upperdir={home}/etc/upper,workdir={home}/etc/work", "overlay", "/etc")
    for file, text in {
        "resolv.conf": f"nameserver {network.RESOLVER}\n",
        "hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
    }.items():
        path = Path("/etc") / file
        path.unlink(missing_ok=True)
        path.write_text(text)
    return home / "program" / program.name


class Lab:
    """Everything that a test needs to know."""

    def __init__(self, options, delays):
        self.program = lay_file_system(options.folder, options.program)
        authorities = [pki.Authority(servers.HOME / "pki" / name, name) for name in servers.AUTHORITIES]
        servers.make_certificates(*authorities)
        self.ca_file = servers.HOME / "ca.pem"
        self.ca_file.write_text("".join(authority.root.read_text() for authority in authorities))
        self.scratch = servers.HOME / "scratch"
        self.scratch.mkdir()
        os.chown(self.scratch, network.NOBODY, network.NOBODY)
        self.secrets = servers.HOME / "secrets"
        self.secrets.mkdir()
        self.secret("password", accounts.PASSWORD)
        for name, token in accounts.TOKENS.items():
            self.secret(f"token-{name}", token)
        self.network = network.Network(options.wire, delays)
        servers.add_addresses(self.network)
        self.servers = servers.start_all(servers.HOME / "unpacked")


    def secret(self, name, text):
        """Puts a secret into a file that the client's user alone can read, and gives its path."""
        file = self.secrets / name
        file.write_text(text)
        file.chmod(0o400)
        os.chown(file, network.NOBODY, network.NOBODY)
        return file


def cheat_sheet(lab, delay):
    lines = ["", "The lab is up. You are root in the client's network namespace; `exit` ends everything.", ""]
    lines += [f"  {host:28} {' '.join(addresses)}" for host, addresses in sorted(servers.names().items())]
    lines += [
        "",
        f"  trust        --ca-file {lab.ca_file}",
        f"  account      --user {accounts.USER} --password-file {lab.secrets}/password",
        f"               or --token-file {lab.secrets}/token-good (others: {', '.join(list(accounts.TOKENS)[1:])})",
        f"  wire         {delay} ms each way (./dev lab --delay MS)",
        "",
        f"  smtpdx --ca-file {lab.ca_file}",
        f"  smtpdx --ca-file {lab.ca_file} expired.postfix.test",
        "  fault drop 587       the router drops it; also: reset, reject; `fault clear` ends it",
        "  ip netns exec router nft list ruleset       the other namespaces: "
        + " ".join(["cut", *network.CLIENTS, *network.SERVERS]),
        f"  {servers.HOME}/postfix/root/{servers.Postfix.log}   what Postfix says; its mail lies in {servers.MAIL}",
        "",
    ]
    print("\n".join(lines), file=sys.stderr)


def shell(options):
    lab = Lab(options, {"client": options.delay})
    tools = servers.HOME / "tools"
    fault = tools / "fault"
    fault.write_text(f'#!/bin/sh\nexec {sys.executable} -B "{HERE}/lab.py" fault "$@"\n')
    fault.chmod(0o755)
    environment = {**os.environ, "PATH": f"{lab.program.parent}:{tools}:{os.environ['PATH']}"}
    command = options.command
    if not command:
        cheat_sheet(lab, options.delay)
        (servers.HOME / "bashrc").write_text("PS1='lab# '\n")
        command = ["bash", "--rcfile", str(servers.HOME / "bashrc"), "-i"]
    return subprocess.run(network.inside("client", command), env=environment).returncode


def fault(options):
    if options.kind == "clear":
        network.set_router_rules([])
    elif options.port is None:
        raise Broken("which port?")
    else:
        network.set_router_rules([network.FAULTS[options.kind].format(port=options.port)])
    return 0


def test(options):
    lab = Lab(options, {"client": options.delay, "distant": 50})
    return cases.run_all(cases.Tester(lab), cases.all_cases)


def sign_in_test(options):
    lab = Lab(options, {"client": options.delay})
    return cases.run_all(sign_in.Tester(lab), sign_in.all_cases)


def lose(options):
    return loss.run_all(Lab(options, {"client": options.delay}), [options.seed] if options.seed else loss.SEEDS)


def benchmark(options):
    return bench.run_all(Lab(options, {"client": 0, "distant": 50}))


def read_arguments(words):
    parser = argparse.ArgumentParser(prog="lab", description="real mail servers in network namespaces")
    parser.add_argument("job", choices=["fetch", "shell", "test", "sign-in", "loss", "bench", "fault"])
    parser.add_argument("kind", nargs="?", choices=[*network.FAULTS, "clear"])
    parser.add_argument("port", nargs="?", type=int)
    parser.add_argument("--delay", type=int, default=1, metavar="MS",
                        help="what the client's wire takes each way, milliseconds (1)")
    parser.add_argument("--folder", default="build-lab", help="where the unpacked servers are")
    parser.add_argument("--program", default="build/src/command/smtpdx")
    parser.add_argument("--wire", default="build/tests/lab/wire")
    parser.add_argument("--seed", type=int, metavar="N", help="loss: the one run to repeat")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    command = []
    if "--" in words:
        words, command = words[:words.index("--")], words[words.index("--") + 1:]
    options = parser.parse_args(words)
    options.command = command
    return options


def main():
    options = read_arguments(sys.argv[1:])
    try:
        if options.job == "fault":
            return fault(options)
        if not options.inside:
            become_root(sys.argv[1:])
            packages.fetch(options.folder)
            if options.job != "fetch":
                enter_namespaces(sys.argv[1:])
            return 0
        return {"test": test, "sign-in": sign_in_test, "loss": lose, "bench": benchmark, "shell": shell}[options.job](options)
    except Unavailable as reason:
        if options.job in ("test", "sign-in", "loss"):
            print(f"1..0 # SKIP {reason}")
            return 0
        print(f"lab: not possible here: {reason}", file=sys.stderr)
    except Broken as problem:
        print(f"lab: {problem}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
