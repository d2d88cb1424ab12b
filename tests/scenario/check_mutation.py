"""Takes each rule out of the table in its turn: some named scenario must notice. Prints TAP.

usage: check_mutation.py SMTPDX MUTANT DIAGNOSE_C

Every scenario is played once and recorded; the records are then diagnosed without each of the rules.
A rule is caught by a scenario whose diagnosis is another one without it.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

AT_ONCE = 4
PATIENCE_S = 30
SHOWN = 3

# Rules that no scenario can reach, and what does.
EXCEPTIONS = {
    "rule_cert_revoked": "needs a revocation list: cases of check_diagnose",
}


def rules(source):
    """The names of the table, in its order."""
    text = pathlib.Path(source).read_text(encoding="utf-8")
    table = re.search(r"\brules\[\]\)\(struct draft \*d\) = \{(.*?)\};", text, re.S).group(1)
    return re.findall(r"\brule_\w+", table)


def run(*words):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S,
                          env=os.environ | {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"})


def record(program, folder, name):
    path = folder / name
    run(program, "simulate", name, "--format", "json", "--record", str(path))
    return path if path.exists() else None


def catches(mutant, paths):
    """(rule, scenario) for every rule without which that scenario's diagnosis is another one."""
    whole, found = {}, []
    done = run(mutant, *map(str, paths))
    if done.returncode != 0:
        sys.exit(done.stderr)
    for line in done.stdout.splitlines():
        path, rule, said = line.split(" ", 2)
        if int(rule) < 0:
            whole[path] = said
        elif said != whole[path]:
            found.append((int(rule), pathlib.Path(path).name))
    return found


def main(program, mutant, source):
    names = [line.split()[0] for line in run(program, "simulate", "--list").stdout.splitlines()]
    table = rules(source)

    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        paths = list(pool.map(lambda name: record(program, pathlib.Path(folder), name), names))
        lost = [name for name, path in zip(names, paths) if path is None]
        caught = catches(mutant, [path for path in paths if path is not None])
    print(f"1..{len(table) + 1}")
    print("not ok" if lost else "ok", 1, "-", "every scenario leaves a record", *lost)
    failed = bool(lost)
    for number, rule in enumerate(table):
        by = [name for index, name in caught if index == number]
        if by:
            more = f" and {len(by) - SHOWN} more" if len(by) > SHOWN else ""
            print("ok", number + 2, "-", f"{rule} is missed by {', '.join(by[:SHOWN])}{more}")
        elif rule in EXCEPTIONS:
            print("ok", number + 2, "-", rule, "# SKIP", EXCEPTIONS[rule])
        else:
            print("not ok", number + 2, "-", f"{rule} is missed by no scenario")
            failed = True
    for rule in sorted(set(EXCEPTIONS) - set(table)):
        print("# an exception for a rule that there is not:", rule)
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
