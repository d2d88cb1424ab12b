"""That practice servers judge sign-ins rightly, do wrong what a scenario asks for, and take and refuse mail.

The clients are Python's own and, for what these do not know, written here from the specifications: nothing of
smtpdx or of GNU SASL judges itself. Prints TAP.

usage: check_sign_in.py SMTPDX
"""
import base64
import contextlib
import hashlib
import hmac
import imaplib
import poplib
import re
import secrets
import smtplib
import ssl
import subprocess
import sys

import expectation
from served import PATIENCE_S, Served, complaints
from tls_client import Client

HOST = "mail.example.test"
USER, PASSWORD, TOKEN = "me@example.test", "correct horse, battery", "ya29.a0-Token_of~no/one+"
OTHER = "another's own password"
MECHANISMS = ("PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS XOAUTH2 "
              "OAUTHBEARER")
OFFER = f"on tls EHLO server 250-{HOST} / 250-SIZE 1000000 / 250 AUTH {MECHANISMS}\n"
ACCOUNTS = f"target {HOST}\naccount {USER} {PASSWORD}\ntoken {USER} {TOKEN}\n"
LETTER = [f"From: {USER}", "To: you@example.test", "Date: Thu, 1 Jan 2026 00:00:00 +0000", "Subject: a test",
          "Message-ID: <1@me.example.test>", "", "..a dot", "."]
LETTER_SIZE = sum(len(line) + 2 for line in LETTER[:-1]) - 1  # one dot is stuffing


def coded(text):
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def decoded(text):
    return base64.b64decode(text, validate=True)


@contextlib.contextmanager
def served(program, *lines):
    """Servers of these lines behind the accounts; whoever uses them must not stray from them."""
    server = Served(program, text=ACCOUNTS + "\n".join(lines) + "\n")
    try:
        yield server
    finally:
        status, _, server.transcript = server.end()
    assert status == 0, f"exit status {status}: {server.transcript}"


@contextlib.contextmanager
def session(server, port=587):
    """A connection to a submission server, inside TLS and behind EHLO."""
    client = Client(server.ports[port], PATIENCE_S)
    try:
        if port == 587:
            expect(220, client.reply())
            expect(250, client.ask("EHLO me.example.test"))
            expect(220, client.ask("STARTTLS"))
        client.start_tls(HOST)
        if port == 465:
            expect(220, client.reply())
        expect(250, client.ask("EHLO me.example.test"))
        yield client
    finally:
        client.close()


def expect(code, reply):
    assert reply[0] == code, f"wanted {code}, not {reply}"
    return reply[1]


# ---- clients of each mechanism -------------------------------------------------------


def plain(client, user, secret):
    return client.ask("AUTH PLAIN " + coded(f"\0{user}\0{secret}"))


def plain_in_two_steps(client, user, secret):
    assert expect(334, client.ask("AUTH PLAIN")) == "", "a challenge for PLAIN"
    return client.ask(coded(f"\0{user}\0{secret}"))


def login(client, user, secret):
    expect(334, client.ask("AUTH LOGIN"))
    expect(334, client.ask(coded(user)))
    return client.ask(coded(secret))


def login_with_the_user_at_once(client, user, secret):
    expect(334, client.ask("auth login " + coded(user)))
    return client.ask(coded(secret))


def cram_md5(client, user, secret):
    challenge = decoded(expect(334, client.ask("AUTH CRAM-MD5")))
    return client.ask(coded(f"{user} {hmac.new(secret.encode(), challenge, 'md5').hexdigest()}"))


def xoauth2(client, user, secret):
    reply = client.ask("AUTH XOAUTH2 " + coded(f"user={user}\x01auth=Bearer {secret}\x01\x01"))
    if reply[0] == 334:
        client.told = decoded(reply[1]).decode()
        return client.ask("")
    return reply


def oauthbearer(client, user, secret):
    reply = client.ask("AUTH OAUTHBEARER " + coded(
        f"n,a={user},\x01host={HOST}\x01port=587\x01auth=Bearer {secret}\x01\x01"))
    if reply[0] == 334:
        client.told = decoded(reply[1]).decode()
        return client.ask(coded("\x01"))
    return reply


class Scram:
    """RFC 5802, RFC 7677; the binding by RFC 9266."""

    def __init__(self, mechanism, header=None, binding=None, initial=True):
        self.mechanism, self.initial = mechanism, initial
        self.hash = "sha256" if "256" in mechanism else "sha1"
        self.header, self.binding = header, binding  # where not what is right

    def hmac(self, key, text):
        return hmac.new(key, text.encode(), self.hash).digest()

    def __call__(self, client, user, secret):
        plus = self.mechanism.endswith("-PLUS")
        header = self.header or ("p=tls-exporter,," if plus else "n,,")
        binding = (self.binding or client.binding()) if plus else b""
        nonce = secrets.token_hex(9)
        first = f"n={user.replace('=', '=3D').replace(',', '=2C')},r={nonce}"
        if self.initial:
            reply = client.ask(f"AUTH {self.mechanism} {coded(header + first)}")
        else:
            assert expect(334, client.ask(f"AUTH {self.mechanism}")) == "", "a challenge too early"
            reply = client.ask(coded(header + first))
        if reply[0] != 334:
            return reply
        server_first = decoded(reply[1]).decode()
        their, salt, self.rounds = re.fullmatch(r"r=([^,]+),s=([^,]+),i=(\d+)", server_first).groups()
        self.nonce_continues = their.startswith(nonce) and len(their) > len(nonce)
        if int(self.rounds) > 100000:
            return client.ask("*")
        salted = hashlib.pbkdf2_hmac(self.hash, secret.encode(), decoded(salt), int(self.rounds))
        final = f"c={coded(header.encode() + binding)},r={their}"
        message = f"{first},{server_first},{final}"
        client_key = self.hmac(salted, "Client Key")
        signature = self.hmac(hashlib.new(self.hash, client_key).digest(), message)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        reply = client.ask(coded(f"{final},p={coded(proof)}"))
        self.signed = None
        if reply[0] != 334:
            return reply
        server_signature = self.hmac(self.hmac(salted, "Server Key"), message)
        self.signed = decoded(reply[1]).decode() == "v=" + coded(server_signature)
        return client.ask("" if self.signed else "*")


SCRAMS = [Scram(name) for name in MECHANISMS.split() if name.startswith("SCRAM")]
WITH_PASSWORD = [plain, plain_in_two_steps, login, login_with_the_user_at_once, cram_md5, *SCRAMS,
                 Scram("SCRAM-SHA-256", initial=False)]
WITH_TOKEN = [xoauth2, oauthbearer]


def name_of(mechanism):
    return getattr(mechanism, "mechanism", None) or mechanism.__name__


# ---- cases ----------------------------------------------------------------------------


def each_mechanism_accepts_what_is_right_and_denies_what_is_not(program):
    with served(program, "port 587 submission", OFFER, "port 465 submissions tls=1.2", OFFER) as server:
        for port in (587, 465):
            for mechanism in WITH_PASSWORD + WITH_TOKEN:
                right = TOKEN if mechanism in WITH_TOKEN else PASSWORD
                for user, secret, code in ((USER, right, 235), (USER, right + "x", 535),
                                           (USER, right[:-1], 535), ("you" + USER, right, 535),
                                           (USER, right.upper(), 535)):
                    with session(server, port) as client:
                        got = mechanism(client, user, secret)
                        assert got[0] == code, (port, name_of(mechanism), user, secret, got)
                        if code == 235:
                            assert getattr(mechanism, "signed", True), f"{name_of(mechanism)}: no signature"
                            expect(503, client.ask("AUTH PLAIN"))
    assert not complaints(server.transcript), complaints(server.transcript)
    for secret in (PASSWORD, TOKEN):
        for text in (secret, *(coded(b"\0" * n + secret.encode())[4:-4] for n in range(3))):
            assert text not in server.transcript, f"the transcript shows {text}"


def a_password_is_no_token_and_a_token_no_password(program):
    with served(program, "port 587 submission", OFFER) as server:
        for mechanism in WITH_PASSWORD + WITH_TOKEN:
            with session(server) as client:
                expect(535, mechanism(client, USER, PASSWORD if mechanism in WITH_TOKEN else TOKEN))


def another_binding_and_a_downgrade_are_denied(program):
    cases = [Scram("SCRAM-SHA-256-PLUS", binding=bytes(32)), Scram("SCRAM-SHA-1-PLUS", binding=bytes(32)),
             Scram("SCRAM-SHA-256", header="y,,"), Scram("SCRAM-SHA-256-PLUS", header="n,,")]
    with served(program, "port 587 submission", OFFER) as server:
        for scram in cases:
            with session(server) as client:
                reply = scram(client, USER, PASSWORD)
                assert reply[0] in (501, 535), (scram.mechanism, scram.header, reply)
    without = OFFER.replace("SCRAM-SHA-1-PLUS ", "").replace("SCRAM-SHA-256-PLUS ", "")
    with served(program, "port 587 submission", without) as server, session(server) as client:
        expect(235, Scram("SCRAM-SHA-256", header="y,,")(client, USER, PASSWORD))


def each_fault_is_done(program):
    def run(fault, scram):
        with (served(program, "port 587 submission", OFFER, f"on AUTH auth {fault}") as server,
              session(server) as client):
            reply = scram(client, USER, PASSWORD)
        assert not complaints(server.transcript), complaints(server.transcript)
        return reply

    for mechanism in ("SCRAM-SHA-1", "SCRAM-SHA-256-PLUS"):
        scram = Scram(mechanism)
        expect(501, run("wrong-signature", scram))
        assert scram.signed is False, "the signature is right"
        expect(235, run("no-signature", scram))
        assert scram.signed is None, "there is a signature"
        run("wrong-nonce", scram)
        assert not scram.nonce_continues, "the nonce is right"
        expect(501, run("many-rounds", scram))
        assert scram.rounds == "2000000000", scram.rounds


def a_client_that_does_not_see_through_a_fault_is_complained_of(program):
    def run(fault, *lines):
        with (served(program, "port 587 submission", OFFER, f"on AUTH auth {fault}") as server,
              session(server) as client):
            replies = [client.ask(line) for line in lines]
        return replies, complaints(server.transcript)

    def is_base64(text):
        try:
            return decoded(text) is not None
        except ValueError:
            return False

    for first in ("AUTH CRAM-MD5", "AUTH PLAIN " + coded("\0a\0b"),
                  "AUTH SCRAM-SHA-256 " + coded("n,,n=a,r=b")):
        replies, said = run("garbage", first, "*")
        assert [code for code, _ in replies] == [334, 501] and not said, (replies, said)
        assert not is_base64(replies[0][1]), replies[0]
        replies, said = run("garbage", first, "")
        assert [code for code, _ in replies] == [334, 501] and len(said) == 1, (replies, said)
        replies, said = run("endless", first, *["aaaa"] * 20, "*")
        assert [code for code, _ in replies] == [334] * 21 + [501] and not said, (replies, said)
    # Those whose challenges are not looked at, and those that nod to whatever they are told.
    for first, code in (("AUTH LOGIN", 501), ("AUTH XOAUTH2 aaaa", 535), ("AUTH OAUTHBEARER aaaa", 535)):
        replies, said = run("garbage", first, "")
        assert [got for got, _ in replies] == [334, code] and not said, (replies, said)


def what_is_no_sign_in_is_told_so(program):
    cases = [(501, "AUTH PLAIN !"), (501, "AUTH PLAIN ="), (501, "AUTH PLAIN " + coded("no zero bytes")),
             (501, "AUTH PLAIN " + coded(f"\0{USER}\0{PASSWORD}") + "="), (501, "AUTH CRAM-MD5 aaaa"),
             (535, "AUTH PLAIN " + coded(f"other\0{USER}\0{PASSWORD}")),
             (235, "AUTH PLAIN " + coded(f"{USER}\0{USER}\0{PASSWORD}")),
             (501, "AUTH XOAUTH2 " + coded(f"user={USER}\x01auth=Bearer {TOKEN}\x01")),
             (501, "AUTH XOAUTH2 " + coded(f"user={USER}\x01auth={TOKEN}\x01\x01")),
             (501, "AUTH OAUTHBEARER " + coded(f"user={USER}\x01auth=Bearer {TOKEN}\x01\x01")),
             (501, "AUTH OAUTHBEARER " + coded(f"n,a=a=b,\x01auth=Bearer {TOKEN}\x01\x01")),
             (504, "AUTH DIGEST-MD5"), (504, "AUTH"), (504, "AUTH SCRAM-SHA-512")]
    with served(program, "port 587 submission", OFFER) as server:
        for code, line in cases:
            with session(server) as client:
                reply = client.ask(line)
                assert reply[0] == code, (code, line, reply)
        with session(server) as client:
            expect(334, client.ask("AUTH LOGIN"))
            expect(501, client.ask("*"))
            expect(235, plain(client, USER, PASSWORD))
    with served(program, "port 587 submission") as server, session(server) as client:
        expect(504, client.ask("AUTH SCRAM-SHA-256"))  # known, and not offered


def how_a_sign_in_ends_is_what_the_file_says(program):
    gmail = "535-5.7.8 Username and Password not accepted. / 535 5.7.8 https://support.example.test/"
    with served(program, "oauth-error {\"status\":\"401\"}",
                "port 587 submission", OFFER, f"on denied server {gmail}",
                "on accepted=LOGIN server 535 5.7.139 Basic sign-in is off", "on accepted=CRAM-MD5 close",
                "port 465 submissions", OFFER, "on AUTH server 454 4.7.0 Later") as server:
        with session(server) as client:
            said = expect(535, plain(client, USER, "wrong"))
            assert said.endswith(" not accepted.\n5.7.8 https://support.example.test/"), said
            expect(535, login(client, USER, PASSWORD))
            expect(530, client.ask(f"MAIL FROM:<{USER}>"))
            expect(535, xoauth2(client, USER, "wrong"))
            assert client.told == '{"status":"401"}', client.told
            expect(0, cram_md5(client, USER, PASSWORD))
        with session(server, 465) as client:
            expect(454, plain(client, USER, PASSWORD))
    with (served(program, "oauth-error none", "port 587 submission", OFFER) as server,
          session(server) as client):
        expect(535, oauthbearer(client, USER, "wrong"))
        assert not hasattr(client, "told"), "it was told something"


def a_secret_outside_of_tls_or_of_a_sign_in_is_complained_of(program):
    with served(program, "port 587 submission", OFFER) as server:
        with session(server) as client:
            client.ask(f"MAIL FROM:<{PASSWORD}>")
        client = Client(server.ports[587], PATIENCE_S)
        expect(220, client.reply())
        expect(250, client.ask("EHLO me"))
        expect(538, plain(client, USER, PASSWORD))
        expect(538, client.ask("AUTH LOGIN"))
        client.close()
        with session(server, 465) as client:  # with one that the scenario does not know
            for sign_in in (plain, plain_in_two_steps, login):
                expect(535, sign_in(client, USER, OTHER))
        client = Client(server.ports[25], PATIENCE_S)
        expect(220, client.reply())
        expect(500, plain(client, USER, OTHER))
        client.close()
    said = complaints(server.transcript)
    assert said.pop() == "port 25: no answer is known to 'AUTH PLAIN (%d bytes)'" % len(
        coded(f"\0{USER}\0{OTHER}")), said
    for n in range(3):
        assert coded(b"\0" * n + OTHER.encode())[4:-4] not in server.transcript, server.transcript
    assert [re.sub(r"\d+", "N", line) for line in said] == [
        "port N: a secret where none may be: 'MAIL FROM:<[secret]>'",
        "port N: a secret where none may be: 'AUTH PLAIN (N bytes)'"], said


def mail_is_taken_from_those_who_signed_in(program):
    with served(program, "port 587 submission", OFFER, "port 465 submissions", OFFER,
                "on signed MAIL=FROM:<other@example.test> server 553 5.7.1 Not your address",
                "on RCPT=TO:<nobody@example.test> server 550 5.1.1 No such user",
                "on DATA server 354 Go on", "message", "server 552 5.7.0 Not that") as server:
        with session(server) as client:
            expect(530, client.ask(f"MAIL FROM:<{USER}>"))
            expect(235, plain(client, USER, PASSWORD))
            expect(250, client.ask(f"MAIL FROM:<{USER}> SIZE={LETTER_SIZE}"))
            expect(250, client.ask("RCPT TO:<you@example.test>"))
            expect(354, client.ask("DATA"))
            for line in LETTER:
                client.send(line)
            expect(250, client.reply())
        with session(server, 465) as client:
            expect(235, plain(client, USER, PASSWORD))
            expect(553, client.ask("MAIL FROM:<other@example.test>"))
            expect(250, client.ask(f"MAIL FROM:<{USER}>"))
            expect(550, client.ask("RCPT TO:<nobody@example.test>"))
            expect(250, client.ask("RCPT TO:<you@example.test>"))
            expect(354, client.ask("DATA"))
            for line in LETTER:
                client.send(line)
            expect(552, client.reply())
    assert not complaints(server.transcript), complaints(server.transcript)
    want = expectation.Expectation(taken=1, envelope={"from": USER, "to": "you@example.test"})
    found = expectation.differences_of_mail(want, server.transcript)
    assert not found, found
    want = expectation.Expectation(taken=0, envelope={"from": "another", "to": "another"})
    short = server.transcript.replace("Message-ID", "ID").replace("587 C To: you", "587 C To: someone")
    found = expectation.differences_of_mail(want, short)
    assert len(found) == 4, found
    other = server.transcript.replace("C To: you", "C To: someone").replace(f"SIZE={LETTER_SIZE}", "SIZE=1")
    assert len(expectation.flaws(expectation.letters(other)[0])) == 2, expectation.letters(other)


def python_signs_in_and_sends(program):
    with served(program, "port 587 submission", OFFER) as server:
        with smtplib.SMTP("127.0.0.1", server.ports[587], timeout=PATIENCE_S) as client:
            client._host = HOST  # the name that the certificate must have
            client.starttls(context=ssl.create_default_context(cafile=server.root))
            client.login(USER, PASSWORD)
            client.sendmail(USER, ["you@example.test"], "\r\n".join(LETTER[:-1]))
    assert not complaints(server.transcript), complaints(server.transcript)


# ---- incoming -------------------------------------------------------------------------


def imap_and_pop_are_there_with_and_without_starttls(program):
    with served(program, "options --incoming") as server:
        context = ssl.create_default_context(cafile=server.root)
        context.check_hostname = False
        for port, implicit in ((143, False), (993, True)):
            client = (imaplib.IMAP4_SSL("127.0.0.1", server.ports[port], ssl_context=context,
                                        timeout=PATIENCE_S)
                      if implicit else imaplib.IMAP4("127.0.0.1", server.ports[port], timeout=PATIENCE_S))
            if not implicit:
                assert {"STARTTLS", "LOGINDISABLED"} <= set(client.capabilities), client.capabilities
                client.starttls(context)
            assert "AUTH=PLAIN" in client.capability()[1][0].decode(), client.capability()
            client.logout()
        for port, implicit in ((110, False), (995, True)):
            client = (poplib.POP3_SSL("127.0.0.1", server.ports[port], context=context, timeout=PATIENCE_S)
                      if implicit else poplib.POP3("127.0.0.1", server.ports[port], timeout=PATIENCE_S))
            assert client.welcome.startswith(b"+OK") and b"<" in client.welcome, client.welcome
            if not implicit:
                assert "STLS" in client.capa(), client.capa()
                client.stls(context)
            assert client.capa()["SASL"] == ["PLAIN"], client.capa()
            client.quit()
    assert not complaints(server.transcript), complaints(server.transcript)


def imap_and_pop_have_faults(program):
    with served(program, "cert other names=other.example.test",
                "port 143 imap", "on connect server * BYE Not now", "close", "port 993 imaps cert=other",
                "port 110 pop", "on connect server -ERR Not now", "close", "port 995 refused",
                "port 144 imap", "on STARTTLS server {tag} NO Not here",
                "port 111 pop", "on CAPA server -ERR What",
                "port 994 mute", "port 112 pop", "on STLS server -ERR No") as server:
        context = ssl.create_default_context(cafile=server.root)
        ports = server.ports

        def fails(kind, words, act):
            try:
                act()
            except kind as error:
                assert words in str(error), error
            else:
                raise AssertionError(f"no {words}")

        def other_name():
            with ssl.create_default_context(cafile=server.root).wrap_socket(
                    Client(ports[993], PATIENCE_S).socket, server_hostname=HOST):
                pass

        def imap(port, patience_s=PATIENCE_S):
            return imaplib.IMAP4("127.0.0.1", ports[port], timeout=patience_s)

        def pop(port):
            return poplib.POP3("127.0.0.1", ports[port], timeout=PATIENCE_S)

        fails(imaplib.IMAP4.error, "Not now", lambda: imap(143))
        fails(poplib.error_proto, "Not now", lambda: pop(110))
        fails(ssl.SSLCertVerificationError, "Hostname mismatch", other_name)
        fails(ConnectionRefusedError, "", lambda: Client(ports[995], PATIENCE_S))
        fails(imaplib.IMAP4.error, "establish TLS", lambda: imap(144).starttls(context))
        fails(poplib.error_proto, "not supported", lambda: pop(111).capa())
        fails(poplib.error_proto, "-ERR No", lambda: pop(112).stls(context))
        fails(TimeoutError, "", lambda: imap(994, 0.2))
        client = Client(ports[144], PATIENCE_S)
        client.line()
        client.send("x1 LOGIN me secret")
        assert client.line() == "x1 BAD What?"
        client.close()
    said = complaints(server.transcript)
    assert said == ["port 144: no answer is known to 'x1 LOGIN me secret'"], said


CASES = [each_mechanism_accepts_what_is_right_and_denies_what_is_not,
         a_password_is_no_token_and_a_token_no_password,
         another_binding_and_a_downgrade_are_denied, each_fault_is_done,
         a_client_that_does_not_see_through_a_fault_is_complained_of, what_is_no_sign_in_is_told_so,
         how_a_sign_in_ends_is_what_the_file_says, a_secret_outside_of_tls_or_of_a_sign_in_is_complained_of,
         mail_is_taken_from_those_who_signed_in, python_signs_in_and_sends,
         imap_and_pop_are_there_with_and_without_starttls, imap_and_pop_have_faults]


def main(program):
    failed = False
    print(f"1..{len(CASES)}")
    for number, case in enumerate(CASES, 1):
        title = case.__name__.replace("_", " ")
        try:
            case(program)
            print("ok", number, "-", title)
        except (AssertionError, OSError, subprocess.TimeoutExpired, smtplib.SMTPException,
                imaplib.IMAP4.error, poplib.error_proto) as error:
            print("not ok", number, "-", title)
            for line in (str(error) or repr(error)).splitlines():
                print("#", line)
            failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
