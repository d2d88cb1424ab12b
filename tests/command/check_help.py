"""The help, the manual page and the options that are read are the same. Prints TAP.

usage: check_help.py SMTPDX SMTPDX.1 VERSION
"""
import pathlib
import re
import shutil
import sys

import user

COMMANDS = ("check", "explain", "replay", "simulate")

# The contract: these stay, whatever is added.
PROMISED = {
    "check": "port tls ipv4 ipv6 resolver address ca-file no-system-ca map-port ehlo timeout record format output lang "
             "color quiet help version",
    "explain": "provider format output lang color quiet help version",
    "replay": "format output lang color quiet help version",
    "simulate": "list file serve recorded transcript port tls timeout record format output lang color quiet help version",
}
LETTERS = {"port": "p", "ipv4": "4", "ipv6": "6", "format": "f", "output": "o", "quiet": "q", "help": "h",
           "version": "V", "list": "l"}

SAMPLES = {"PORT": "587", "none|starttls|implicit": "starttls", "ADDR[:PORT]": "127.0.0.1:9", "ADDR": "127.0.0.1",
           "A=B": "587=9", "HOST:PORT": "192.0.2.1:587", "NAME": "pc.example.com", "SECONDS": "1", "text|json|ndjson": "json", "en|ja": "ja",
           "auto|always|never": "never", "HOST[:PORT]|http://HOST[:PORT]/": "192.0.2.1", "N": "7", "TEXT": "a.example", "ID": "gmail",
           "ADDRESS": "a@example.com", "MECH": "plain", "COMMAND": "true", "greeting|tls|auth|rcpt": "tls"}


def options_of(text):
    """{name: (letter, argument, help text)} of what --help lists."""
    found = {}
    for letter, name, argument, words in re.findall(
            r"^  (?:-(.), |    )--([a-z0-9-]+)(?: (\S+))?\n((?: {10}.*\n)+)", text, re.M):
        found[name] = (letter, argument, " ".join(words.split()))
    return found


def page_options(page):
    """{long option: letter} of the tags in the lists of options."""
    found = {}
    for tag in re.findall(r"^\.It (.*\bFl\b.*)$", page.read_text(encoding="utf-8"), re.M):
        long_name = re.search(r"Fl Fl ([a-z0-9-]+)", tag)
        letter = re.match(r"Fl (\S) ,", tag)
        user.expect(long_name, f"no long option in .It {tag}")
        found[long_name[1]] = letter[1] if letter else ""
    return found


def main(program, page, version):
    cases = user.Cases()
    page = pathlib.Path(page)

    def help_of(command, *words):
        result = user.run(program, *([command] if command else []), *(words or ["--help"]))
        user.equal((0, ""), (result.status, result.err), f"exit status, stderr of {command} {words}")
        return result.out

    @cases.case("--help and -h are the same, in each command and in both languages")
    def _():
        for command in COMMANDS:
            for language in user.LANGUAGES:
                text = help_of(command, "--help", f"--lang={language}")
                user.equal(text, help_of(command, "-h", f"--lang={language}"), command)
                user.equal(text, help_of(command, "--lang", language, "-h"), command)
                user.expect(command in text.split("\n", maxsplit=1)[0], "the first line shows another command")

    @cases.case("without a command it is the help of check")
    def _():
        user.equal(help_of("check"), help_of(None), "help")

    @cases.case("every option promised is in the help, with its letter")
    def _():
        for command in COMMANDS:
            listed = options_of(help_of(command))
            for name in PROMISED[command].split():
                user.expect(name in listed, f"{command} --help without --{name}")
                user.equal(LETTERS.get(name, ""), listed[name][0], f"letter of --{name}")

    @cases.case("every option has its own words, in both languages, and the same options in both")
    def _():
        for command in COMMANDS:
            english, japanese = (options_of(help_of(command, "-h", f"--lang={language}")) for language in
                                 user.LANGUAGES)
            user.equal(list(english), list(japanese), f"options of {command}")
            for name, (_, argument, words) in english.items():
                user.expect(len(words) > 5, f"--{name} without words")
                user.equal(argument, japanese[name][1], f"argument of --{name}")
                user.expect(any("\u3040" <= c <= "\u9fff" for c in japanese[name][2]), f"--{name} in Japanese")
            user.equal(len(english), len({words for _, _, words in english.values()}), "words used twice")

    @cases.case("every option in the help is taken, by its long name and its letter")
    def _():
        for command in COMMANDS:
            for name, (letter, argument, _) in options_of(help_of(command)).items():
                if argument == "FILE":
                    continue  # has to exist, or is written: in other tests
                value = [SAMPLES[argument]] if argument else []
                for word in [f"--{name}"] + ([f"-{letter}"] if letter else []):
                    result = user.run(program, command, word, *value, "--help")
                    user.equal((0, ""), (result.status, result.err), f"{command} {word} --help")

    @cases.case("the overview names every other command")
    def _():
        for language in user.LANGUAGES:
            text = help_of("check", "-h", f"--lang={language}")
            for command in COMMANDS[1:]:
                user.expect(f"smtpdx {command} " in text, f"{command} in {language}")

    @cases.case("--version and -V print the version, in each command")
    def _():
        for command in (None, *COMMANDS):
            for word in ("--version", "-V"):
                user.equal(f"smtpdx {version}\n", help_of(command, word), f"{command} {word}")

    @cases.case("--help counts over whatever else is missing")
    def _():
        for words in (["replay", "--help"], ["simulate", "--help"], ["--no-system-ca", "--help"]):
            user.equal(0, user.run(program, *words).status, f"{words}")

    @cases.case("the manual page names each option of the help, and no other")
    def _():
        in_help = {name: letter for command in COMMANDS
                   for name, (letter, _, _) in options_of(help_of(command)).items()}
        user.equal(dict(sorted(in_help.items())), dict(sorted(page_options(page).items())), "options of the page")

    @cases.case("the manual page shows every option only where its command takes it")
    def _():
        sections = re.split(r"^\.Ss ", page.read_text(encoding="utf-8"), flags=re.M)
        names = {section.split("\n", maxsplit=1)[0]:
                 set(re.findall(r"^\.It (?:Fl \S , )?Fl Fl ([a-z0-9-]+)", section, re.M)) for section in sections}
        check, explain, replay, simulate = (set(options_of(help_of(command))) for command in COMMANDS)
        user.equal(check - replay, names["Options of check and simulate"], "of check and simulate")
        user.equal(explain - replay, names["Options of explain"], "of explain")
        user.equal(simulate - check, names["Options of simulate"], "of simulate")
        user.equal(replay, names["Options of every command"], "of every command")

    @cases.case("the manual page names each command and each exit status")
    def _():
        text = page.read_text(encoding="utf-8")
        for command in COMMANDS:
            user.expect(f".It Cm {command}\n" in text, command)
        for status in (0, 1, 2, 3, 130):
            user.expect(f".It {status}\n" in text, f"{status}")

    @cases.case("the manual page is without a fault for mandoc")
    def _():
        mandoc = shutil.which("mandoc")
        if mandoc is not None:
            result = user.run(mandoc, "-T", "lint", "-W", "style", str(page))
            user.equal("", result.out + result.err, "mandoc")

    @cases.case("simulate --list tells in either language what each scenario is about")
    def _():
        english, japanese = ([line.split(None, 1) for line in user.run(program, "simulate", "--list", "--lang", lang)
                              .out.splitlines()] for lang in user.LANGUAGES)
        user.equal([name for name, _ in english], [name for name, _ in japanese], "names")
        user.expect(all(about.isascii() for _, about in english), "English")
        user.equal([], [name for name, about in japanese if about.isascii()], "shown in English")

    return user.tap(cases)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
