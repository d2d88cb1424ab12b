"""Plays every scenario of the program and compares what it finds with what the file says. Prints TAP.

What needs a network of its own is also shown from the record that is kept with the program, where the same
must be found; and from that alone where this system permits no such network.

usage: check_scenarios.py SMTPDX SCENARIO_FOLDER REPORT_SCHEMA [NAME...]
"""
import concurrent.futures
import ipaddress
import json
import os
import pathlib
import re
import subprocess
import sys

import expectation
from served import complaints

try:
    import jsonschema
except ImportError:
    jsonschema = None

AT_ONCE = 4
RECORDED = re.compile(r"smtpdx: .*shown from a record")
PATIENCE_S = 40


def run(program, *words):
    return subprocess.run([program, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=PATIENCE_S, env=os.environ | {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"})


# This machine (0.0.0.0 is a way to say so, too), and the networks of examples that a network of its own is made
# of (RFC 5737, RFC 3849).
HERE = [ipaddress.ip_network(text) for text in
        ("127.0.0.0/8", "0.0.0.0/32", "::1/128", "::/128", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",
         "2001:db8::/32")]


def is_here(address):
    ip = ipaddress.ip_address(address.split("%")[0])
    return any(ip in network for network in HERE)


def strangers(report):
    return [p["address"] for p in report["probes"] if p["address"] and not is_here(p["address"])]


def is_networked(path):
    return re.search(r"^net\b", path.read_text(encoding="ascii"), re.M) is not None


def check(program, folder, schema, steps, name, *options):
    try:
        done = run(program, "simulate", name, "--format", "json", "--lang", "en", *options)
    except subprocess.TimeoutExpired:
        return [f"not over after {PATIENCE_S} s"]
    try:
        report = json.loads(done.stdout)
    except ValueError as error:
        return [f"no JSON: {error}", f"exit status {done.returncode}", *done.stderr.splitlines()[-5:]]
    found = []
    if jsonschema is not None:
        found += [f"schema: {error.json_path}: {error.message}"
                  for error in jsonschema.Draft202012Validator(schema).iter_errors(report)]
    if found:
        return found
    want = expectation.read(folder / f"{name}.scn")
    found += expectation.differences(want, steps, report, done.returncode)
    if "--transcript" in options:
        found += expectation.differences_of_mail(want, done.stderr)
    found += [f"the program strayed: {line}" for line in complaints(done.stderr) if not RECORDED.match(line)]
    found += [f"contacted {address}" for address in strangers(report)]
    return found


def main(program, folder, schema, *only):
    folder = pathlib.Path(folder)
    steps = expectation.read_steps(folder.parent / "findings.toml")
    schema = json.loads(pathlib.Path(schema).read_text(encoding="utf-8"))
    names = [line.split()[0] for line in run(program, "simulate", "--list").stdout.splitlines()]
    names = [name for name in names if not only or name in only]
    runs = [(name, "--transcript") for name in names]
    runs += [(name, "--recorded") for name in names if is_networked(folder / f"{name}.scn")]

    print(f"1..{len(runs)}", flush=True)
    if not names:
        sys.exit("no scenario is listed")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        results = pool.map(lambda words: check(program, folder, schema, steps, *words), runs)
        for number, (words, found) in enumerate(zip(runs, results), 1):
            print("ok" if not found else "not ok", number, "-", *words)
            for line in found:
                print("#", line)
            failed += bool(found)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
