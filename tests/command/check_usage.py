"""A wrong call is one line that names it and what is accepted, exit 3, and nobody is contacted. Prints TAP.

usage: check_usage.py SMTPDX
"""
import os
import pathlib
import re
import sys
import tempfile

import user

TARGET = "mail.example.test"
HOSTILE = b"\x1b[31m\x07\xe2\x80\xae\xff\nnext"
HOSTILE_SHOWN = r"\x1b[31m\x07\xe2\x80\xae\xff"
LONG = "x" * 100000

SAYS_ACCEPTED = {"en": "accepted: ", "ja": "指定"}


class World:
    def __init__(self, program, folder):
        self.program = program
        self.empty = folder / "empty.pem"
        self.empty.write_text("", encoding="ascii")
        self.junk = folder / "junk"
        self.junk.write_bytes(HOSTILE * 100)
        self.no_record = folder / "object.json"
        self.no_record.write_text("{}\n", encoding="ascii")
        self.deep = folder / "deep.json"
        self.deep.write_text("[" * 100000, encoding="ascii")
        self.huge = folder / "huge.json"
        with open(self.huge, "wb") as huge:
            huge.truncate(200 << 20)
        self.pipe = folder / "pipe"  # nobody writes to it
        os.mkfifo(self.pipe)
        self.folder = folder
        self.missing = folder / "missing"
        self.below = self.missing / "report"
        self.under_file = self.empty / "report"

    def refused(self, *words, parts=(), stdin=None, **changes):
        """In both languages, and nobody is contacted: a call that goes through would ask the resolver."""
        for language in user.LANGUAGES:
            with user.Nobody() as nobody:
                how = {"env": user.environment(**changes)} | ({} if stdin is None else {"stdin": stdin})
                result = user.run(self.program, *(w.replace("{resolver}", nobody.option) if isinstance(w, str) else w
                                                  for w in words), "--lang", language, **how)
                user.line_of_refusal(result, SAYS_ACCEPTED[language], *parts)
                user.equal(0, nobody.visits(), "visits to the resolver")
                user.equal(language == "ja", any("\u3040" <= c <= "\u9fff" for c in result.err), "Japanese")

    def check_refused(self, *words, parts=()):
        self.refused("{resolver}", *words, TARGET, parts=parts)


ADDRESSES = ["", "a", "@example.com", "a@", "a@b@c.example", "a b@example.com", "<a@example.com>", "a..b@example.com",
             "a@example.com\r\nRSET", "\u00e9@example.com", 65 * "a" + "@example.com"]


SECRET_FILES = ["", "/dev/null", "/dev/zero", "-"]  # standard input is /dev/null
SECRET_COMMANDS = ["", "true", "false", "exit 4", "kill -9 $$", "printf 'a\\0b'", "head -c 65537 /dev/zero"]
COMMANDS = ("password-command", "token-command")
# Without these another refusal would come first.
TOGETHER = {name: ["--user=joe"] for name in ("password-file", "token-file") + COMMANDS}


def wrong_values(w):
    """Every option that takes a value, and values that it must refuse."""
    many = [f"--{name}={value}" for name, value in (("port", "{}"), ("map-port", "{}=9"), ("resolver", "192.0.2.{}"))]
    return {
        "port": ["0", "65536", "abc", "", "-1", "587 ", " 587", "587x", "0x24b", "4294967883", "587,465", "٥"],
        "tls": ["ssl", "STARTTLS", "", "starttls "],
        "resolver": ["name.example", "", "192.0.2.256", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:", "[::1",
                     "2001:db8::g", "192.0.2.1/24"],
        "address": ["name.example", "", "192.0.2.1:25", "[::1]", "192.0.2", "192.0.2.0x1"],
        "ca-file": [str(w.missing), str(w.folder), str(w.empty), str(w.junk), "", "/dev/null", str(w.pipe),
                    str(w.huge)],
        "map-port": ["587", "587=", "=587", "0=587", "587=65536", "587=2587=1", "a=b", "", "5870000=1"],
        "ehlo": ["localhost", "pc", "", "pc.localhost", "a b.example", "a..example", "[192.0.2.256]",
                 "[2001:db8::1]", "[IPv6:192.0.2.1]", "[", "192.0.2.1", "pc.example\r\nRSET", "a_b.example"],
        "timeout": ["0", "abc", "", "-1", "0.05", "3601", "1e3", "inf", "nan", "1,5", "10s", ".", "1.", "99999999999"],
        "time-server": ["", "name.example:0", "name.example:65536", "ftp://name.example/", "a b.example", "http://"],
        "control": ["", "name.example", "192.0.2.1", "name.example:0", "name.example:65536", "[2001:db8::1]",
                    "http://name.example:80", "a b.example:25"],
        "warn-days": ["", "-1", "x", "1.5", "100000"],
        "crit-days": ["", "-1", "x", "1.5", "100000"],
        "warn-time": ["", "0", "abc", "3601"],
        "crit-time": ["", "0", "abc", "3601"],
        "cert": [str(w.missing), str(w.folder), "", "/dev/zero", str(w.pipe), str(w.huge)],
        "key": [str(w.missing), str(w.folder), "", "/dev/zero", str(w.pipe), str(w.huge)],
        "user": ["", 513 * "a"],
        "auth": ["", "plain ", "NTLM", "DIGEST-MD5", "SCRAM"],
        "password-file": SECRET_FILES + [str(w.missing), str(w.folder), str(w.empty), str(w.huge)],
        "token-file": SECRET_FILES + [str(w.missing), str(w.folder), str(w.empty), str(w.huge)],
        "password-command": SECRET_COMMANDS,
        "token-command": SECRET_COMMANDS,
        "send-to": ADDRESSES,
        "from": ADDRESSES,
        "stop-after": ["", "ehlo", "any", "TLS"],
        "record": [str(w.below), str(w.under_file), str(w.folder), ""],
        "output": [str(w.below), str(w.under_file), str(w.folder), ""],
        "format": ["xml", "", "JSON", "json "],
        "lang": ["fr", "", "EN", "ja_JP"],
        "color": ["yes", "", "Always"],
    }, many


def options_in_help(w, *words):
    """(name, letter or "", argument or "") of each."""
    text = user.run(w.program, *words, "--help").out
    return re.findall(r"^  (?:-(.), |    )--([a-z0-9-]+)(?: (\S+))?$", text, re.M)


def main(program):
    cases = user.Cases()
    case = cases.case

    with tempfile.TemporaryDirectory() as folder:
        w = World(program, pathlib.Path(folder))
        values, many = wrong_values(w)

        @case("a right call reaches the resolver, or no silence here would mean anything")
        def _():
            with user.Nobody() as nobody:
                result = user.run(program, nobody.option, "--timeout=0.5", TARGET)
                user.equal(2, result.status, "exit status")
                user.expect(nobody.visits() > 0, "nobody came")

        @case("every option that takes a value has its wrong values here")
        def _():
            # Whatever --host is given is a finding, never a wrong call.
            listed = {name for _, name, argument in options_in_help(w) if argument and name != "host"}
            user.equal(sorted(listed), sorted(values), "options")

        for name, wrong in values.items():
            @case(f"--{name} refuses what it cannot use")
            def _(name=name, wrong=wrong):
                for value in wrong:
                    if name == "lang":
                        with user.Nobody() as nobody:
                            user.line_of_refusal(user.run(program, nobody.option, TARGET, f"--lang={value}"), "--lang",
                                                 "en|ja")
                            user.equal(0, nobody.visits(), "visits")
                    else:
                        w.check_refused(*TOGETHER.get(name, []), f"--{name}={value}", parts=[f"--{name}"])

            @case(f"--{name} without a value is refused")
            def _(name=name):
                with user.Nobody() as nobody:
                    user.line_of_refusal(user.run(program, nobody.option, TARGET, f"--{name}"), f"--{name}",
                                         "accepted: ")
                    user.equal(0, nobody.visits(), "visits")

            if name in COMMANDS:  # is not shown at all, for it may hold the secret; see check_secrets.py
                continue

            @case(f"--{name} shows hostile bytes escaped")
            def _(name=name):
                if name == "lang":
                    user.line_of_refusal(user.run(program, b"--lang=" + HOSTILE, TARGET), HOSTILE_SHOWN)
                elif name == "user":
                    # Any bytes may be a user name: it is refused here for its length alone.
                    w.check_refused(b"--user=" + HOSTILE + 512 * b"a", parts=["--user", HOSTILE_SHOWN])
                elif name in ("record", "output"):
                    w.check_refused(f"--{name}={w.missing}/".encode() + HOSTILE, parts=[HOSTILE_SHOWN])
                else:
                    w.check_refused(*TOGETHER.get(name, []), f"--{name}=".encode() + HOSTILE,
                                    parts=[f"--{name}", HOSTILE_SHOWN])

            @case(f"--{name} cuts what is far too long")
            def _(name=name):
                with user.Nobody() as nobody:
                    result = user.run(program, nobody.option, *TOGETHER.get(name, []), f"--{name}={LONG}", TARGET)
                    user.line_of_refusal(result, f"--{name}")
                    user.expect(len(result.err) < 1000, f"a line of {len(result.err)} characters")
                    user.equal(0, nobody.visits(), "visits")

        @case("the accepted words of an option stand in its refusal")
        def _():
            for name, words in (("tls", "none|starttls|implicit"), ("format", "text|json|ndjson"),
                                ("color", "auto|always|never"), ("port", "65535"), ("timeout", "3600"),
                                ("map-port", "587=2587")):
                w.check_refused(f"--{name}=?", parts=[words])

        @case("an option that takes no value refuses one")
        def _():
            flags = [name for _, name, argument in options_in_help(w) if not argument]
            user.expect("quiet" in flags and "ipv4" in flags, f"{flags}")
            for name in flags:
                w.check_refused(f"--{name}=1", parts=[f"--{name}"])

        @case("an unknown option is refused, long or short, alone or in a group")
        def _():
            for word in ("--bogus", "--por", "--portx=1", "-Z", "-qZ", "-4Z", "---", "--=", "-é"):
                w.check_refused(word, parts=["--help"])
            w.check_refused("--bogus", parts=["--bogus"])
            w.check_refused(b"--" + HOSTILE, parts=["--" + HOSTILE_SHOWN])
            w.check_refused(b"-\x1b", parts=[r"-\x1b"])
            w.check_refused("--" + LONG)

        @case("an unknown option does not show its value, which may be a password")
        def _():
            result = user.run(program, "--password=geheim", TARGET)
            user.line_of_refusal(result, "--password")
            user.expect("geheim" not in result.err, result.err)

        @case("an option given too often says how often it may be")
        def _():
            for pattern in many:
                w.check_refused(*(pattern.format(n) for n in range(1, 40)),
                                parts=[pattern.partition("=")[0]])

        @case("both families are refused together")
        def _():
            for words in (["-4", "-6"], ["-46"], ["--ipv6", "--ipv4"]):
                w.check_refused(*words, parts=["--ipv4", "--ipv6"])

        @case("an address of the family that is left out is refused")
        def _():
            w.check_refused("-4", "--address=2001:db8::1", parts=["--ipv4", "2001:db8::1"])
            w.check_refused("-6", "--address=192.0.2.1", parts=["--ipv6", "192.0.2.1"])
            w.refused("{resolver}", "-6", "192.0.2.1", parts=["--ipv6", "192.0.2.1"])

        @case("--no-system-ca alone is refused, and names --ca-file")
        def _():
            w.check_refused("--no-system-ca", parts=["--no-system-ca", "--ca-file"])

        @case("a file that may not be read is refused as --ca-file")
        def _():
            if os.geteuid() == 0:
                return  # who may read everything
            secret = w.folder / "secret.pem"
            secret.write_text("", encoding="ascii")
            secret.chmod(0)
            w.check_refused(f"--ca-file={secret}", parts=["--ca-file"])

        @case("a file that is too large is refused with the size that is accepted")
        def _():
            w.check_refused(f"--ca-file={w.huge}", parts=["--ca-file", "8192 KB"])
            w.check_refused(f"--cert={w.huge}", parts=["--cert", "256 KB"])

        @case("what is wrong with the last of several targets keeps the first from being contacted")
        def _():
            w.refused("{resolver}", "-4", TARGET, "[2001:db8::1]", parts=["--ipv4"])
            w.refused("{resolver}", TARGET, "smtp://me:geheim@mail.example.test", parts=["smtp://HOST"])
            w.refused("{resolver}", TARGET, "me@unlisted.example.test", parts=["me@unlisted.example.test"])

        @case("a URL with a password in it is refused without showing it")
        def _():
            result = user.run(program, "smtp://me:geheim@mail.example.test")
            user.line_of_refusal(result)
            user.expect("geheim" not in result.err, result.err)

        @case("--record takes one target")
        def _():
            record = w.folder / "record.json"
            w.refused("{resolver}", f"--record={record}", TARGET, TARGET, parts=["--record"])
            user.expect(not record.exists(), "a record was made")

        @case("replay takes exactly one record")
        def _():
            w.refused("replay", parts=["replay"])
            w.refused("replay", str(w.empty), str(w.empty), parts=["replay"])

        @case("replay refuses a file that is no record, and names it")
        def _():
            for path in (w.empty, w.junk, w.no_record, w.deep, pathlib.Path("/dev/null")):
                w.refused("replay", str(path), parts=[str(path), "--record"])
            hostile = w.folder.joinpath("a\x1b[31m\nb")
            hostile.write_text("{}", encoding="ascii")
            w.refused("replay", str(hostile), parts=[r"a\x1b[31m\x0ab"])

        @case("replay refuses a file that cannot be read, or is far too large")
        def _():
            for path in (w.missing, w.folder, w.huge):
                for language in user.LANGUAGES:
                    user.line_of_refusal(user.run(program, "replay", str(path), "--lang", language), str(path))

        @case("replay refuses options that need a network")
        def _():
            for word in ("--port=587", "--record=x", "--list"):
                w.refused("replay", word, str(w.empty), parts=[word.partition("=")[0]])

        @case("replay refuses nothing on standard input")
        def _():
            with open(w.empty, "rb") as nothing:
                w.refused("replay", "-", stdin=nothing, parts=["-", "--record"])

        @case("explain refuses a provider that is not known, and options that need a network")
        def _():
            w.refused("explain", "--provider=gmial", "535", parts=["--provider", "gmial", "gmail"])
            w.refused("explain", "--provider", HOSTILE, "535", parts=[HOSTILE_SHOWN])
            for word in ("--port=587", "--record=x", "--list"):
                w.refused("explain", word, "535", parts=[word.partition("=")[0]])

        @case("simulate refuses a name that is not listed, no name, and two")
        def _():
            w.refused("simulate", "no-such-thing", parts=["no-such-thing", "--list"])
            w.refused("simulate", "", parts=["--list"])
            w.refused("simulate", HOSTILE, parts=[HOSTILE_SHOWN])
            w.refused("simulate", parts=["--list", "--file"])
            w.refused("simulate", "healthy", "healthy", parts=["--list", "--file"])
            w.refused("simulate", "healthy", f"--file={w.empty}", parts=["--list", "--file"])

        @case("simulate refuses --serve with --recorded, and what cannot be recorded")
        def _():
            w.refused("simulate", "healthy", "--serve", "--recorded", parts=["--serve", "--recorded"])
            w.refused("simulate", "healthy", "--recorded", parts=["healthy", "--recorded"])

        @case("simulate --file refuses a file that cannot be read or is no scenario")
        def _():
            w.refused("simulate", f"--file={w.missing}", parts=["--file", str(w.missing)])
            for path in (w.empty, w.folder, w.huge, w.junk):
                user.line_of_refusal(user.run(program, "simulate", f"--file={path}"), str(path))
            hostile = w.folder.joinpath("b\x1b[31m\nb.scn")
            hostile.write_bytes(HOSTILE)
            user.line_of_refusal(user.run(program, "simulate", f"--file={hostile}"))

        @case("simulate refuses wrong options as check does")
        def _():
            w.refused("simulate", "healthy", "--port=0", parts=["--port"])
            w.refused("simulate", "healthy", "-4", "-6", parts=["--ipv4"])
            w.refused("simulate", "healthy", "--bogus", parts=["--bogus"])

        @case("check refuses what does not go together in signing in and sending")
        def _():
            to = "--send-to=b@example.com"
            for words, parts in (
                    (["--stop-after=rcpt"], ["--stop-after", "--send-to"]),
                    ([to, "--from=a@example.com", "--stop-after=tls"], ["--stop-after", "rcpt"]),
                    ([to, "--from=a@example.com", "--stop-after=auth"], ["--stop-after", "rcpt"]),
                    (["--stop-after=auth"], ["--stop-after", "--user"]),
                    (["--auth=plain"], ["--auth", "--user"]),
                    (["--from=a@example.com"], ["--from", "--send-to"]),
                    ([to], ["--send-to", "--from"]),
                    ([to, "--user=a"], ["--send-to", "--from"])):
                w.check_refused(*words, parts=parts)

        @case("check refuses sources of a secret that do not go together, or with nobody to sign in")
        def _():
            for words, parts in (
                    (["--password-file=x"], ["--password-file", "--user"]),
                    (["--token-command=exit 1"], ["--token-command", "--user"]),
                    (["--user=a", "--password-file=x", "--token-file=x"], ["--password-file", "--token-file"]),
                    (["--user=a", "--token-file=x", "--token-file=x"], ["--token-file"]),
                    (["--user=a", "--auth=xoauth2", "--password-file=x"], ["--password-file", "XOAUTH2", "--token-file"]),
                    (["--user=a", "--auth=plain", "--token-command=x"], ["--token-command", "PLAIN"]),
                    # Told before a secret is asked for: the command is not run.
                    (["--user=a", "--password-command=echo ran >&2", "-4", "-6"], ["--ipv4"])):
                w.check_refused(*words, parts=parts)

        @case("a refusal is told in the language asked for, wherever it was asked for")
        def _():
            for words in (["--lang=ja", "-fxml"], ["-fxml", "--lang=ja"], ["-fxml", "--lang", "ja"]):
                user.expect("指定" in user.run(program, *words).err, f"{words}")
            user.expect("指定" in user.run(program, "-fxml", env=user.environment(LC_ALL="ja_JP.UTF-8")).err, "locale")

        return user.tap(cases)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
