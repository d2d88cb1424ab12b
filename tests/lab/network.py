"""The lab's network: clients, one router and the servers, each in a network namespace.

                    client 198.51.100.10 --+                      +-- dns      203.0.113.2
         (wires)   distant 198.51.100.138 -+--- router (nftables) +-- postfix  203.0.113.34 ...
 (while needed)    lossy-N 198.18.0.0/16 --+                      +-- exim     203.0.113.66
      (no cable)       cut                                        +-- dovecot  203.0.113.98
                                                                  +-- chrony   203.0.113.130
                                                                  +-- world    203.0.113.162 ...

world is the rest of the internet: what a check contacts beyond its target, once that fails.

Everything lives inside the mount, network and process namespaces that the lab
was started in, and ends with them.
"""

import json
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
    "world": ("203.0.113.161", "203.0.113.162", 27, "2001:db8:6::"),
}
RESOLVER = SERVERS["dns"][1]
NOBODY = 65534

# Ready-made faults for the person at the shell and for the tests: what the router does to packets on their way.
FAULTS = {
    "drop": "tcp dport {port} drop",
    "reset": "tcp dport {port} reject with tcp reset",
    "reject": "tcp dport {port} reject with icmpx type admin-prohibited",
}
DEAD_IPV6 = ["meta nfproto ipv6 drop"]
MUTE_TIME = ["udp dport 123 drop"]
DNS = "meta l4proto { tcp, udp } th dport 53"
DEAD_RESOLVER = [f"{DNS} drop"]


def server_address(server, offset=0):
    """IPv4 and IPv6 of a server; a server with several faces has them in a row."""
    _, first, _, prefix = SERVERS[server]
    head, tail = first.rsplit(".", 1)
    return f"{head}.{int(tail) + offset}", f"{prefix}{0x10 + offset:x}"


def client_address(client):
    """IPv4 and IPv6 of a client."""
    _, first, _, prefix = CLIENTS[client]
    return first, f"{prefix}10"


def lossy_ends(number):
    """Addresses like those of CLIENTS, for a client that no other run shares."""
    high, low = divmod(4 * number, 256)
    return f"198.18.{high}.{low + 1}", f"198.18.{high}.{low + 2}", 30, f"2001:db8:{0xf000 + number:x}::"


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
        self.wire_program = wire_program
        self.wires = []
        os.makedirs("/run/netns", exist_ok=True)
        for name in ["router", "cut", *CLIENTS, *SERVERS]:
            self._add(name)
        self._set("router", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        for name, ends in {**CLIENTS, **SERVERS}.items():
            if name in delays:
                self.wires.append(self._pull_wire(name, delays[name]))
                self._connect(name, f"to-{name}", ends)
            else:
                _ip([f"link add uplink netns {name} type veth peer name to-{name} netns router"])
                self._connect(name, "uplink", ends)
        for name in ["router", *CLIENTS, *SERVERS]:
            _ip(["link set lo up"], name)
        set_router_rules([])

    @staticmethod
    def _set(name, *settings):
        run = subprocess.run(inside(name, ["sysctl", "-q", "-w", *settings]), capture_output=True, text=True)
        if run.returncode != 0:
            raise Unavailable(f"the kernel's network settings may not be changed here: {run.stderr.strip()}")

    def _add(self, name):
        _ip([f"netns add {name}"])
        # An address is usable at once, where the search for its double would take a second.
        self._set(name, "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0")

    @staticmethod
    def _connect(name, device, ends):
        """Gives both ends of a cable or wire between a namespace and the router their addresses and routes."""
        gateway, first, prefix_length, prefix = ends
        _ip([f"addr add {gateway}/{prefix_length} dev to-{name}",
             f"addr add {prefix}1/64 dev to-{name}",
             f"link set to-{name} up"], "router")
        _ip([f"addr add {first}/{prefix_length} dev {device}",
             f"addr add {prefix}10/64 dev {device}",
             f"link set {device} up",
             f"route add default via {gateway}",
             f"route add ::/0 via {prefix}1 dev {device}"], name)

    def _pull_wire(self, name, delay, *loss):
        """loss: nothing, or how many of a hundred packets get lost, and the seed"""
        wire = subprocess.Popen(
            [self.wire_program, f"/run/netns/{name}", "/run/netns/router", f"to-{name}", str(delay), *map(str, loss)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True)
        if wire.stdout.readline() != "ready\n":
            raise Unavailable(f"no slow wire here: {wire.stderr.read().strip()}")
        return wire

    @contextmanager
    def lossy_client(self, seed, delay, percent):
        """A client that is new to everybody, behind a wire of its own that loses packets; gives its name."""
        name = f"lossy-{seed}"
        self._add(name)
        wire = self._pull_wire(name, delay, percent, seed)
        try:
            self._connect(name, f"to-{name}", lossy_ends(seed))
            _ip(["link set lo up"], name)
            yield name
        finally:
            wire.kill()
            wire.communicate()
            _ip([f"netns del {name}"])

    def add_faces(self, server, count):
        """Further addresses of one server, which has so many then."""
        lines = []
        for offset in range(1, count):
            ipv4, ipv6 = server_address(server, offset)
            lines += [f"addr add {ipv4}/27 dev uplink", f"addr add {ipv6}/64 dev uplink"]
        _ip(lines, server)

    def add_address(self, server, address):
        """An address that lies in no network of the lab's."""
        length, gateway = (128, server_address(server)[1]) if ":" in address else (32, server_address(server)[0])
        _ip([f"addr add {address}/{length} dev uplink"], server)
        _ip([f"route add {address}/{length} via {gateway}"], "router")

    @contextmanager
    def without_ipv6_route(self, name):
        """A client has an IPv6 address and no way out with it until the block ends."""
        way = f"::/0 via {CLIENTS[name][3]}1"
        _ip([f"route del {way}"], name)
        try:
            yield
        finally:
            _ip([f"route add {way}"], name)

    @contextmanager
    def fault(self, *rules):
        """The router works by these nftables rules until the block ends."""
        set_router_rules(rules)
        try:
            yield
        finally:
            set_router_rules([])

    @contextmanager
    def contacts(self, client):
        """
        Fills a set with (address, port) of whatever a client turns to, complete when the block ends.
        It stands before the faults: what they stop was sent all the same.
        """
        table = ["table inet contacts {"]
        for family, kind in (("ip", "ipv4_addr"), ("ip6", "ipv6_addr")):
            table += [f"set to-{family} {{", f"type {kind} . inet_service", "flags dynamic", "}"]
        table += ["chain sent { type filter hook prerouting priority -300; policy accept;"]
        # Of TCP what opens a connection: an answer to what is still under way from before is no contact.
        table += [f'iifname "to-{client}" {opens} add @to-{family} {{ {family} daddr . th dport }}'
                  for family in ("ip", "ip6") for opens in ("meta l4proto udp", "tcp flags & (syn | ack) == syn")]
        subprocess.run(inside("router", ["nft", "-f", "-"]), input="\n".join([*table, "}", "}\n"]), text=True, check=True)
        seen = set()
        try:
            yield seen
            for family in ("ip", "ip6"):
                command = ["nft", "-j", "list", "set", "inet", "contacts", f"to-{family}"]
                listed = subprocess.run(inside("router", command), capture_output=True, text=True, check=True)
                for entry in json.loads(listed.stdout)["nftables"]:
                    seen.update(tuple(element["concat"]) for element in entry.get("set", {}).get("elem", []))
        finally:
            subprocess.run(inside("router", ["nft", "delete", "table", "inet", "contacts"]), check=True)

    @contextmanager
    def intercepted(self, client, ports, target_port):
        """Whatever a client opens to these ports ends at a port of the world's, until the block ends."""
        ipv4, ipv6 = server_address("world")
        table = ["table inet intercepted {", "chain taken { type nat hook prerouting priority -100; policy accept;",
                 f'iifname "to-{client}" tcp dport {ports} dnat ip to {ipv4}:{target_port}',
                 f'iifname "to-{client}" tcp dport {ports} dnat ip6 to [{ipv6}]:{target_port}', "}", "}\n"]
        subprocess.run(inside("router", ["nft", "-f", "-"]), input="\n".join(table), text=True, check=True)
        try:
            yield
        finally:
            subprocess.run(inside("router", ["nft", "delete", "table", "inet", "intercepted"]), check=True)

    @contextmanager
    def local_rules(self, client, *rules):
        """The client's own firewall works by these nftables rules on what it sends, until the block ends."""
        table = ["table inet local {", "chain out { type filter hook output priority 0; policy accept;", *rules,
                 "}", "}"]
        subprocess.run(inside(client, ["nft", "-f", "-"]), input="\n".join(table), text=True, check=True)
        try:
            yield
        finally:
            subprocess.run(inside(client, ["nft", "delete", "table", "inet", "local"]), check=True)

    @contextmanager
    def narrow_link(self, client, mtu, untold):
        """
        The router's link to a client takes packets of so many bytes; whom it drops larger ones of is not told
        over the families untold ("ip", "ip6"), so that for those they vanish for good.
        """
        words = {"ip": "icmp type destination-unreachable drop", "ip6": "icmpv6 type packet-too-big drop"}
        table = ["table inet narrow {", "chain told { type filter hook output priority 0; policy accept;",
                 *(words[family] for family in untold), "}", "}"]
        _ip([f"link set to-{client} mtu {mtu}"], "router")
        subprocess.run(inside("router", ["nft", "-f", "-"]), input="\n".join(table), text=True, check=True)
        try:
            yield
        finally:
            subprocess.run(inside("router", ["nft", "delete", "table", "inet", "narrow"]), check=True)
            _ip([f"link set to-{client} mtu 1500"], "router")
            for server in SERVERS:
                # What a server was told of the path it remembers for ten minutes.
                for family in ("-4", "-6"):
                    subprocess.run(["ip", family, "-n", server, "route", "flush", "cache"], check=True)
