"""Runs the program with its clock moved, against practice servers whose clocks are right. Prints TAP.

usage: check_faketime.py SMTPDX PRACTICE FAKETIME
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PATIENCE_S = 20
# The certificates end within days: that they end soon is another matter.
TARGET = "target mail.example.test\noptions --warn-days 0\n"
GOOD = TARGET + "cert default since=-1 days=1\n"
ENDED = TARGET + "cert default since=-90 days=-5\n"

CASES = [
    ("two days ahead, a good server", GOOD, "+2d", [("clock.wrong", "critical")]),
    ("two days behind, a good server", GOOD, "-2d", [("clock.wrong", "critical")]),
    ("a right clock, a good server", GOOD, "+0d", []),
    ("a right clock, a certificate that has ended", ENDED, "+0d", [("cert.expired", "critical")]),
    ("both at once", ENDED, "+2d", [("cert.expired", "critical"), ("clock.wrong", "warning")]),
    ("behind, and a certificate that has ended", ENDED, "-6d",
     [("cert.expired", "critical"), ("clock.wrong", "critical")]),
    ("a minute behind", GOOD, "-60", [("clock.drifting", "warning")]),
    ("as if the battery were empty", GOOD, "@2001-01-01 00:00:00", [("clock.wrong", "critical")]),
]


class Practice:
    """The players, in a process whose clock is right."""

    def __init__(self, program, folder, scenario):
        self.root = folder / "root.pem"
        source = folder / "moved.scn"
        source.write_text(scenario, encoding="utf-8")
        self.process = subprocess.Popen([program, source, self.root], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def words(self):
        """What the check is told, its target last."""
        words, target = [], None
        for line in iter(self.process.stdout.readline, "\n"):
            name, _, value = line.rstrip("\n").partition(" ")
            if name == "target":
                target = value
            elif name == "ca-file":
                words += ["--ca-file", str(self.root)]
            else:
                words += [f"--{name}", value] if value else [f"--{name}"]
        return [*words, target]

    def end(self):
        self.process.communicate("", timeout=PATIENCE_S)


def check(smtpdx, practice, faketime, scenario, moved):
    environment = os.environ | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
    environment["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    with tempfile.TemporaryDirectory() as folder:
        players = Practice(practice, pathlib.Path(folder), scenario)
        try:
            done = subprocess.run([faketime, "-f", moved, smtpdx, "--format", "json", *players.words()],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=PATIENCE_S, env=environment, check=False)
        finally:
            players.end()
    try:
        return [(f["id"], f["severity"]) for f in json.loads(done.stdout)["findings"]]
    except ValueError:
        return [f"exit status {done.returncode}: {done.stderr[-500:]}"]


def main(smtpdx, practice, faketime):
    failed = 0
    print(f"1..{len(CASES)}", flush=True)
    for number, (name, scenario, moved, wanted) in enumerate(CASES, 1):
        got = check(smtpdx, practice, faketime, scenario, moved)
        print("ok" if got == wanted else "not ok", number, "-", name, flush=True)
        if got != wanted:
            failed += 1
            print(f"# wanted {wanted}, got {got}")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
