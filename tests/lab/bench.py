"""The matrix against its critical path: real servers, with and without a long way to them."""

import json
import os
import statistics
import subprocess

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


def run_all(lab):
    print(f"the matrix beside {ROUND_TRIPS} round trips, 100 ms each; medians of {RUNS}")
    for name, host, bar in SERVERS:
        row(lab, name, host, "distant", bar)
    print("the matrix with no delay; there the processor decides, and a ratio to round trips says nothing")
    for name, host, _ in SERVERS:
        row(lab, name, host, "client", None)
    return 0
