#!/usr/bin/env python3
"""Shows that a record keeps every field of the Evidence and of the Plan.

    check_record.py MODEL_DIR

Each field of each structure in evidence.h, plan.h and token.h must be named in
evidence_json.c or plan_json.c, as must be every enumeration whose words it needs. Prints TAP.
"""
import pathlib
import re
import sys

# What is no part of what was seen: where it lies in memory.
LEFT_OUT = {"arena"}

COMMENT = re.compile(r"/\*.*?\*/", re.S)
STRUCT = re.compile(r"^struct (\w+) \{\n(.*?)^\};", re.S | re.M)
FIELD = re.compile(r"(\w+)(?:\[\w+\])*;")


def fields(header):
    """(structure, field) for every field that the header defines."""
    text = COMMENT.sub("", header.read_text(encoding="utf-8"))
    return [(name, field) for name, body in STRUCT.findall(text) for field in FIELD.findall(body)]


def main():
    model = pathlib.Path(sys.argv[1])
    kept = {field for source in ("evidence_json.c", "plan_json.c")
            for field in re.findall(r"(?:->|\.)(\w+)", (model / source).read_text(encoding="utf-8"))}
    wanted = [f for name in ("plan.h", "evidence.h", "token.h") for f in fields(model / name) if f[1] not in LEFT_OUT]
    failed = len(wanted) < 100      # the headers were not understood
    print(f"1..{len(wanted)}")
    for number, (struct, field) in enumerate(wanted, 1):
        ok = field in kept
        failed = failed or not ok
        print(f"{'ok' if ok else 'not ok'} {number} - the {field} of struct {struct} is kept")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
