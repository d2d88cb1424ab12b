"""The lab's network: clients, one router and the servers, each in a network namespace.

                    client 198.51.100.10 --+                      +-- dns      203.0.113.2
         (wires)   distant 198.51.100.138 -+--- router (nftables) +-- postfix  203.0.113.34 ...
      (no cable)       cut                                        +-- exim     203.0.113.66
                                                                  +-- dovecot  203.0.113.98
                                                                  +-- chrony   203.0.113.130

Everything lives inside the mount, network and process namespaces that the lab
was started in, and ends with them.
"""

import os
import subprocess
from contextlib import contextmanager

from trouble import Broken, Unavailable

# name: (the router's address, its own first address, prefix length, IPv6 prefix)
CLIENTS = {
    "client": ("198.51.100.1", "198.51.100.10", 27, "2001:db8:c1::"),
    "distant": ("198.51.100.129", "198.51.100.138", 27, "2001:db8:c2::"),
}
SERVERS = {
    "dns": ("203.0.113.1", "203.0.113.2", 27, "2001:db8:1::"),
    "postfix": ("203.0.113.33", "203.0.113.34", 27, "2001:db8:2::"),
    "exim": ("203.0.113.65", "203.0.113.66", 27, "2001:db8:3::"),
    "dovecot": ("203.0.113.97", "203.0.113.98", 27, "2001:db8:4::"),
    "chrony": ("203.0.113.129", "203.0.113.130", 27, "2001:db8:5::"),
}
RESOLVER = SERVERS["dns"][1]
NOBODY = 65534

# Ready-made faults for the person at the shell and for the tests: what the router does to packets on their way.
FAULTS = {
    "drop": "tcp dport {port} drop",
    "reset": "tcp dport {port} reject with tcp reset",
    "reject": "tcp dport {port} reject with icmpx type admin-prohibited",
}
MUTE_TIME = ["udp dport 123 drop"]
DEAD_RESOLVER = ["meta l4proto { tcp, udp } th dport 53 drop"]


def server_address(server, offset=0):
    """IPv4 and IPv6 of a server; a server with several faces has them in a row."""
    _, first, _, prefix = SERVERS[server]
    head, tail = first.rsplit(".", 1)
    return f"{head}.{int(tail) + offset}", f"{prefix}{0x10 + offset:x}"


def inside(namespace, command):
    """The command line that runs a command in one of the network namespaces."""
    return ["nsenter", f"--net=/run/netns/{namespace}", "--", *map(str, command)]


def unprivileged(command):
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all",
            "--bounding-set=-all", "--no-new-privs", "--", *map(str, command)]


def _ip(lines, namespace=None):
    where = ["-n", namespace] if namespace else []
    run = subprocess.run(["ip", *where, "-batch", "-"], input="\n".join(lines) + "\n", capture_output=True, text=True)
    if run.returncode != 0:
        raise Unavailable(f"the kernel does not allow the lab's network: {run.stderr.strip().splitlines()[0]}")


def set_router_rules(rules):
    """What the router does to packets that pass, as nftables rules; an empty list lets all pass."""
    table = ["table inet lab", "delete table inet lab", "table inet lab {",
             "chain passing { type filter hook forward priority 0; policy accept;", *rules, "}", "}"]
    run = subprocess.run(inside("router", ["nft", "-f", "-"]), input="\n".join(table), capture_output=True, text=True)
    if run.returncode != 0:
        raise Broken(f"nft: {run.stderr}")


class Network:
    def __init__(self, wire_program, delays):
        """
        delays: milliseconds each way for the clients that sit behind a wire. Over a plain cable of the kernel's
        an answer arrives while the call that asked is still running, which no real network does: an ICMP
        refusal of a SYN is then not told to the program until a second later.
        """
        self.wires = []
        self.delays = delays
        os.makedirs("/run/netns", exist_ok=True)
        names = ["router", "cut", *CLIENTS, *SERVERS]
        _ip([f"netns add {name}" for name in names])
        for name in names:
            # An address is usable at once, where the search for its double would take a second.
            self._set(name, "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0")
        self._set("router", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        for name in names[2:]:
            self._plug(name, wire_program)
        for name in names:
            if name != "cut":
                _ip(["link set lo up"], name)
        set_router_rules([])

    @staticmethod
    def _set(name, *settings):
        run = subprocess.run(inside(name, ["sysctl", "-q", "-w", *settings]), capture_output=True, text=True)
        if run.returncode != 0:
            raise Unavailable(f"the kernel's network settings may not be changed here: {run.stderr.strip()}")

    def _plug(self, name, wire_program):
        """Connects one namespace with the router, by a cable of the kernel's or by a wire of ours."""
        gateway, first, prefix_length, prefix = {**CLIENTS, **SERVERS}[name]
        if name in self.delays:
            self._pull_wire(name, wire_program)
            device, port = f"to-{name}", f"to-{name}"
        else:
            device, port = "uplink", f"to-{name}"
            _ip([f"link add {device} netns {name} type veth peer name {port} netns router"])
        _ip([f"addr add {gateway}/{prefix_length} dev {port}",
             f"addr add {prefix}1/64 dev {port}",
             f"link set {port} up"], "router")
        _ip([f"addr add {first}/{prefix_length} dev {device}",
             f"addr add {prefix}10/64 dev {device}",
             f"link set {device} up",
             f"route add default via {gateway}",
             f"route add ::/0 via {prefix}1 dev {device}"], name)

    def _pull_wire(self, name, wire_program):
        wire = subprocess.Popen(
            [wire_program, f"/run/netns/{name}", "/run/netns/router", f"to-{name}", str(self.delays[name])],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True)
        if wire.stdout.readline() != "ready\n":
            raise Unavailable(f"no slow wire here: {wire.stderr.read().strip()}")
        self.wires.append(wire)

    def add_faces(self, server, count):
        """Further addresses of one server."""
        lines = []
        for offset in range(1, count):
            ipv4, ipv6 = server_address(server, offset)
            lines += [f"addr add {ipv4}/27 dev uplink", f"addr add {ipv6}/64 dev uplink"]
        _ip(lines, server)

    @contextmanager
    def fault(self, *rules):
        """The router works by these nftables rules until the block ends."""
        set_router_rules(rules)
        try:
            yield
        finally:
            set_router_rules([])
