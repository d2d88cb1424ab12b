"""Runs a program and looks at everything that it lets out for sights of a secret.

What is looked at: every packet in the network namespace that this runs in, and in those that the program makes
for itself; standard output and error; the files it is told to write; and the command line and the environment
of the program and of whatever it starts, read again and again while they run.
"""
import base64
import ctypes
import fcntl
import html
import ipaddress
import json
import os
import pathlib
import re
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ETH_P_ALL = 0x0003
SOL_PACKET, PACKET_STATISTICS, SO_RCVBUFFORCE = 263, 6, 33
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
TCP, SYN = 6, 0x02
CLONE_NEWNET = 0x40000000
# How often a program is looked at while it runs. A namespace that it makes is seen before anything goes through it.
LOOK_S = 0.001
# What passes the kernel between two reads of a capture, at most.
ROOM = 64 << 20
# A shorter secret is found where it is not: too few letters of base64 tell nothing.
SECRET_MIN = 6
# Of a longer one, parts of this length count as well: a text may have been cut.
PART, PART_STEP = 24, 8

libc = ctypes.CDLL(None, use_errno=True)


class Unavailable(Exception):
    """This machine does not let a program be watched; the message says why."""


# ---- the secret, in every form that it can be seen in ----------------------------------------------------------


def base64_forms(secret):
    """What of it stands in base64, for each of the three places in a group where it can begin."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + secret)
        # Characters at both ends that depend on what stands beside the secret are left out.
        text = text[-(-before * 8 // 6):(before + len(secret)) * 8 // 6]
        yield text
        yield text.translate(bytes.maketrans(b"+/", b"-_"))


def forms(secret):
    """{bytes: name} of a secret in all forms that are looked for."""
    if len(secret) < SECRET_MIN:
        raise ValueError("too short a secret to be looked for")
    parts = [secret, *(secret[at:at + PART] for at in range(0, len(secret) - PART + 1, PART_STEP))]
    if len(secret.strip()) >= SECRET_MIN:
        parts.append(secret.strip())
    found = {}
    for part in parts:
        what = "" if part is secret else "a part of "
        found.setdefault(part, f"{what}the secret")
        for text in base64_forms(part):
            found.setdefault(text, f"{what}the secret in base64")
        quoted = urllib.parse.quote_from_bytes(part, safe="")
        for text in (quoted, re.sub("%..", lambda code: code[0].lower(), quoted)):
            found.setdefault(text.encode(), f"{what}the secret, percent-encoded")
        # As programs write bytes that are no plain text, or mean something where they are written.
        text = part.decode(errors="surrogateescape")
        for text in (part.decode("latin-1").encode("unicode_escape").decode(), json.dumps(text)[1:-1],
                     json.dumps(text, ensure_ascii=False)[1:-1], html.escape(text), part.hex()):
            found.setdefault(text.encode(errors="surrogateescape"), f"{what}the secret, escaped")
    return found


def sights(wanted, data):
    """The names of those of these forms that stand in the data."""
    return sorted({name for form, name in wanted.items() if form in data})


# ---- packets ---------------------------------------------------------------------------------------------------


class Stream:
    """One direction of a TCP connection: what was sent, put in order."""

    def __init__(self, first, whole):
        self.first, self.whole, self.sent_here, self.pieces = first, whole, False, {}

    def put(self, number, payload):
        at = (number - self.first) & 0xFFFFFFFF
        if len(payload) > len(self.pieces.get(at, b"")):
            self.pieces[at] = payload

    def data(self):
        """Its runs of bytes without a gap; what was sent twice stands there once."""
        runs, end = [bytearray()], 0
        for at, payload in sorted(self.pieces.items()):
            if at > end:
                runs.append(bytearray())
            elif at < end:
                payload = payload[end - at:]
            runs[-1] += payload
            end = max(end, at + len(payload))
        return runs


class Capture:
    """All packets of one network namespace, from the call to end() back to where this was made."""

    def __init__(self, namespace=None):
        """namespace: a file that names it; else the one of this process"""
        self.streams, self.loose, self.dropped = [], [], 0
        self._open = {}
        self._socket = self._problem = None
        opener = threading.Thread(target=self._listen, args=(namespace,))
        opener.start()
        opener.join()
        if self._problem is not None:
            raise self._problem
        self._over, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _listen(self, namespace):
        # In a thread of its own: where that has gone it stays, and the socket with it.
        try:
            if namespace is not None:
                with open(namespace, "rb") as file:
                    if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
                        raise OSError(ctypes.get_errno(), "setns")
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        except OSError as problem:
            self._problem = problem
            return
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
        except PermissionError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        self._socket.setblocking(False)

    def _read(self):
        waiting = True
        while waiting:
            ready, _, _ = select.select([self._socket, self._over], [], [])
            waiting = self._over not in ready
            try:
                while True:
                    packet, (device, _, kind, *_) = self._socket.recvfrom(1 << 17)
                    # The loopback device shows each packet twice.
                    if device != "lo":
                        self._put(packet, kind == socket.PACKET_OUTGOING)
                    elif kind != socket.PACKET_OUTGOING:
                        self._put(packet, True)
            except BlockingIOError:
                pass

    def _put(self, packet, sent_here):
        version = packet[0] >> 4 if packet else 0
        if version == 4 and len(packet) >= 20:
            start, end, protocol = (packet[0] & 15) * 4, struct.unpack_from("!H", packet, 2)[0], packet[9]
            ends = packet[12:16], packet[16:20]
        elif version == 6 and len(packet) >= 40:
            start, end, protocol = 40, 40 + struct.unpack_from("!H", packet, 4)[0], packet[6]
            ends = packet[8:24], packet[24:40]
        else:
            self.loose.append(packet)
            return
        segment = packet[start:end] if end > start else packet[start:]
        if protocol != TCP or len(segment) < 20:
            self.loose.append(segment)
            return
        source, target, number = struct.unpack_from("!HHI", segment)
        flags, payload = segment[13], segment[(segment[12] >> 4) * 4:]
        key = (*ends, source, target)
        first = (number + 1) & 0xFFFFFFFF
        if flags & SYN and (key not in self._open or self._open[key].first != first):
            self._begin(key, first, True)
        elif key not in self._open:
            # That it has none of its beginning is told by whole().
            self._begin(key, number, False)
        if payload:
            self._open[key].sent_here = sent_here
            self._open[key].put(number + bool(flags & SYN), payload)

    def _begin(self, key, first, whole):
        self._open[key] = Stream(first, whole)
        self.streams.append((key, self._open[key]))

    def end(self):
        os.write(self._stop, b".")
        self._thread.join()
        self.dropped = struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
        self._socket.close()
        os.close(self._over)
        os.close(self._stop)

    def whole(self):
        """Whether nothing was missed: what was sent from here came after the SYN of its connection."""
        return self.dropped == 0 and all(stream.whole or not stream.sent_here for _, stream in self.streams)

    def data(self):
        """(where, bytes) of everything that was sent."""
        for (source, target, source_port, target_port), stream in self.streams:
            ends = (f"{ipaddress.ip_address(address)} port {port}" for address, port in
                    ((source, source_port), (target, target_port)))
            for run in stream.data():
                yield "sent from " + " to ".join(ends), bytes(run)
        yield "in a packet", b"\0".join(self.loose)


# ---- processes -------------------------------------------------------------------------------------------------


def family(pid):
    """A process and all that came from it."""
    yield pid
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                yield from family(int(child))
    except (FileNotFoundError, ProcessLookupError):
        pass  # it has just ended


class Look:
    """What is seen of a run from outside while it lasts."""

    def __init__(self):
        self.seen = {"in a command line": set(), "in an environment": set()}
        self.captures = {os.stat("/proc/self/ns/net").st_ino: Capture()}

    def at(self, pid):
        """Looks once at a process and all that came from it."""
        for member in family(pid):
            for where, file in zip(self.seen, ("cmdline", "environ")):
                try:
                    self.seen[where].add(pathlib.Path(f"/proc/{member}/{file}").read_bytes())
                except (FileNotFoundError, ProcessLookupError, PermissionError):
                    pass  # it has ended; or nobody may read it
            self._follow(f"/proc/{member}/ns/net")

    def _follow(self, namespace):
        try:
            number = os.stat(namespace).st_ino
            if number not in self.captures:
                self.captures[number] = Capture(namespace)
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended

    def end(self):
        for capture in self.captures.values():
            capture.end()

    def data(self):
        yield from ((where, b"\n".join(seen)) for where, seen in self.seen.items())
        for capture in self.captures.values():
            yield from capture.data()


class Watched:
    """One run of a program: how it ended, and everything that came out of it."""

    def __init__(self, command, files=(), seconds=60, **more):
        """
        files: what it is to write, looked at when it has ended
        seconds: how long it may take; subprocess.TimeoutExpired after that
        more: for subprocess.Popen()
        """
        self._look = Look()
        try:
            with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaint:
                self.status = self._run(command, seconds, stdout=output, stderr=complaint, **more)
                self.output, self.complaint = (file.seek(0) or file.read() for file in (output, complaint))
        finally:
            self._look.end()
        self._files = [(f"in {pathlib.Path(file).name}", pathlib.Path(file).read_bytes()) for file in files
                       if os.path.exists(file)]

    def _run(self, command, seconds, **more):
        end = time.monotonic() + seconds
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, **more) as process:
            while process.poll() is None:
                self._look.at(process.pid)
                if time.monotonic() > end:
                    process.kill()
                    raise subprocess.TimeoutExpired(command, seconds)
                time.sleep(LOOK_S)
            return process.returncode

    def whole(self):
        """Whether all of it was seen: no packet was missed, and the program while it ran."""
        return all(self._look.seen.values()) and all(capture.whole() for capture in self._look.captures.values())

    def leaks(self, secret):
        """A line for every place where the secret can be seen."""
        wanted = forms(secret)
        places = [("on standard output", self.output), ("on standard error", self.complaint), *self._files,
                  *self._look.data()]
        return [f"{sight} stands {where}" for where, data in places for sight in sights(wanted, data)]


# ---- a network of its own --------------------------------------------------------------------------------------


def alone(words):
    """The command that runs these words as the first ones in a network namespace, where that is permitted."""
    for walls in (["unshare", "--user", "--map-root-user", "--net"], ["unshare", "--net"]):
        try:
            probe = subprocess.run([*walls, sys.executable, "-B", __file__], capture_output=True, text=True)
        except FileNotFoundError:
            raise Unavailable("there is no unshare") from None
        if probe.returncode == 0:
            return [*walls, *words]
    raise Unavailable(f"no program can be watched here: {(probe.stderr.strip().splitlines() or ['no reason'])[-1]}")


def connect_loopback():
    """Nothing else is there, in a namespace that is new."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


if __name__ == "__main__":
    # Tries whether what it takes is permitted.
    connect_loopback()
    Watched(["true"])
    if not os.path.exists(f"/proc/self/task/{os.getpid()}/children"):
        sys.exit("this kernel does not tell the children of a process")
