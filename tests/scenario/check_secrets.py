"""No secret leaves the program but inside TLS, whatever the scenario; a planted leak of each kind is caught. TAP.

Every scenario is played under the watch, and what it recorded is shown once more in other formats. A scenario that
signs in has a secret of its own; the others are given one that none of their servers asks for.

usage: check_secrets.py SMTPDX SCENARIO_FOLDER [NAME...]
       check_secrets.py --watched SMTPDX SCENARIO_FOLDER NAME   (inside: one of them, or all that is planted)
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import watch

AT_ONCE = 4
PATIENCE_S = 60
TRIES = 5
HERE = pathlib.Path(__file__)
PLANTED = "planted"
# Blanks and letters that are written otherwise in one format or another.
DUMMY = 'so & <secret> "ü" that none asks for'.encode()
# A name, so that it can go where a secret must not.
NAME = b"a-secret-and-a-name.example.test"
# What each way of planted.py must be seen as, and where.
CAUGHT = {
    "nothing": None,
    "tls": None,
    "clear": "the secret stands sent from",
    "base64-0": "the secret in base64 stands sent from",
    "base64-1": "the secret in base64 stands sent from",
    "base64-2": "the secret in base64 stands sent from",
    "datagram": "the secret stands in a packet",
    "output": "the secret in base64 stands on standard output",
    "complaint": "the secret stands on standard error",
    "part": "a part of the secret stands on standard output",
    "record": "the secret, percent-encoded stands in record.json",
    "command-line": "the secret stands in a command line",
    "environment": "the secret stands in an environment",
}
USUAL = {**os.environ, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


def own_secret(scenario):
    """What the file gives the check to sign in with; None where it gives nothing."""
    found = re.search(r"^secret +(?:password|token) +(.*)$", scenario.read_text(encoding="ascii"), re.M)
    return found and re.sub(rb"\\x([0-9a-fA-F]{2})", lambda code: bytes([int(code[1], 16)]), found[1].encode())


def watched(*words, **more):
    """A network that the program makes may be in use before it is seen, on a busy machine: then once more."""
    for _ in range(TRIES):
        run = watch.Watched([str(word) for word in words], seconds=PATIENCE_S, env=USUAL, **more)
        if run.whole():
            break
    return run


def play(program, scenario, folder):
    """Lines that tell what is wrong, and whether the server was spoken to about a sign-in."""
    record, password = folder / "record.json", folder / "password"
    secret = own_secret(scenario)
    signing_in = ()
    if secret is None:
        secret = DUMMY
        password.write_bytes(secret)
        signing_in = ("--user", "watched@example.test", "--password-file", password)
    if len(secret) < watch.SECRET_MIN:
        return ["# too short a secret to be looked for"], False
    run = watched(program, "simulate", scenario.stem, "--format", "json", "--lang", "en", "--transcript", "--record",
                  record, *signing_in, files=[record])
    found = run.leaks(secret)
    if run.status not in (0, 1, 2):
        found += [f"exit status {run.status}", *run.complaint.decode(errors="replace").splitlines()[-3:]]
    if not run.whole():
        found.append("not all of it was seen")
    for words in (("text", "-v"), ("html",), ("text", "--lang", "ja")) if record.exists() else ():
        shown = watched(program, "replay", record, "--format", *words)
        found += [f"replay as {words[0]}: {line}" for line in shown.leaks(secret)]
    return found, re.search(rb" C AUTH ", run.complaint) is not None


def plant(program, folder):
    """Lines that tell which planted leak was not caught as what it is."""
    file, record = folder / "secret", folder / "record.json"
    found = []
    for way, wanted in CAUGHT.items():
        file.write_bytes(DUMMY)
        run = watched(sys.executable, "-B", HERE.with_name("planted.py"), way, file, record, files=[record])
        seen = run.leaks(DUMMY)
        record.unlink(missing_ok=True)
        if run.status != 0 or not run.whole():
            found.append(f"{way}: exit status {run.status}, {run.complaint.decode(errors='replace')}")
        if (wanted is None and seen) or (wanted is not None and not any(line.startswith(wanted) for line in seen)):
            found.append(f"{way}: wanted {wanted}, got {seen}")
    # The program itself says its own name in the clear, and keeps it.
    file.write_bytes(NAME)
    run = watched(program, "simulate", "healthy", "--format", "json", "--ehlo", NAME.decode(), "--record", record,
                  files=[record])
    for wanted in ("the secret stands sent from 127.0.0.1", "the secret stands in record.json",
                   "the secret stands in a command line"):
        if not any(line.startswith(wanted) for line in run.leaks(NAME)):
            found.append(f"the program: wanted {wanted}, got {run.leaks(NAME)}")
    return found


def inside(program, folder, name):
    """In a namespace of its own: says what is wrong, and at last whether there was a sign-in."""
    watch.connect_loopback()
    with tempfile.TemporaryDirectory() as own:
        own = pathlib.Path(own)
        found, signed = (plant(program, own), False) if name == PLANTED else \
            play(program, pathlib.Path(folder) / f"{name}.scn", own)
    print(*found, "signed in" if signed else "no sign-in", sep="\n")
    return 0


def main(program, folder, *only):
    listed = subprocess.run([program, "simulate", "--list"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            env=USUAL, check=True).stdout
    names = [line.split()[0] for line in listed.splitlines()]
    names = [PLANTED, *(name for name in names if not only or name in only)]
    try:
        walls = watch.alone([sys.executable, "-B", str(HERE), "--watched", program, folder])
    except watch.Unavailable as reason:
        print(f"1..0 # SKIP {reason}")
        return 0

    def one(name):
        run = subprocess.run([*walls, name], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return run.stdout.splitlines() if run.returncode == 0 else [*run.stderr.splitlines()[-8:], "no sign-in"]

    print(f"1..{len(names) + 1}", flush=True)
    failed, signed_in, to_sign_in = 0, 0, 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for number, (name, (*found, last)) in enumerate(zip(names, pool.map(one, names)), 1):
            wrong = [line for line in found if line and not line.startswith("#")]
            print("not ok" if wrong else "ok", number, "-", name, flush=True)
            for line in found:
                print("#", line)
            failed += bool(wrong)
            if name != PLANTED and own_secret(pathlib.Path(folder) / f"{name}.scn") is not None:
                to_sign_in += 1
                signed_in += last == "signed in"
    # Where nothing was ever sent, that nothing was seen means nothing.
    vacuous = to_sign_in > 0 and signed_in == 0
    print("not ok" if vacuous else "ok", len(names) + 1, "-", f"{signed_in} of {to_sign_in} that have a secret sent it")
    return failed + vacuous != 0


if __name__ == "__main__":
    if sys.argv[1] == "--watched":
        sys.exit(inside(*sys.argv[2:]))
    sys.exit(main(*sys.argv[1:]))
