"""The leak check catches a planted leak: without this, 'no leak found' means nothing.

Arguments: the program that leaks, and a command that must not.
"""

import os
import subprocess
import sys


def run(command):
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1")
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def main():
    planted, *clean = sys.argv[1:]
    print("1..2")
    seen = run([planted])
    caught = seen.returncode != 0 and "LeakSanitizer" in seen.stderr and "123 byte" in seen.stderr
    print("ok 1 - a planted leak is caught" if caught else "not ok 1 - a planted leak is caught")
    whole = run(clean)
    fine = whole.returncode in (0, 1, 2) and "Sanitizer" not in whole.stderr
    print("ok 2 - a whole check leaks nothing" if fine else "not ok 2 - a whole check leaks nothing")
    if not fine:
        print("\n".join("# " + line for line in whole.stderr.splitlines()[:40]))
    return 0 if caught and fine else 1


sys.exit(main())
