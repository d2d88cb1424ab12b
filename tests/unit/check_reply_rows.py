#!/usr/bin/env python3
"""Shows that every reply of replies.tsv is told to be what it is.

    check_reply_rows.py CLASSIFY REPLIES_TSV

Each is asked at its stage and as a line from nowhere. A reply that cannot be
told from itself alone has a note in the last column that says why; where it is
told all the same, the note is out of date. Prints TAP.
"""
import collections
import subprocess
import sys

Reply = collections.namedtuple("Reply", "origin provider stage code enhanced text meaning note")


def read(path):
    with open(path, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines if not line.startswith("#")]
    return [Reply(*row, *[""] * (len(Reply._fields) - len(row))) for row in rows]


def classify(program, questions):
    asked = "".join("\t".join(q) + "\n" for q in questions)
    run = subprocess.run([program], input=asked, capture_output=True, text=True, timeout=60, check=True)
    return [line.split("\t") for line in run.stdout.splitlines()]


def label(reply):
    return f"{reply.origin}, {reply.provider}: {reply.code} {reply.enhanced} at {reply.stage}: {reply.text}"


def judge(reply, told, pasted):
    """Why the case fails, as lines; none where it holds."""
    if reply.note:
        return ["it has a note, and is told"] if told[0] == reply.meaning else []
    wrong = []
    if told[0] != reply.meaning:
        wrong.append(f"it is {reply.meaning}, and told to be {' '.join(told)}")
    if told[0] != "info.normal" and told[1] == "-":
        wrong.append("it leads to no finding")
    if reply.meaning not in [pasted[0], *pasted[3:]]:
        wrong.append(f"as a line from nowhere it is told to be {' '.join(pasted)}")
    return wrong


def main():
    program, path = sys.argv[1:]
    replies = read(path)
    told = classify(program, [(r.provider, r.stage, r.code, r.enhanced, r.text) for r in replies])
    pasted = classify(program, [(r.provider, "-", r.code, r.enhanced, r.text) for r in replies])
    print(f"1..{len(replies)}")
    failed = False
    for number, (reply, answer, other) in enumerate(zip(replies, told, pasted, strict=True), 1):
        wrong = judge(reply, answer, other)
        failed = failed or bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {number} - {label(reply)}")
        for line in wrong:
            print(f"# {line}")
    fits = sum(answer[0] == reply.meaning for reply, answer in zip(replies, told, strict=True))
    nowhere = sum(answer[0] == reply.meaning for reply, answer in zip(replies, pasted, strict=True))
    print(f"# {fits} of {len(replies)} replies are told to be what they are at their stage, {nowhere} without it, "
          f"{sum(bool(r.note) for r in replies)} cannot be told alone")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
