"""How long a check takes: beside its critical path, and where packets vanish, beside the usual tools."""

import json
import os
import shutil
import statistics
import subprocess
import time

import network

RUNS = 7
# DNS, TCP, greeting, EHLO, STARTTLS, TLS 1.3, EHLO: nothing that a client does can save one of them.
ROUND_TRIPS = 7
# Postfix adds a round trip of its own behind each handshake, so its bar is wider.
SERVERS = [
    ("Exim", "mail.exim.test", 1.15),
    ("Dovecot", "submission.dovecot.test", 1.15),
    ("Postfix", "smtp.gmail.com", 1.30),
]

# What the router swallows, 100 ms away, while all else works; and by when all of it must be told.
HOLES = [
    ("587 dropped", network.FAULTS["drop"].format(port=587)),
    ("IPv6 black-holed", *network.DEAD_IPV6),
]
HOLE_HOST, HOLE_BAR_S, HOLE_RUNS = "smtp.gmail.com", 2, 3
# The usual tools, as one would call them for port 587; none of them is waited for longer.
YARDSTICKS = [
    ["openssl", "s_client", "-starttls", "smtp", "-connect", f"{HOLE_HOST}:587"],
    ["gnutls-cli", "--starttls-proto=smtp", "--port=587", HOLE_HOST],
    ["swaks", "--server", f"{HOLE_HOST}:587", "-tls", "--quit-after", "EHLO"],
]
YARDSTICK_PATIENCE_S = 20


def run_once(lab, host, where):
    command = [str(lab.program), "-f", "json", "--ca-file", str(lab.ca_file), host]
    child = subprocess.Popen(network.inside(where, network.unprivileged(command)), stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    output = child.stdout.read()
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    return json.loads(output), usage


def round_trip(report):
    """The way there and back, as the handshakes of TCP took it in the same run."""
    return min(probe["timing_ms"]["connect"] for probe in report["probes"] if probe["timing_ms"].get("connect"))


def slowest(report):
    """The cell that ended last, and its parts."""
    cells = [probe for probe in report["probes"] if probe["outcome"] == "ok" and probe["tls"] != "none"]
    cell = max(cells, key=lambda probe: probe["timing_ms"]["total"])
    timing = cell["timing_ms"]
    rest = timing["total"] - timing["connect"] - timing["greeting"] - timing["tls"]
    return (f"{cell['port']} {cell['tls']}: DNS {report['dns']['duration_ms']:.0f}, connect {timing['connect']:.0f}, "
            f"greeting {timing['greeting']:.0f}, TLS {timing['tls']:.0f}, EHLO and STARTTLS {rest:.0f}")


def row(lab, name, host, where, bar):
    runs = [run_once(lab, host, where) for _ in range(RUNS)]
    reports = sorted((report for report, _ in runs), key=lambda report: report["duration_ms"])
    middle = reports[len(reports) // 2]
    rtt = statistics.median(round_trip(report) for report in reports)
    ratio = middle["duration_ms"] / (ROUND_TRIPS * rtt)
    processor = statistics.median((usage.ru_utime + usage.ru_stime) * 1e3 for _, usage in runs)
    judged = "" if bar is None else f"{ratio:5.2f} (bar {bar})"
    print(f"  {name:8} {middle['duration_ms']:8.1f} ms  round trip {rtt:6.2f} ms  {judged:17} "
          f"CPU {processor:5.1f} ms\n           {slowest(middle)}", flush=True)


def yardstick(lab, command):
    """What a tool takes until it ends; it trusts the lab as the check does, and has nothing to say to the server."""
    start = time.monotonic()
    try:
        subprocess.run(network.inside("distant", network.unprivileged(command)), stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=YARDSTICK_PATIENCE_S,
                       env={**os.environ, "SSL_CERT_FILE": str(lab.ca_file)})
    except subprocess.TimeoutExpired:
        return f"over {YARDSTICK_PATIENCE_S} s"
    return f"{time.monotonic() - start:.1f} s"


def hole(lab, name, *rules):
    tools = [command for command in YARDSTICKS if shutil.which(command[0])]
    with lab.network.fault(*rules):
        reports = [run_once(lab, HOLE_HOST, "distant")[0] for _ in range(HOLE_RUNS)]
        beside = [f"{command[0]} {yardstick(lab, command)}" for command in tools]
    report = sorted(reports, key=lambda report: report["duration_ms"])[HOLE_RUNS // 2]
    seconds = report["duration_ms"] / 1000
    found = ", ".join(finding["id"] for finding in report["findings"])
    print(f"  {name:18} {seconds:5.2f} s  {seconds / HOLE_BAR_S:5.2f} of the bar, {HOLE_BAR_S} s: {found}\n"
          f"{'':21}beside it: {'; '.join(beside) or 'no other tool is installed'}", flush=True)


def run_all(lab):
    print(f"the matrix beside {ROUND_TRIPS} round trips, 100 ms each; medians of {RUNS}")
    for name, host, bar in SERVERS:
        row(lab, name, host, "distant", bar)
    print("the matrix with no delay; there the processor decides, and a ratio to round trips says nothing")
    for name, host, _ in SERVERS:
        row(lab, name, host, "client", None)
    print(f"the full report where packets vanish, the rest 100 ms away; medians of {HOLE_RUNS}, "
          f"other tools for up to {YARDSTICK_PATIENCE_S} s")
    for name, *rules in HOLES:
        hole(lab, name, *rules)
    return 0
