#!/usr/bin/python3
"""Counts meson's test results: prints "PASSED FAILED SKIPPED" for one testlog.json.

A test that speaks TAP counts line by line, any other as one. No log, no test: all zero.
"""

import json
import re
import sys
from pathlib import Path

PLAN = re.compile(r"^1\.\.\d+", re.MULTILINE)
LINE = re.compile(r"^(ok|not ok)\b([^\n]*)", re.MULTILINE)


def count(test):
    """(passed, failed, skipped) of one test."""
    good = test["result"] in ("OK", "EXPECTEDFAIL")
    output = test.get("stdout") or ""
    lines = LINE.findall(output) if PLAN.search(output) else []
    if not lines:
        skipped = test["result"] == "SKIP"
        return int(good), int(not good and not skipped), int(skipped)
    failed = sum(verdict == "not ok" for verdict, _ in lines)
    skipped = sum(verdict == "ok" and re.search(r"#\s*skip", rest, re.IGNORECASE) is not None
                  for verdict, rest in lines)
    passed = len(lines) - failed - skipped
    # A test that crashed or ran out of time after its last line failed all the same.
    if failed == 0 and not good and test["result"] != "SKIP":
        failed = 1
    return passed, failed, skipped


def main():
    log = Path(sys.argv[1])
    totals = [0, 0, 0]
    for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else []:
        totals = [total + part for total, part in zip(totals, count(json.loads(line)))]
    print(*totals)


if __name__ == "__main__":
    main()
