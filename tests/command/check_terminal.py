"""What the program shows on a terminal and through a pipe: language, colours, progress, width. Prints TAP.

usage: check_terminal.py SMTPDX PRACTICE
"""
import concurrent.futures
import pathlib
import re
import sys
import tempfile

import user

AT_ONCE = 8  # they wait for time-outs most of the time
SLOW = """about is slow enough to be watched
target mail.example.test
options --port 587
port 25 refused
port 465 refused
port 587 submission
on connect at 300 server 220 {host} ESMTP
on clear EHLO at 300 server 250-{host} / 250 STARTTLS
"""
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CLEAR = "\r\x1b[K"


def is_japanese(text):
    return any("\u3040" <= c <= "\u9fff" for c in text)


def progress_lines(shown):
    """What was drawn over and over, and what stood on the terminal at the end."""
    drawn = re.findall(r"\r([^\r\n\x1b]+)\x1b\[K", shown)
    return drawn, shown.rpartition(CLEAR)[2]


def too_wide(text, columns):
    return [line for line in COLOUR.sub("", text).split("\n") if user.columns(line) > columns]


def main(program, player):
    cases = user.Cases()

    def simulate(*words, **changes):
        return user.run(program, "simulate", *words, env=user.environment(**changes))

    # ---- language ----

    @cases.case("LC_ALL=C speaks English")
    def _():
        result = simulate("healthy")
        user.expect(result.out.startswith("OK: ") and not is_japanese(result.out), result.out)

    @cases.case("--lang ja speaks Japanese under LC_ALL=C")
    def _():
        for words in (["--lang", "ja"], ["--lang=ja"]):
            result = simulate("healthy", *words)
            user.expect(is_japanese(result.out.split("\n", maxsplit=1)[0]), result.out)

    @cases.case("the locale chooses: LC_ALL before LC_MESSAGES before LANG, and an empty one is none")
    def _():
        for japanese, changes in (
                (True, {"LC_ALL": None, "LANG": "ja_JP.UTF-8"}),
                (True, {"LC_ALL": None, "LANG": "ja"}),
                (True, {"LC_ALL": "", "LANG": "ja_JP.UTF-8"}),
                (True, {"LC_ALL": None, "LC_MESSAGES": "ja_JP.UTF-8", "LANG": "en_US.UTF-8"}),
                (True, {"LC_ALL": "ja_JP.UTF-8", "LC_MESSAGES": "C", "LANG": "C"}),
                (False, {"LC_ALL": "C", "LC_MESSAGES": "ja_JP.UTF-8", "LANG": "ja_JP.UTF-8"}),
                (False, {"LC_ALL": "de_DE.UTF-8"}),
                (False, {"LC_ALL": None}),
                (False, {"LC_ALL": "\x1b[31m"})):
            result = simulate("healthy", "-q", **changes)
            user.equal(japanese, is_japanese(result.out), f"Japanese under {changes}")

    @cases.case("--lang counts over the locale")
    def _():
        result = simulate("healthy", "-q", "--lang", "en", LC_ALL="ja_JP.UTF-8")
        user.expect(not is_japanese(result.out), result.out)

    @cases.case("English is ASCII for a server whose names are")
    def _():
        user.expect(simulate("cert-expired").out.isascii(), "other characters")

    # ---- pipes ----

    @cases.case("a pipe gets no escape sequence, and stderr nothing")
    def _():
        for name in ("healthy", "cert-expired", "dns-nxdomain"):
            result = simulate(name, TERM="xterm-256color")
            user.expect("\x1b" not in result.out and "\r" not in result.out, result.out)
            user.equal("", result.err, "stderr")

    @cases.case("--color always colours a pipe, and nothing else about the text changes")
    def _():
        plain = user.run(program, "simulate", "cert-expired", "--color", "never").out
        coloured = user.run(program, "simulate", "cert-expired", "--color", "always").out
        user.expect(COLOUR.search(coloured), "no colour")
        user.expect("\x1b" not in COLOUR.sub("", coloured), "an escape sequence that is no colour")
        digits = re.compile(r"\d+")
        user.equal(digits.sub("9", re.sub(" +", " ", plain)),
                   digits.sub("9", re.sub(" +", " ", COLOUR.sub("", coloured))), "text")

    # ---- terminals ----

    @cases.case("a terminal gets colours, and every one is switched off again")
    def _():
        screen = user.on_terminal(program, "simulate", "cert-expired")
        report = screen.shown.rpartition(CLEAR)[2]
        codes = COLOUR.findall(report)
        user.expect(codes, "no colour")
        user.expect(codes[-1] in ("\x1b[0m", "\x1b[m"), f"the last is {codes[-1]!r}")

    @cases.case("no colours on a terminal with NO_COLOR, with --color never, or that is dumb")
    def _():
        for words, changes in (([], {"NO_COLOR": "1"}), (["--color", "never"], {}), ([], {"TERM": "dumb"})):
            screen = user.on_terminal(program, "simulate", "cert-expired", *words, **changes)
            user.equal(None, COLOUR.search(screen.shown), f"colours with {words} {changes}")

    @cases.case("an empty NO_COLOR is none, and --color always counts over it")
    def _():
        for words, changes in (([], {"NO_COLOR": ""}), (["--color", "always"], {"NO_COLOR": "1"})):
            screen = user.on_terminal(program, "simulate", "cert-expired", *words, **changes)
            user.expect(COLOUR.search(screen.shown), f"no colours with {words} {changes}")

    @cases.case("JSON has no colours, whatever was asked for")
    def _():
        for form in ("json", "ndjson"):
            user.expect("\x1b" not in simulate("healthy", "-f", form, "--color", "always").out, form)

    @cases.case("progress redraws one line of the terminal and is cleared before the report")
    def _():
        with user.practice(player, SLOW) as server:
            screen = user.on_terminal(program, *server.options, server.target, "--color=never")
        drawn, rest = progress_lines(screen.shown)
        user.expect(len(drawn) >= 2, f"drawn {len(drawn)} times")
        user.expect(all("mail.example.test" in line for line in drawn), f"{drawn}")
        user.expect(len(set(drawn)) >= 2, "it never changes")
        user.expect(rest.startswith("OK: ") and "\r" not in rest and "\x1b" not in rest, f"{rest!r}")
        before = screen.shown[:screen.shown.rindex(CLEAR)]
        user.expect("\n" not in before, f"progress scrolls the terminal: {before!r}")

    @cases.case("progress tells the time that passes while a server is silent")
    def _():
        text = "about is silent\ntarget mail.example.test\noptions --timeout 1\nport 587 script\nhang\n"
        with user.practice(player, text) as server:
            screen = user.on_terminal(program, *server.options, server.target)
        drawn, _ = progress_lines(screen.shown)
        waiting = {line for line in drawn if line.startswith("mail.example.test: 587 ")}
        user.expect(len(waiting) >= 5, f"{drawn}")

    @cases.case("progress tells that the name is looked up while no resolver answers")
    def _():
        text = "about has no resolver\ntarget mail.example.test\noptions --timeout 1\ndns * silent\n"
        with user.practice(player, text) as server:
            screen = user.on_terminal(program, *server.options, server.target)
        drawn, _ = progress_lines(screen.shown)
        user.expect(len(drawn) >= 5, f"{drawn}")
        user.equal([], [line for line in drawn if "looking up the name" not in line], "something else")

    @cases.case("progress goes to stderr alone, when the report goes into a pipe")
    def _():
        with user.practice(player, SLOW) as server:
            screen = user.on_terminal(program, *server.options, server.target, "--format=json", stdout=False)
        drawn, rest = progress_lines(screen.shown)
        user.expect(drawn, "nothing was drawn")
        user.equal("", rest, "left on the terminal")
        user.expect("\x1b" not in screen.other and screen.other.startswith("{"), screen.other[:200])

    @cases.case("progress fits terminals of every width in both languages")
    def _():
        for language in user.LANGUAGES:
            for columns in (1, 40, 80, 200):
                with user.practice(player, SLOW) as server:
                    screen = user.on_terminal(program, *server.options, server.target, "--lang", language,
                                              columns=columns)
                drawn, _ = progress_lines(screen.shown)
                user.expect(drawn, f"nothing drawn in {columns} columns")
                wide = [line for line in drawn if user.columns(line) >= max(columns, 40)]
                user.equal([], wide, f"lines that would wrap in {columns} columns")

    @cases.case("a dumb terminal gets no progress")
    def _():
        screen = user.on_terminal(program, "simulate", "healthy", TERM="dumb")
        user.expect("\r" not in screen.shown and "\x1b" not in screen.shown, repr(screen.shown))

    @cases.case("-q is one line and no progress, on a terminal and in a pipe, in both languages")
    def _():
        for language in user.LANGUAGES:
            for name in ("healthy", "cert-expired", "input-whitespace"):
                screen = user.on_terminal(program, "simulate", "-q", name, "--lang", language, NO_COLOR="1")
                piped = simulate("-q", name, "--lang", language)
                user.equal(screen.shown, piped.out, "the line")
                user.equal(1, piped.out.count("\n"), "lines")
                user.expect(piped.out.endswith("\n"), "no line end")

    @cases.case("no line of any report is wider than its terminal, in both languages")
    def _():
        listed = [line.split()[0] for line in simulate("--list").out.splitlines()]
        user.expect(len(listed) > 40, f"only {len(listed)} scenarios")

        def one(folder, name):
            record = pathlib.Path(folder) / f"{name}.json"
            simulate(name, "-q", "--record", str(record))
            for language in user.LANGUAGES:
                for columns, most in ((80, 80), (40, 40), (200, 120), (10, 40)):
                    screen = user.on_terminal(program, "replay", record, "--lang", language, columns=columns)
                    user.equal([], too_wide(screen.shown, most),
                               f"{name} in {language}, terminal of {columns}: lines too wide")
                    user.expect(screen.shown.count("\n") > 3, f"no report: {screen.shown!r}")
                piped = user.run(program, "replay", record, "--lang", language)
                user.equal([], too_wide(piped.out, 80), f"{name} in {language}, piped: lines too wide")

        with (tempfile.TemporaryDirectory() as folder,
              concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool):
            list(pool.map(lambda name: one(folder, name), listed))

    @cases.case("the help fits 80 columns in both languages")
    def _():
        for language in user.LANGUAGES:
            for words in (["check"], ["replay"], ["simulate"]):
                text = user.run(program, *words, "--help", "--lang", language).out
                user.equal([], too_wide(text, 80), f"{words} in {language}")

    @cases.case("no line of a report ends in a blank")
    def _():
        for language in user.LANGUAGES:
            for name in ("healthy", "cert-expired", "dns-nxdomain"):
                lines = simulate(name, "--lang", language).out.split("\n")
                user.equal([], [line for line in lines if line != line.rstrip()], name)

    return user.tap(cases)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
