#!/usr/bin/python3 -B
"""Start-up and memory of one check, beside a program that does nothing.

  start_up.py BUILD-FOLDER

What the program has used of a processor when its first DNS query leaves, all
its threads together; and the most memory that a whole check needs (a practice
server in the same process included, so a little less is true).
"""

import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15
FIRST_PACKET_BAR_MS = 10
MEMORY_BAR_MB = 25


def processor_ms(pid):
    """What the threads of a process have used, by the scheduler's nanoseconds."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except (OSError, ValueError):
            pass
    return total / 1e6


def until_first_packet(program):
    """CPU milliseconds until the first query reaches the resolver, which is this program."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
        resolver.bind(("127.0.0.1", 0))
        resolver.settimeout(5)
        port = resolver.getsockname()[1]
        child = start([program, "-q", "--timeout", "1", "--resolver", f"127.0.0.1:{port}", "mail.example.test"])
        try:
            resolver.recvfrom(4096)
            return processor_ms(child.pid)
        finally:
            child.kill()
            child.wait()


def start(command):
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def whole_run(command):
    """CPU milliseconds of a command that ends by itself."""
    child = start(command)
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    return (usage.ru_utime + usage.ru_stime) * 1e3


def peak_memory(command):
    """Peak memory in MB. Not ru_maxrss: that begins with what this program had when it forked."""
    child = start(command)
    status = Path(f"/proc/{child.pid}/status")
    peak = 0
    while child.poll() is None:
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        if lines["Name"].strip() == "smtpdx" and "VmHWM" in lines:
            peak = max(peak, int(lines["VmHWM"].split()[0]))
        time.sleep(0.01)
    return peak / 1024


def row(what, figure, unit, bar=None):
    beside = "" if bar is None else f"   {figure / bar:4.2f} of the bar, {bar} {unit}"
    print(f"  {what:52} {figure:7.2f} {unit}{beside}")


def main():
    program = str(Path(sys.argv[1]) / "src/command/smtpdx")
    first = statistics.median(until_first_packet(program) for _ in range(RUNS))
    nothing = statistics.median(whole_run(["/bin/true"]) for _ in range(RUNS))
    version = statistics.median(whole_run([program, "--version"]) for _ in range(RUNS))
    whole = statistics.median(whole_run([program, "simulate", "healthy", "-q"]) for _ in range(RUNS))
    # One port stays silent, so that the check still stands when all the rest has been seen.
    memory = peak_memory([program, "simulate", "port-587-blocked", "-q", "--timeout", "1"])
    print(f"start-up and memory, medians of {RUNS}")
    row("CPU of /bin/true", nothing, "ms")
    row("CPU of --version (load and link)", version, "ms")
    row("CPU until the first query leaves", first, "ms", FIRST_PACKET_BAR_MS)
    row("CPU of a whole check, practice server included", whole, "ms")
    row("peak memory of a whole check", memory, "MB", MEMORY_BAR_MB)
    return 0


if __name__ == "__main__":
    sys.exit(main())
