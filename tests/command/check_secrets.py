"""Where the secret of a sign-in comes from, and that nobody sees it there or later. Prints TAP.

usage: check_secrets.py SMTPDX
"""
import base64
import contextlib
import json
import os
import pathlib
import pty
import select
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
import urllib.parse

import user

NAME = "me@example.test"
PASSWORD = "correct horse, battery"
TOKEN = "ya29.a0-Token_of~no/one+"
SCENARIO = f"""about signs in
target mail.example.test
options --user {NAME}
account {NAME} {PASSWORD}
token {NAME} {TOKEN}
port 25 refused
port 465 refused
port 587 submission
on tls EHLO server 250-mail.example.test / 250 AUTH PLAIN XOAUTH2
"""
SLOW = SCENARIO + "on connect at 400 server 220 mail.example.test ESMTP\n"
PROMPT = {"en": f"Password for {NAME}: ", "ja": f"{NAME} のパスワード： "}


def sights(secret):
    """What of it must not be seen anywhere: plain, in base64 wherever it stands in a message, in a URL."""
    raw = secret if isinstance(secret, bytes) else secret.encode()
    found = {raw, urllib.parse.quote_from_bytes(raw, safe="").encode()}
    for before in range(3):
        coded = base64.b64encode(b"x" * before + raw)
        found.add(coded[(8 * before + 5) // 6:8 * (before + len(raw)) // 6])
    return found


def unseen(secret, where, what):
    where = where if isinstance(where, bytes) else where.encode()
    for sight in sights(secret):
        user.expect(sight not in where, f"the secret stands in {what}: {where!r}")


class World:
    """A scenario that knows who may sign in, and what became of the sign-in."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.scenario = folder / "sign-in.scn"
        self.scenario.write_text(SCENARIO, encoding="utf-8")
        self.slow = folder / "slow.scn"
        self.slow.write_text(SLOW, encoding="utf-8")
        self.count = 0

    def path(self, secret, mode=0o600):
        """A new file that holds it."""
        self.count += 1
        path = self.folder / f"secret-{self.count}"
        path.write_bytes(secret if isinstance(secret, bytes) else secret.encode())
        path.chmod(mode)
        return path

    def run(self, *words, scenario=None, **how):
        """Without a terminal of its own, whoever runs the test."""
        return user.run(self.program, "simulate", f"--file={scenario or self.scenario}", *map(str, words),
                        **{"start_new_session": True} | how)

    def errand(self, *words, secret=PASSWORD, noise="", **how):
        """What signing in came to; the secret is nowhere."""
        record = self.folder / "record.json"
        result = self.run(*words, f"--record={record}", "--transcript", **how)
        written = record.read_text(encoding="utf-8")
        user.expect(result.status in (0, 2), f"exit status {result.status}: {result.err}")
        user.expect(noise in result.err, f"{noise!r} is not in {result.err!r}")
        for what, text in (("stdout", result.out), ("stderr", result.err), ("the record", written)):
            unseen(secret, text, what)
        return json.loads(written)["errand"][0]

    def accepted(self, *words, **how):
        errand = self.errand(*words, **how)
        user.expect(errand["sign_in"]["accepted"], f"not signed in: {errand}")
        return errand["sign_in"]

    def form(self, *words, **how):
        """What was told of the secret's form."""
        errand = self.errand(*words, **how)
        user.expect(errand["sign_in"]["begun"], f"{errand}")
        return {name for name, is_so in errand["sign_in"]["form"].items() if is_so}

    def refused(self, *words, parts=(), **how):
        user.line_of_refusal(self.run(*words, **how), *parts)


# ---- terminals ------------------------------------------------------------------------------

class Terminal:
    """The program at a terminal of its own, in front of a shell that knows job control."""

    def __init__(self, *command, env=None, stdout=None):
        self.shown = b""
        self.shell, self.ours = pty.fork()
        if self.shell == 0:
            os._exit(self.be_shell([str(word) for word in command], env or user.environment(), stdout))

    @staticmethod
    def be_shell(command, env, stdout):
        """Runs it in front; continues it once where it stops; the exit status, 200 + N for a signal N."""
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        program = os.fork()
        if program == 0:
            os.setpgid(0, 0)
            os.tcsetpgrp(0, os.getpid())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            if stdout is not None:
                os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT, 0o600), 1)
            os.execve(command[0], command, env)
        status = os.waitpid(program, os.WUNTRACED)[1]
        if os.WIFSTOPPED(status):
            os.tcsetpgrp(0, os.getpid())
            os.write(2, b"[stopped]")
            os.read(0, 1)
            os.tcsetpgrp(0, program)
            os.killpg(program, signal.SIGCONT)
            status = os.waitpid(program, 0)[1]
        return 200 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.shell, signal.SIGKILL)
        os.close(self.ours)

    def read(self, enough):
        deadline = time.monotonic() + user.PATIENCE_S
        while not enough():
            ready = select.select([self.ours], [], [], max(deadline - time.monotonic(), 0))[0]
            user.expect(ready, f"not over after {user.PATIENCE_S} s: {self.shown!r}")
            try:
                got = os.read(self.ours, 65536)
            except OSError:  # Linux says EIO once the other side is closed
                got = b""
            if not got:
                return
            self.shown += got

    def wait_for(self, text, times=1):
        text = text.encode()
        self.read(lambda: self.shown.count(text) >= times)
        user.expect(self.shown.count(text) >= times, f"{text!r} was not shown: {self.shown!r}")

    def type(self, text):
        os.write(self.ours, text if isinstance(text, bytes) else text.encode())

    def modes(self):
        """Of the terminal, as the program sees it."""
        return termios.tcgetattr(self.ours)[:4]

    def echoes(self):
        return bool(self.modes()[3] & termios.ECHO)

    def front(self):
        """The process in front."""
        return os.tcgetpgrp(self.ours)

    def end(self):
        """The exit status, when all was read."""
        modes = None
        self.read(lambda: False)
        with contextlib.suppress(termios.error):
            modes = self.modes()
        status = os.waitstatus_to_exitcode(os.waitpid(self.shell, 0)[1])
        return status, modes


def sources(w, case):
    @case("a file's bytes are the secret, but for one line end")
    def _():
        for ending in ("", "\n", "\r\n"):
            w.accepted(f"--password-file={w.path(PASSWORD + ending)}")
        user.equal({"line_end"}, w.form(f"--password-file={w.path(PASSWORD + chr(10) * 2)}"), "form")
        user.equal({"line_end"}, w.form(f"--password-file={w.path(PASSWORD + chr(13))}"), "form")
        user.equal({"blank_at_end"}, w.form(f"--password-file={w.path(PASSWORD + ' ')}"), "form")
        user.equal({"blank_at_start"}, w.form(f"--password-file={w.path(chr(9) + PASSWORD)}"), "form")
        user.equal({"non_ascii", "invisible"}, w.form(f"--password-file={w.path(chr(0xfeff) + PASSWORD)}"), "form")
        latin = b"k\xe4se-latin1"
        user.equal({"non_ascii"}, w.form(f"--password-file={w.path(latin)}", secret=latin), "form")
        user.equal({"app_password_groups"},
                   w.form(f"--password-file={w.path('abcd efgh ijkl mnop')}", secret="abcd efgh ijkl mnop"), "form")

    @case("standard input is a file too, and so are a pipe of a shell and one with a name")
    def _():
        w.accepted("--password-file=-", stdin=open(w.path(PASSWORD), "rb"))
        result = user.shell(f"printf %s {user.quoted(PASSWORD)} | "
                            + user.quoted(w.program, "simulate", f"--file={w.scenario}", "--password-file=-",
                                          "--transcript"), start_new_session=True)
        user.expect("235 " in result.err, result.err)
        ours, theirs = os.pipe()
        os.write(theirs, PASSWORD.encode())
        os.close(theirs)
        w.accepted(f"--password-file=/dev/fd/{ours}", pass_fds=[ours])
        os.close(ours)
        pipe = w.folder / "pipe"
        os.mkfifo(pipe, 0o600)

        def write_late():
            time.sleep(0.3)  # the program is waiting for a writer by then, or will find one
            with open(pipe, "wb") as writer:
                writer.write(PASSWORD.encode()[:5])
                writer.flush()
                time.sleep(0.05)
                writer.write(PASSWORD.encode()[5:] + b"\n")
        writer = threading.Thread(target=write_late)
        writer.start()
        w.accepted(f"--password-file={pipe}")
        writer.join()

    @case("Ctrl-C ends the waiting for a pipe, with 130")
    def _():
        pipe = w.folder / "mute"
        os.mkfifo(pipe, 0o600)
        with subprocess.Popen([w.program, "simulate", f"--file={w.scenario}", f"--password-file={pipe}"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=user.environment(), start_new_session=True) as process:
            opened = lambda: os.fspath(pipe) in [os.readlink(fd) for fd in
                                                 pathlib.Path(f"/proc/{process.pid}/fd").iterdir()]
            wait_for_quietly(opened, "the pipe opened")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=user.PATIENCE_S)
        user.equal((130, b"", b""), (process.returncode, out, err), "exit status, stdout, stderr")

    @case("a command's output is the secret, but for one line end")
    def _():
        w.accepted(f"--password-command=cat {w.path(PASSWORD + chr(10))}")
        user.equal({"blank_at_end"}, w.form(f"--password-command=cat {w.path(PASSWORD + ' ' + chr(10))}"), "form")

    @case("what a command says on stderr is shown, and its standard input is the program's")
    def _():
        w.accepted("--password-command=echo asking the keyring >&2; cat", stdin=open(w.path(PASSWORD), "rb"),
                   noise="asking the keyring\n")

    @case("a command that fails is told by name and status, and not shown")
    def _():
        for command, parts in ((f"echo {PASSWORD}; exit 9", ["--password-command", "9"]),
                               (f": {PASSWORD}; kill -15 $$", ["--password-command", "15"])):
            result = w.run(f"--password-command={command}")
            user.line_of_refusal(result, *parts)
            unseen(PASSWORD, result.err, "the refusal")

    @case("a command gets no descriptor of the program's")
    def _():
        listed = w.folder / "descriptors"
        w.accepted(f"--password-command=ls /proc/self/fd > {listed}; cat {w.path(PASSWORD)}", close_fds=True)
        user.equal(["0", "1", "2", "3"], listed.read_text(encoding="ascii").split(), "descriptors, one of them ls's own")

    @case("a token comes from a file and from a command as a password does")
    def _():
        for words in ([f"--token-file={w.path(TOKEN + chr(10))}"], [f"--token-command=cat {w.path(TOKEN)}"],
                      [f"--token-file={w.path(TOKEN)}", "--auth=xoauth2"]):
            sign_in = w.accepted(*words, secret=TOKEN)
            user.equal(("token", "XOAUTH2", False),
                       (sign_in["kind"], sign_in["mechanism"], sign_in["token"]["is_jwt"]), "kind, mechanism, JWT")

    @case("what a JWT says about itself is kept, and not its signature")
    def _():
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
                 for part in ({"alg": "RS256"}, {"aud": "https://outlook.office.com", "scp": "SMTP.Send", "exp": 1700000000,
                                                 "upn": "joe@contoso.example"})]
        token = ".".join(parts + ["c2lnbmF0dXJlIG9mIG5vYm9keQ"])
        told = w.errand(f"--token-file={w.path(token)}", secret=token)["sign_in"]["token"]
        user.equal((True, "https://outlook.office.com", "SMTP.Send", "joe@contoso.example", 1700000000),
                   tuple(told[key] for key in ("is_jwt", "audience", "scopes", "user", "expires_s")), "claims")

    @case("the credentials of systemd are used where nothing is named")
    def _():
        folder = w.folder / "credentials"
        folder.mkdir()
        changes = {"env": user.environment(CREDENTIALS_DIRECTORY=str(folder))}
        w.refused(parts=["--user", "--password-file", "--token-command"], **changes)
        (folder / "smtpdx.password").write_text(PASSWORD + "\n", encoding="ascii")
        w.accepted(**changes)
        w.accepted(f"--token-file={w.path(TOKEN)}", secret=TOKEN, **changes)
        (folder / "smtpdx.token").write_text(TOKEN, encoding="ascii")
        w.refused(parts=["CREDENTIALS_DIRECTORY", "smtpdx.password", "smtpdx.token"], **changes)
        w.accepted("--auth=xoauth2", secret=TOKEN, **changes)
        w.accepted("--auth=plain", **changes)
        (folder / "smtpdx.password").unlink()
        w.accepted(secret=TOKEN, **changes)
        (folder / "smtpdx.token").write_text("", encoding="ascii")
        w.refused(parts=["$CREDENTIALS_DIRECTORY: "], **changes)
        (folder / "smtpdx.token").write_text(TOKEN, encoding="ascii")
        changes = {"cwd": w.folder, "env": user.environment(CREDENTIALS_DIRECTORY="credentials")}
        w.refused(parts=["--user"], **changes)

    @case("a file that every user can read is told once the sign-in goes on, and with -q not")
    def _():
        for mode, warned in ((0o600, False), (0o640, False), (0o604, True), (0o644, True)):
            result = w.run(f"--password-file={w.path(PASSWORD, mode)}", "-fjson")
            user.equal(warned, "chmod 600" in result.err, f"warning for mode {mode:o}")
            user.equal(0, result.status, "exit status")
        user.equal("", w.run(f"--password-file={w.path(PASSWORD, 0o644)}", "-q").err, "stderr with -q")

    @case("a secret has bounds: 4096 bytes of a password, 65536 of a token, neither empty nor with NUL")
    def _():
        w.form(f"--password-file={w.path('Zq' * 2048)}", secret="Zq" * 8)
        w.form(f"--token-command=cat {w.path('Zq' * 32768 + chr(10))}", secret="Zq" * 8)
        for option, secret, part in (("password-file", "Zq" * 2048 + "x", "4096"), ("token-file", "Zq" * 32768 + "x", "65536"),
                                     ("password-command", "Zq" * 2048 + "xyzw", "4096"), ("password-file", "\n", ""),
                                     ("password-file", b"abcd\0efgh", "NUL"), ("token-command", b"abcd\0", "NUL")):
            value = w.path(secret) if option.endswith("file") else f"cat {w.path(secret)}"
            result = w.run(f"--{option}={value}")
            user.line_of_refusal(result, f"--{option}", part)
            user.expect("Zq" not in result.err and "abcd" not in result.err, result.err)

    @case("no secret is read, and nothing is asked, where the check stops before the sign-in or nobody signs in")
    def _():
        trace = w.folder / "trace"
        for last in ("greeting", "tls"):
            result = w.run(f"--password-command=touch {trace}", f"--stop-after={last}")
            user.equal((0, ""), (result.status, result.err), "exit status, stderr")
            user.equal(0, w.run(f"--stop-after={last}").status, "exit status")
        user.expect(not trace.exists(), "the command was run")


def wait_for_quietly(condition, what):
    """What is looked at may be gone when it is looked at."""
    def holds():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            return condition()
        return False
    user.wait_for(holds, what)


def family_of(pid):
    """The process and all below it."""
    found = [pid]
    for one in found:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for task in pathlib.Path(f"/proc/{one}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def secrecy(w, case):
    @case("what other users and children can see of the processes never holds the secret")
    def _():
        for words in ([f"--password-file={w.path(PASSWORD)}"],
                      [f"--password-command=cat {w.path(PASSWORD)}; sleep 0.2"],
                      [f"--password-command=sleep 0.1 & cat {w.path(PASSWORD)}; wait"]):
            seen, looks, children = b"", 0, set()
            with subprocess.Popen([w.program, "simulate", f"--file={w.slow}", "--transcript", *words],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=user.environment(), start_new_session=True) as process:
                while process.poll() is None:
                    for pid in family_of(process.pid):
                        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
                            proc = pathlib.Path(f"/proc/{pid}")
                            seen += b"|".join((proc / name).read_bytes() for name in ("cmdline", "environ", "comm"))
                            children |= {pid} - {process.pid}
                    looks += 1
                    time.sleep(0.002)
                err = process.stderr.read().decode()
                process.stdout.read()
            user.expect("235 " in err, f"not signed in: {err}")
            user.expect(looks > 20 and b"simulate" in seen, "nobody looked")
            user.expect(children or "command" not in words[0], "no child was seen")
            unseen(PASSWORD, seen, "what /proc shows")
            unseen(PASSWORD, err, "stderr")

    @case("a planted secret would have been seen there")
    def _():
        try:
            unseen(PASSWORD, b"x" + base64.b64encode(b"\0me\0" + PASSWORD.encode()), "a plant")
        except user.Failed:
            return
        raise user.Failed("it was not")

    @case("SIGTERM ends the command as well")
    def _():
        with subprocess.Popen([w.program, "simulate", f"--file={w.scenario}", "--password-command=exec sleep 60"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=user.environment(), start_new_session=True) as process:
            sleeping = lambda: [pid for pid in family_of(process.pid)[1:]
                                if pathlib.Path(f"/proc/{pid}/comm").read_text() == "sleep\n"]
            wait_for_quietly(sleeping, "the command")
            child = sleeping()[0]
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=user.PATIENCE_S)
        user.equal((130, b"", b""), (process.returncode, out, err), "exit status, stdout, stderr")
        user.expect(not pathlib.Path(f"/proc/{child}").exists(), "the command goes on")


def prompts(w, case):
    def at_terminal(*words, scenario=None, **how):
        return Terminal(w.program, "simulate", f"--file={scenario or w.scenario}", "--transcript", *words, **how)

    @case("without a source the password is asked for, in either language, and not shown")
    def _():
        for language in user.LANGUAGES:
            with at_terminal(f"--lang={language}") as t:
                usual = t.modes()
                t.wait_for(PROMPT[language])
                user.expect(not t.echoes(), "what is typed is shown")
                t.type(PASSWORD + "\n")
                t.wait_for("235 ")
                user.equal(usual, t.modes(), "the terminal afterwards")
                status = t.end()[0]
                user.equal(0, status, "exit status")
                unseen(PASSWORD, t.shown, "the terminal")

    @case("a typing error can be taken back, and blanks count")
    def _():
        for typed in (PASSWORD + "xy\x7f\x7f", "all wrong\x15" + PASSWORD):
            with at_terminal() as t:
                t.wait_for(PROMPT["en"])
                t.type(typed + "\n")
                t.wait_for("235 ")
                user.equal(0, t.end()[0], "exit status")

    @case("a mechanism for tokens asks for a token")
    def _():
        with at_terminal("--auth=xoauth2") as t:
            t.wait_for(f"Access token for {NAME}: ")
            t.type(TOKEN + "\n")
            t.wait_for("235 ")
            user.equal(0, t.end()[0], "exit status")
            unseen(TOKEN, t.shown, "the terminal")

    @case("it is asked for on the terminal, wherever the report goes")
    def _():
        report = w.folder / "report"
        with at_terminal("-fjson", stdout=report) as t:
            t.wait_for(PROMPT["en"])
            t.type(PASSWORD + "\n")
            user.equal(0, t.end()[0], "exit status")
        user.equal("ok", json.loads(report.read_text(encoding="utf-8"))["verdict"], "verdict")

    @case("Ctrl-C and SIGTERM end it with 130, and SIGHUP and SIGQUIT as they do; the terminal is as it was")
    def _():
        for how, wanted in (("\x03", 130), (signal.SIGTERM, 130), (signal.SIGHUP, 200 + signal.SIGHUP),
                            ("\x1c", 200 + signal.SIGQUIT)):
            with at_terminal() as t:
                usual = t.modes()
                t.wait_for(PROMPT["en"])
                t.type("half a pass")
                if isinstance(how, str):
                    t.type(how)
                else:
                    os.kill(t.front(), how)
                status, modes = t.end()
                user.equal(wanted, status, f"exit status after {how!r}")
                user.equal(usual, modes, f"the terminal after {how!r}")
                user.expect(b"half" not in t.shown, f"{t.shown!r}")

    @case("Ctrl-Z gives the terminal back, and then it is asked for again")
    def _():
        with at_terminal() as t:
            usual = t.modes()
            t.wait_for(PROMPT["en"])
            t.type("half a pass\x1a")
            t.wait_for("[stopped]")
            user.equal(usual, t.modes(), "the terminal while it is stopped")
            t.type("\n")
            t.wait_for(PROMPT["en"], times=2)
            user.expect(not t.echoes(), "what is typed is shown")
            t.type(PASSWORD + "\n")
            t.wait_for("235 ")
            user.equal(0, t.end()[0], "exit status")

    @case("nothing typed, and a line that a terminal cannot take, are refused")
    def _():
        for typed, part in (("\n", b"no password"), ("\x04", b"no password"), (5000 * "x" + "\n", b"4094")):
            with at_terminal() as t:
                t.wait_for(PROMPT["en"])
                t.type(typed)
                status = t.end()[0]
                user.equal(3, status, "exit status")
                user.expect(part in t.shown and b"xxxx" not in t.shown, f"{t.shown!r}")

    @case("what is pasted behind the line goes to nobody")
    def _():
        with at_terminal() as t:
            t.wait_for(PROMPT["en"])
            t.type(PASSWORD + "\nsecond line\n")
            t.wait_for("235 ")
            t.end()
            user.expect(b"second line" not in t.shown, f"{t.shown!r}")

    @case("no question before the options are right")
    def _():
        with at_terminal("-4", "-6") as t:
            user.equal(3, t.end()[0], "exit status")
            user.expect(PROMPT["en"].encode() not in t.shown and b"--ipv4" in t.shown, f"{t.shown!r}")

    @case("the user name cannot do anything to the terminal")
    def _():
        with at_terminal("--user=\x1b[2Jme") as t:
            t.wait_for("Password for \\x1b[2Jme: ")
            t.type("\x03")
            t.end()
            user.expect(b"\x1b[2J" not in t.shown, f"{t.shown!r}")

    @case("without a terminal one line names what helps")
    def _():
        for language in user.LANGUAGES:
            w.refused(f"--lang={language}",
                      parts=["--user", "--password-file", "--password-command", "--token-file", "--token-command"])


def main(program):
    cases = user.Cases()
    with tempfile.TemporaryDirectory() as folder:
        w = World(os.path.abspath(program), pathlib.Path(folder))
        sources(w, cases.case)
        secrecy(w, cases.case)
        prompts(w, cases.case)
        return user.tap(cases)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
