"""Prints a date, in Unix seconds, that true time cannot be before: that of the sources.

usage: build_date.py SOURCE_ROOT

SOURCE_DATE_EPOCH where it is set, else the date of the last commit, so that a build can be
repeated; never later than the clock of the machine that builds.
"""
import os
import subprocess
import sys
import time


def commit_date(root):
    command = ["git", "-C", root, "-c", f"safe.directory={root}", "log", "-1", "--format=%ct"]
    try:
        return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


def main(root):
    now = int(time.time())
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    date = int(given) if given.isdigit() else commit_date(root)
    print(now if date is None else min(date, now))


if __name__ == "__main__":
    main(sys.argv[1])
