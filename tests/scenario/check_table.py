"""Every finding, what raises it, and what looks alike and does not. Prints TAP, and the table as its comments.

usage: check_table.py FINDINGS_TOML SCENARIO_FOLDER DIAGNOSE_CASES

A finding that some rule raises needs a case that raises it and, for each finding that it must be told apart
from (`apart`), a case on either side: one finding is there and the other one is not. A case is a scenario,
whose findings check_scenarios.py compares exactly; where no scenario can show it, one of check_diagnose's.
"""
import pathlib
import re
import sys
import textwrap
import tomllib

import expectation

# What looks like a finding where no other finding does: a server that is healthy.
HEALTHY = {
    "dns.inconsistent": ["healthy-two-resolvers", "healthy-many-addresses"],
    "cert.expires-soon": ["healthy-days"],
    "cert.revoked": ["healthy-staple-forged", "healthy-ed25519"],
    "cert.bad-staple": ["healthy-staple", "healthy-ed25519"],
}
SHOWN = 3  # cases of check_diagnose: their names are sentences

STRINGS = r'((?:"(?:\\.|[^"\\])*"\s*)+)'
CASE = re.compile(r"\{\s*" + r",\s*".join([STRINGS] * 3) + r"\}")


def read_scenarios(folder):
    """name -> the findings that the scenario must raise, and no others"""
    return {path.stem: {finding for finding, _, _ in expectation.read(path).findings}
            for path in sorted(pathlib.Path(folder).glob("*.scn"))}


def read_cases(path):
    """Such pairs of the table of check_diagnose, whose third string is the whole diagnosis."""
    cases = []
    for says, _, diagnosis in CASE.findall(pathlib.Path(path).read_text(encoding="utf-8")):
        says, diagnosis = ("".join(re.findall(r'"((?:\\.|[^"\\])*)"', text)) for text in (says, diagnosis))
        cases.append((f'"{says}"', set(re.findall(r"(\S+)=(?:info|warning|critical)", diagnosis))))
    return cases


class Shelf:
    def __init__(self, scenarios, cases):
        self.scenarios, self.cases = scenarios, cases

    def with_and_without(self, there, absent=None):
        """The names of the cases where a finding is there and another is not: scenarios, or else unit cases."""
        def fits(findings):
            return there in findings and absent not in findings

        found = [name for name, findings in self.scenarios.items() if fits(findings)]
        if found:
            return found
        found = [name for name, findings in self.cases if fits(findings)]
        more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        return ["unit:", *found[:SHOWN], *more] if found else []


def show(label, names):
    print(textwrap.fill(" ".join(names) or "-", 110, initial_indent=f"#   {label:40}",
                        subsequent_indent=f"#   {'':40}", break_long_words=False, break_on_hyphens=False))


def judge(ident, finding, planned, shelf):
    """Prints the finding's part of the table; returns what it lacks."""
    lacks = []
    raised = shelf.with_and_without(ident)
    print(f"# {ident}")
    show("raised by", raised)
    if not raised:
        lacks.append("nothing raises it")
    for other in finding.get("apart", []):
        if other in planned:
            show(f"not raised, {other}", ["(no rule yet)"])
            continue
        without, instead = shelf.with_and_without(ident, other), shelf.with_and_without(other, ident)
        if without != raised:
            show(f"raised without {other}", without)
        show(f"not raised, {other}", instead)
        if not without:
            lacks.append(f"nothing raises it without {other}")
        if not instead:
            lacks.append(f"nothing raises {other} without it")
    for name in HEALTHY.get(ident, []):
        show("not raised, healthy", [name])
        if name not in shelf.scenarios or shelf.scenarios[name]:
            lacks.append(f"{name} is no healthy scenario")
    if not finding.get("apart") and ident not in HEALTHY:
        lacks.append("nothing is named that looks alike")
    return lacks


def main(findings, folder, cases):
    findings = tomllib.loads(pathlib.Path(findings).read_text(encoding="utf-8"))["findings"]
    planned = {ident for ident, finding in findings.items() if finding.get("planned")}
    shelf = Shelf(read_scenarios(folder), read_cases(cases))
    raised = [ident for ident in findings if ident not in planned]
    failed = False

    print(f"# {len(raised)} findings, {len(shelf.scenarios)} scenarios, {len(shelf.cases)} unit cases")
    print(f"1..{len(raised)}")
    for number, ident in enumerate(raised, 1):
        lacks = judge(ident, findings[ident], planned, shelf)
        print("not ok" if lacks else "ok", number, "-", f"{ident} is raised, and told apart from what looks alike")
        for lack in lacks:
            print("# lacking:", lack)
        failed = failed or bool(lacks)
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
