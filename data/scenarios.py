"""Turns data/scenarios/*.scn into the C table scenario_sources[] (simulate/scenario.h).

usage: scenarios.py OUT.c DEPENDENCIES JAPANESE.po FILE.scn...

The texts go in as they are; the program reads them when one is played, and a unit test reads them all. What
each is about goes in once more, in every language; where there is no Japanese, in English.
A scenario with a network of its own brings NAME.record.json (data/records.py makes it), which is shown
where that network is not permitted.
"""
import pathlib
import re
import sys

from tables import catalogue, scenario
from tables.emit import c_string
from tables.fault import Faults


def c_bytes(data):
    """An array initialiser rather than a literal: no limit on its length, no escape to get wrong."""
    lines = []
    for at in range(0, len(data), 24):
        lines.append("    " + " ".join(f"{byte}," for byte in data[at:at + 24]))
    return "\n".join(lines)


def record_path(path):
    return path.with_suffix(".record.json")


def record_of(path):
    """The record that lies beside a scenario, b"" for none."""
    beside = record_path(path)
    return beside.read_bytes() if beside.exists() else b""  # one that is missing fails a test, not the build


def translated(po, abouts):
    """{id: Japanese} of those that have one which is still true of the English."""
    named = {about.ident: about for about in abouts}
    return {m.context: m.msgstr for m in catalogue.read_messages(po, po.name, Faults())
            if m.context in named and m.msgid == named[m.context].english and m.msgstr and not m.fuzzy}


def main(out, dependencies, po, paths):
    texts, records = {}, {}
    for path in map(pathlib.Path, paths):
        name = path.stem
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
            sys.exit(f"{path}: name: lower-case letters, digits and dashes")
        data = path.read_bytes()
        if not data.isascii() or b"\0" in data:
            sys.exit(f"{path}: a byte that is not ASCII text: write \\xNN")
        texts[name] = data
        records[name] = record_of(path)

    for folder in {path.parent for path in map(pathlib.Path, paths)}:
        for path in folder.glob("*.scn"):
            if path.stem not in texts:
                sys.exit(f"{path}: not listed in src/simulate/meson.build")

    abouts = {path.stem: scenario.text(path) for path in map(pathlib.Path, paths)}
    japanese = translated(pathlib.Path(po), abouts.values())
    lines = ["/* Made from data/scenarios/ by data/scenarios.py. */", '#include "simulate/scenario.h"', ""]
    ordered = sorted(texts)
    for at, name in enumerate(ordered):
        lines += [f"/* {name} */", f"static const char text_{at}[] = {{", c_bytes(texts[name] + b"\0"), "};", ""]
        if records[name]:
            lines += [f"static const char record_{at}[] = {{", c_bytes(records[name] + b"\0"), "};", ""]
    lines.append("const struct scenario_source scenario_sources[] = {")
    for at, name in enumerate(ordered):
        english = abouts[name].english
        lines += [f'    {{ "{name}", text_{at}, {f"record_{at}" if records[name] else "NULL"}, {{',
                  f"        [LANGUAGE_EN] = {c_string(english)},",
                  f"        [LANGUAGE_JA] = {c_string(japanese.get(abouts[name].ident, english))},", "    } },"]
    lines += ["};", f"const size_t scenario_sources_count = {len(ordered)};", ""]
    pathlib.Path(out).write_text("\n".join(lines), encoding="utf-8")
    beside = [str(record) for record in map(record_path, map(pathlib.Path, paths)) if record.exists()]
    pathlib.Path(dependencies).write_text(f"{out}: {' '.join(beside)}\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:4], sys.argv[4:])
