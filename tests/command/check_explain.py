"""What `smtpdx explain` says of the texts of programs, of replies, and of whole logs. Prints TAP.

usage: check_explain.py SMTPDX FOLDER REPORT.SCHEMA.JSON CLASSIFY REPLIES.TSV
"""
import base64
import json
import pathlib
import pty
import os
import sys
import tempfile

import jsonschema
import user

# How a client's text tells what a reply was to.
COMMANDS = {"greeting": "banner", "ehlo": "EHLO command", "starttls": "STARTTLS command", "auth": "AUTH command",
            "mail": "MAIL FROM command", "rcpt": "RCPT TO command", "data": "end of DATA command"}

SECRET = "Ninja-1234-secret"
SECRETS = [SECRET, *(base64.b64encode(text.encode()).decode()
                     for text in (SECRET, f"\0tanaka\0{SECRET}", f"user=tanaka\1auth=Bearer {SECRET}\1\1"))]

# Each holds one of the secrets.
LEAKS = [
    "C: AUTH PLAIN {1}\nS: 535 5.7.8 Error: authentication failed",
    "AUTH PLAIN\n334 \n{2}\n535 5.7.8 Error: authentication failed",
    "send: 'AUTH PLAIN {2}\\r\\n'\nreply: b'535 5.7.8 Error: authentication failed\\r\\n'",
    "AUTH LOGIN\n334 VXNlcm5hbWU6\ndGFuYWth\n334 UGFzc3dvcmQ6\n{1}\n535 5.7.8 Error: authentication failed",
    "CLIENT -> SERVER: AUTH LOGIN\nSERVER -> CLIENT: 334 VXNlcm5hbWU6\nCLIENT -> SERVER: dGFuYWth\n"
    "SERVER -> CLIENT: 334 UGFzc3dvcmQ6\nCLIENT -> SERVER: {1}\nSERVER -> CLIENT: 535 5.7.8 authentication failed",
    "auth xoauth2 {3}\n535 5.7.8 Username and Password not accepted",
    "AUTH XOAUTH2 {3} and 535 5.7.8 Username and Password not accepted",
    "Authorization: Bearer {0}\n535 5.7.8 Username and Password not accepted",
    "smtp://tanaka:{0}@smtp.example.net:587 connection refused",
    "password={0} 535 5.7.8 authentication failed",
    "user: 'tanaka', pass: '{0}' 535 5.7.8 authentication failed",
    '{{"user": "tanaka", "password": "{0}"}} connection refused',
    "'Password' => '{0}', connection refused",
    "MAIL_PASSWORD={0}\nconnection refused",
    "Password: {0}\nconnection refused",
    "パスワード：{0}\nconnection refused",
    "PASS {0}\nconnection refused",
    "pass={0} AUTH PLAIN {1} token={0}",
    "MAIL_PASSWORD=my {0} is long\nconnection refused",
    "machine smtp.example.net login tanaka password {0}",
    "[smtp.example.net]:587 tanaka@example.net:{0}",
    "swaks --to a@example.net --auth-password {0}\n<** 535 no",
    "curl -u tanaka:{0} smtp://smtp.example.net\nconnection refused",
    "smtps://tanaka:x@y/{0}@smtp.example.net connection refused",
]


def explain(program, text, *words):
    """One text as the argument; bytes come through standard input."""
    if isinstance(text, bytes):
        with tempfile.TemporaryFile() as file:
            file.write(text)
            file.seek(0)
            result = user.run(program, "explain", "-f", "json", "--lang", "en", *words, stdin=file)
    else:
        result = user.run(program, "explain", "-f", "json", "--lang", "en", *words, "--", text)
    user.equal("", result.err, f"stderr for {text[:80]!r}")
    found = json.loads(result.out)
    user.equal(3 if found["primary"] is None else 0, result.status, f"exit status for {text[:80]!r}")
    return found


def rows(path):
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()
            if line and not line.startswith("#")]


def wrong_in(wanted, found):
    """What is not as wanted ("a|b", "-" for nothing); None where it is."""
    got = found["primary"] or "-"
    if got in wanted.split("|"):
        return None
    return f"wanted {wanted}, got {[(f['id'], f['confidence']) for f in found['findings']]}"


def told(classify, replies):
    """The finding of each reply at its stage, "-" for none."""
    asked = "".join("\t".join(row[1:6]) + "\n" for row in replies)
    with tempfile.TemporaryFile() as file:
        file.write(asked.encode())
        file.seek(0)
        result = user.run(classify, stdin=file)
    return [line.split("\t")[1] for line in result.out.splitlines()]


def as_pasted(row):
    """A reply as a log has it, and the options that tell what the log does not."""
    _, provider, stage, code, enhanced, text = row[:6]
    reply = " ".join(part for part in (code, enhanced, text) if part != "-")
    behind = f" (in reply to {COMMANDS[stage]})" if stage in COMMANDS else ""
    if provider.startswith("@"):
        return f"host {provider[1:]}[192.0.2.1] said: {reply}{behind}", []
    return f"server said: {reply}{behind}", [] if provider == "-" else ["--provider", provider]


def main(program, folder, report_schema, classify, replies):
    cases = user.Cases()
    folder = pathlib.Path(folder)
    replies = rows(pathlib.Path(replies))

    @cases.case("the text of every program is told, or known to say nothing")
    def _():
        texts = rows(folder / "client-texts.tsv")
        wrong = [f"{name}: {text}: {problem}" for name, text, wanted, *_ in texts
                 if (problem := wrong_in(wanted, explain(program, text)))]
        told_alone = sum(row[2] != "-" for row in texts)
        print(f"# {told_alone - len(wrong)} of {len(texts)} texts of programs are told; "
              f"{len(texts) - told_alone} cannot be told alone, and say so")
        user.equal([], wrong, "texts")
        user.equal([], [row for row in texts if row[2] == "-" and len(row) < 4], "without a note why")

    @cases.case("every collected reply is told in a log as it is where it comes from")
    def _():
        findings = told(classify, replies)
        wrong = []
        for row, finding in zip(replies, findings, strict=True):
            text, words = as_pasted(row)
            problem = wrong_in(finding, explain(program, text, *words))
            if problem and len(row) < 8:
                wrong.append(f"{text}: {problem}")
        noted = sum(len(row) > 7 for row in replies)
        print(f"# {len(replies) - noted - len(wrong)} of {len(replies)} replies are told; {noted} have a note why not")
        user.equal([], wrong, "replies")

    @cases.case("of a whole log the line that tells most decides")
    def _():
        for name, lines, wanted in rows(folder / "logs.tsv"):
            found = explain(program, (folder / "logs" / name).read_bytes())
            user.equal(None, wrong_in(wanted, found), name)
            user.expect(str(found["line"] or 0) in lines.split("|"), f"{name}: line {found['line']}")
        user.equal(sorted(path.name for path in (folder / "logs").iterdir()),
                   sorted(row[0] for row in rows(folder / "logs.tsv")), "logs")

    @cases.case("its JSON is as the schema says, in both languages")
    def _():
        findings = json.loads(pathlib.Path(report_schema).read_text(encoding="utf-8"))["properties"]["findings"]
        schema = json.loads((folder / "explain.schema.json").read_text(encoding="utf-8"))
        schema["properties"]["findings"] = findings
        for text in ("535 5.7.8 authentication failed", "0x800CCC0E", "what is this?", "Sending failed"):
            for language in user.LANGUAGES:
                for form in ("json", "ndjson"):
                    out = user.run(program, "explain", "-f", form, "--lang", language, text).out
                    jsonschema.validate(json.loads(out), schema)
                    user.equal(language, json.loads(out)["language"], "language")
                    user.expect(form == "json" or out.count("\n") == 1, "one line")

    @cases.case("findings are the most likely first, and together no more than certain")
    def _():
        for text in ("0x800CCC0E", "certificate verify failed", "535 5.7.8 authentication failed", "550"):
            sure = [f["confidence"] for f in explain(program, text)["findings"]]
            user.equal(sorted(sure, reverse=True), sure, text)
            user.expect(0 < sum(sure) <= 1.001, f"{text}: {sure}")

    @cases.case("no secret in a pasted text comes out again")
    def _():
        for leak in LEAKS:
            text = leak.format(*SECRETS)
            user.expect(any(secret in text for secret in SECRETS), f"nothing to leak in {leak}")
            for form in ("text", "json"):
                result = user.run(program, "explain", "-f", form, text)
                for secret in SECRETS:
                    user.expect(secret not in result.out + result.err, f"{form} of {leak}: {result.out}")

    @cases.case("masking leaves the words alone that tell what is wrong")
    def _():
        for text in ("535 5.7.8 Username and Password not accepted", "AUTH LOGIN failed: authentication failed",
                     "250-AUTH LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN", "invalid password: try again",
                     "334 eyJzdGF0dXMiOiI0MDAifQ=="):
            user.equal(text, explain(program, text)["input"], "input")

    @cases.case("numbers that are no replies are not taken for such")
    def _():
        for text in ("10:15:05.550 connecting", "Nov 24 10:15:02 mail postfix/qmgr[535]: removed", "size=550, nrcpt=1",
                     "waited 450 ms", "port 587", "smtp.example.net:465", "File \"send.py\", line 535, in main",
                     "HTTP/1.1 404 Not Found", "version 5.7.1", "192.0.2.1 450 bytes", "delay=451", "port: 450",
                     "1:450", "took 550 seconds"):
            user.equal(None, explain(program, text)["primary"], text)

    @cases.case("numbers alone are told, in every form")
    def _():
        for text in ("535", "535-5.7.8", "535 5.7.8", "5.7.8", "SMTP error 535", "エラー535", "(535)", "Code: 535"):
            user.equal("auth.bad-credentials", explain(program, text)["primary"], text)
        for text in ("0x800CCC0E", "800ccc0e", "(0x800ccc0e)", "エラー番号：0x800CCC0E"):
            user.equal("port.blocked", explain(program, text)["primary"], text)
        user.equal("port.refused", explain(program, "10061")["primary"], "10061")
        user.equal(None, explain(program, "message 10061 of 20000")["primary"], "a count")

    @cases.case("the words of an argument and standard input are the same to it")
    def _():
        text = "535 5.7.8 Error: authentication failed"
        whole = explain(program, text)
        result = user.run(program, "explain", "-f", "json", "--lang", "en", *text.split())
        user.equal(whole, json.loads(result.out), "as words")
        user.equal(whole, explain(program, text.encode()), "from standard input")
        user.equal(whole, explain(program, text.encode(), "-"), "from -")

    @cases.case("an unknown text is said to be unknown, with exit status 3")
    def _():
        for text in ("hello", "\x1b[31m", "あいうえお"):
            result = user.run(program, "explain", "--lang", "en", "--", text)
            user.equal(3, result.status, repr(text))
            user.expect(result.out.startswith("UNKNOWN: "), result.out)
        user.expect("no error" in user.run(program, "explain", "--lang", "en", "235 2.7.0 Accepted").out, "235")

    @cases.case("JSON tells an unknown text from one that says nothing and from one without an error")
    def _():
        for text, outcome in (("535 5.7.8 no", "recognised"), ("235 2.7.0 Accepted", "no-error"),
                              ("Sending of the message failed.", "vague"), ("hello", "unknown")):
            user.equal(outcome, explain(program, text)["outcome"], text)

    @cases.case("no text, and a text behind -, get a line of usage")
    def _():
        with open(os.devnull, "rb") as nothing:
            for words in ((), ("",), (" ",), ("-",), ("-", "foo")):
                result = user.run(program, "explain", "--lang", "en", *words, stdin=nothing)
                user.equal(3, result.status, f"exit status of {words}")
                user.equal("", result.out, f"{words}")
                user.expect(result.err.startswith("smtpdx: explain: ") and result.err.count("\n") == 1, result.err)

    @cases.case("hostile bytes do no harm, and nothing of them reaches a terminal")
    def _():
        for text in (b"\0" * 1000, b"\xff\xfe\x80" * 1000, b"\x1b]0;x\x07 535 5.7.8 \x9b31m no\0body\n" * 50,
                     b"535-" * 200000, b"5.7.8 " * 200000, b"pass=" * 250000, b"\n" * 1000000, b"AUTH PLAIN " * 90000,
                     b"250 '" * 250000 + b")" * 100000, b"connection refused " * 80000, "送信".encode() * 200000,
                     b"a" * 3000000 + b"\n535 5.7.8 authentication failed\n"):
            for form in ("text", "json"):
                with tempfile.TemporaryFile() as file:
                    file.write(text)
                    file.seek(0)
                    result = user.run(program, "explain", "-f", form, "--color", "never", stdin=file)
                user.expect(result.status in (0, 3), f"exit status {result.status} for {text[:20]!r}")
                odd = [c for c in result.out if ord(c) < 32 and c != "\n" or 127 <= ord(c) < 160]
                user.equal([], odd, f"control characters for {text[:20]!r}")
        user.equal("auth.bad-credentials",
                   explain(program, b"a\n" * 2000000 + b"535 5.7.8 authentication failed\n")["primary"], "the end counts")

    @cases.case("the server that a text names is in the steps")
    def _():
        out = user.run(program, "explain", "--lang", "en", "connect to smtp.mail.yahoo.com:465: Connection refused").out
        user.expect("smtp.mail.yahoo.com" in out, out)
        out = user.run(program, "explain", "--lang", "en", "--provider", "icloud", "Connection refused").out
        user.expect("smtp.mail.me.com" in out, out)

    @cases.case("a slip in the server's name is told before what came of it, and the right name is in the steps")
    def _():
        for text in ("getaddrinfo ENOTFOUND smtp.gmial.com", "サーバー smtp.gmai.com が見つかりませんでした",
                     "could not connect to server smtp.gmial.com: Connection refused"):
            found = explain(program, text)
            user.equal("input.typo", found["primary"], text)
            user.expect("smtp.gmail.com" in found["findings"][0]["because"][0]["text"], found["findings"][0])
            user.expect("smtp.gmail.com" in user.run(program, "explain", "--lang", "en", text).out.split("What to do")[1],
                        text)
        for text in ("getaddrinfo ENOTFOUND smtp.gmail.com", "host smtp.gmial.com said: 535 5.7.8 no",
                     "alice@smtp.gmial.com: Connection refused"):
            user.expect(explain(program, text)["primary"] != "input.typo", text)

    @cases.case("what is to be sent to the server's administrator is the line that was pasted")
    def _():
        line = "Nov 24 10:15:03 mx.example.net: Verify error: Certificate has expired"
        out = " ".join(user.run(program, "explain", "--lang", "en", line).out.split())
        user.expect(f'along: "{line}"' in out, out)

    @cases.case("what it quotes stands there, letter by letter")
    def _():
        text = "x The Connection to the  server \u201csmtp.example.net\u201d on the default ports timed out. y"
        found = explain(program, text)["findings"][0]["because"][0]["text"]
        user.expect("The Connection to the  server \u201csmtp.example.net\u201d on the default ports timed out (" in found,
                    found)
        user.expect("this wording is known from Apple Mail" in found, found)
        found = explain(program, "a\nit said that the Certificate\nhas Expired")["findings"][0]["because"][0]["text"]
        user.expect("Certificate has Expired (" in found, found)

    @cases.case("what the words of a reply exclude is not named beside what they mean")
    def _():
        for text in ("550 5.1.1 The email account does not exist", "550", "554",
                     "550-5.7.26 This mail has been blocked because the sender is unauthenticated."):
            others = [f["id"] for f in explain(program, text)["findings"]]
            user.expect(others and not any(other.startswith("auth.") for other in others), f"{text}: {others}")

    @cases.case("the report says how sure it is, in either language, and -q only that")
    def _():
        text = "534 5.7.9 Application-specific password required x - gsmtp"
        for language, word in (("en", "CERTAIN: "), ("ja", "ほぼ確実：")):
            out = user.run(program, "explain", "--lang", language, text).out
            user.expect(out.startswith(word), out)
            quiet = user.run(program, "explain", "-q", "--lang", language, text).out
            user.equal(1, quiet.count("\n"), "lines")
            user.expect(out.startswith(quiet.strip()[:20]), quiet)

    @cases.case("certain is only what nothing speaks against")
    def _():
        words = ((0.9, "CERTAIN"), (0.8, "VERY LIKELY"), (0.6, "LIKELY"), (0, "POSSIBLE"))
        for name, text, *_ in rows(folder / "client-texts.tsv")[::4]:
            findings = explain(program, text)["findings"]
            if findings:
                word = next(word for least, word in words if findings[0]["confidence"] >= least)
                out = user.run(program, "explain", "-q", "--lang", "en", "--", text).out
                user.expect(out.startswith(word + ": "), f"{text}: {findings[0]['confidence']}: {out}")

    @cases.case("a terminal without a text gets a line of usage")
    def _():
        host, guest = pty.openpty()
        result = user.run(program, "explain", "--lang", "en", stdin=guest)
        os.close(host)
        os.close(guest)
        user.equal(3, result.status, "exit status")
        user.expect(result.err.startswith("smtpdx: explain: ") and result.err.count("\n") == 1, result.err)

    return user.tap(cases)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
