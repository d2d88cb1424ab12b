"""What `smtpdx explain` says of the texts of programs, of replies, and of whole logs. Prints TAP.

usage: check_explain.py SMTPDX FOLDER REPLIES.TSV
"""
import base64
import json
import pathlib
import sys

import user


def explain(program, text, *words, status=None):
    result = user.run(program, "explain", *words, "-f", "json", "--lang", "en", "--", text)
    user.equal("", result.err, f"stderr for {text[:80]!r}")
    found = json.loads(result.out)
    user.equal(3 if found["primary"] is None else 0, result.status, f"exit status for {text[:80]!r}")
    if status is not None:
        user.equal(status, result.status, f"exit status for {text[:80]!r}")
    return found


def rows(path):
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def main(program, folder, replies):
    for program_name, text, findings, *note in rows(pathlib.Path(folder) / "client-texts.tsv"):
        x = explain(program, text)
        got = x["primary"]
        ok = (got is None) if findings == "-" else got in findings.split("|")
        if not ok:
            print("BAD", program_name, "##", text, "## want", findings, "got", [(f["id"], f["confidence"]) for f in x["findings"]])


main(*sys.argv[1:])
