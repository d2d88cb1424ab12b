#!/usr/bin/env python3
"""Checks data/ and po/ and turns them into C tables and a message template.

    compile.py --data DIR --po FILE --out DIR     write the generated files
    compile.py --data DIR --pot FILE              write the template for translators
    compile.py --data DIR --po FILE               see whether all is translated, scenarios too

Every fault is one line on stderr, naming the file and the id; nothing is
written then, and the exit status is 1.
"""
import argparse
import pathlib
import sys

from tables import catalogue, client_texts, emit, read, replies, scenario
from tables.fault import Faults


def arguments():
    parser = argparse.ArgumentParser(description="compile data/ and po/ into C tables")
    parser.add_argument("--data", type=pathlib.Path, required=True, metavar="DIR")
    parser.add_argument("--po", type=pathlib.Path, metavar="FILE", help="the Japanese catalogue")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR", help="where the C files go")
    parser.add_argument("--pot", type=pathlib.Path, metavar="FILE", help="write the message template")
    args = parser.parse_args()
    if args.pot is None and args.po is None:
        parser.error("either --pot or --po")
    return args


def judge(args, texts, scenarios, faults):
    """A scenario that is new may wait for its Japanese, and is shown in English until then."""
    if args.out:
        return catalogue.japanese(args.po, texts, faults, scenarios)
    return catalogue.japanese(args.po, [*texts, *scenarios], faults)


def main():
    args = arguments()
    faults = Faults()
    knowledge = read.knowledge(args.data, faults)
    scenarios = scenario.texts(args.data)
    # Replies and a catalogue are judged against sound data alone: else each fault would show there again.
    answers = None if faults else replies.read(args.data, knowledge, faults)
    clients = None if faults else client_texts.read(args.data, knowledge, faults)
    japanese = judge(args, knowledge.texts, scenarios, faults) if args.po and not faults else {}
    if faults.report(sys.stderr):
        return 1
    if args.pot:
        args.pot.write_text(catalogue.template([*knowledge.texts, *scenarios]), encoding="utf-8")
    if args.out:
        files = {**emit.files(knowledge, japanese), **replies.files(answers), **client_texts.files(clients)}
        for name, content in files.items():
            (args.out / name).write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
