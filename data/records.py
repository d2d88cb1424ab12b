"""Makes data/scenarios/NAME.record.json: runs of the scenarios that need a network of their own.

usage: records.py SMTPDX [NAME...]

They are shown where a system permits no such network. To be made again when the evidence gets new facts;
the next build takes them in.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).parent / "scenarios"


def make(program, path):
    with tempfile.TemporaryDirectory() as folder:
        record = pathlib.Path(folder) / "record"
        done = subprocess.run([program, "simulate", "--file", str(path), "--lang", "en", "--format", "json",
                               "--record", str(record)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
        if not record.exists():
            sys.exit(f"{path}: no record: {done.stderr}")
        text = record.read_text(encoding="utf-8")
    compact = json.dumps(json.loads(text), separators=(",", ":"))
    path.with_suffix(".record.json").write_text(f"{compact}\n", encoding="ascii")
    path.touch()  # the build knows of no record that has not been there


def main(program, *names):
    for path in sorted(FOLDER.glob("*.scn")):
        needed = re.search(r"^net\b", path.read_text(encoding="ascii"), re.M) is not None
        if needed and (not names or path.stem in names):
            make(program, path)
        elif not needed:
            path.with_suffix(".record.json").unlink(missing_ok=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
