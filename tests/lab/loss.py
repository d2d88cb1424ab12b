"""Many runs over a line that loses packets: nothing that loss explains may be called a fault.

Each run has a client, a wire and a seed of its own, so that one of them can be
repeated: `lab.py loss --seed N`. Which packets get lost hangs on their order, so a
repeated run is alike rather than the same.
"""

import collections
import concurrent.futures
import json
import statistics
import subprocess
import sys
import time
import traceback

import cases
import network

SEEDS = range(1, 201)
AT_ONCE = 20
LOSS_PERCENT = 5
DELAY_MS = 50  # each way
# In turn. With one family, or one setting, a connection that is given up too early has no other to make up for it.
CALLS = [
    ["smtp.gmail.com"],
    ["mail.exim.test"],
    ["-4", "smtp.gmail.com"],
    ["-6", "mail.exim.test"],
    ["-4", "-p", "587", "--tls", "starttls", "mail.exim.test"],
    ["-4", "-p", "465", "--tls", "implicit", "smtp.gmail.com"],
]
# What may make a check turn to other hosts: so many attempts unanswered in a row, so long without a first word.
SUSPECT_ATTEMPTS, SUSPECT_MS = 3, 4000


def record_of(lab, seed):
    return lab.scratch / f"loss-{seed}.json"


def run_one(lab, seed):
    record = record_of(lab, seed)
    record.unlink(missing_ok=True)
    command = [str(lab.program), "-f", "json", "--lang", "en", "--ca-file", str(lab.ca_file), "--record", str(record),
               *CALLS[seed % len(CALLS)]]
    with lab.network.lossy_client(seed, DELAY_MS, LOSS_PERCENT) as where:
        start = time.monotonic()
        finished = subprocess.run(network.inside(where, network.unprivileged(command)), stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=cases.HANGS, cwd="/", env=cases.ENVIRONMENT)
        return cases.Run(command, time.monotonic() - start, finished)


def turns_elsewhere(run):
    return any(probe["role"] == "control" for probe in run.report["probes"])


def has_reason(lab, seed):
    """Some connection to the target looked as if it would fail."""
    probes = json.loads(record_of(lab, seed).read_text())["probes"]
    return any(probe["role"] == "target" and (probe.get("attempts", 1) >= SUSPECT_ATTEMPTS or
                                              probe["total_ms"] >= SUSPECT_MS) for probe in probes)


def judge(lab, seed):
    """The run, or None, and what is wrong with it, or an empty text."""
    try:
        run = run_one(lab, seed)
        run.is_sound()
        run.expect(not turns_elsewhere(run) or has_reason(lab, seed), "it turned to other hosts, for no reason")
    except cases.Differs as difference:
        return None, str(difference)
    except Exception:
        return None, traceback.format_exc()
    alarms = sorted(finding for finding, severity in run.severities().items() if severity != "info")
    return run, f"{' '.join(alarms)}\n{run.told()}" if alarms else ""


def tell(runs):
    """What was found how often, and how long it took."""
    found = collections.Counter((severity, finding) for run in runs for finding, severity in run.severities().items())
    failed = collections.Counter(
        (probe["outcome"], probe["stage"]) for run in runs for probe in run.report["probes"]
        if probe["outcome"] not in ("ok", "skipped"))
    seconds = sorted(run.report["duration_ms"] / 1000 for run in runs)
    print(f"# {len(runs)} runs, {LOSS_PERCENT} % of the packets lost, round trip {2 * DELAY_MS} ms")
    print(f"# seconds: half within {statistics.median(seconds):.2f}, nine of ten within "
          f"{seconds[len(seconds) * 9 // 10]:.2f}, all within {seconds[-1]:.2f}")
    print(f"# {sum(map(turns_elsewhere, runs))} runs turned to other hosts")
    for (severity, finding), count in sorted(found.items()):
        print(f"# {count:4} x {severity} {finding}")
    for (outcome, stage), count in sorted(failed.items()):
        print(f"# {count:4} connections: {outcome} at {stage}")


def run_all(lab, seeds):
    """Runs every seed; the exit status says whether all held."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        results = dict(zip(seeds, pool.map(lambda seed: judge(lab, seed), seeds)))
    wrong = {seed: story for seed, (_, story) in results.items() if story}
    runs = [run for run, _ in results.values() if run is not None]
    print("1..1")
    if runs:
        tell(runs)
    for seed, story in wrong.items():
        print(f"# seed {seed}: {story.splitlines()[0]}")
        print(f"seed {seed}: {story}\n", file=sys.stderr)
    print(f"{'not ok' if wrong else 'ok'} 1 - {len(results)} runs at {LOSS_PERCENT} % packet loss and "
          f"{2 * DELAY_MS} ms: no false alarm")
    return 1 if wrong else 0
