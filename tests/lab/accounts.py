"""The people of the lab: what they sign in with, where their mail lies, and what their tokens are worth."""

import base64
import json
import time

USER, PASSWORD = "alice@example.test", "open sesame"
# The blank at its end belongs to the password: whoever cuts it off is refused.
BLANK_USER, BLANK_PASSWORD = "blank@example.test", "ends with a blank "
# Neither is plain ASCII; what SASLprep leaves alone.
FOREIGN_USER, FOREIGN_PASSWORD = "keiko@example.test", "ひらけゴマ"
PASSWORDS = {USER: PASSWORD, BLANK_USER: BLANK_PASSWORD, FOREIGN_USER: FOREIGN_PASSWORD}

# Who gets mail, and who is known and gets none just now: what Postfix says of them.
MAILBOXES = [USER, "bob@example.test"]
REFUSED = {
    "full@example.test": "552 5.2.2 Mailbox full",
    "grey@example.test": "450 4.2.0 Greylisted, try again later",
}


def _jwt(claims):
    parts = [json.dumps({"alg": "RS256", "typ": "JWT"}).encode(), json.dumps(claims).encode(), b"no real signature"]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


NOW = int(time.time())
CLAIMS = {"iss": "https://tokens.example.test", "aud": "https://mail.example.test", "scope": "mail", "upn": USER,
          "iat": NOW - 60, "exp": NOW + 3600}
# Tokens by what is the matter with them; the opaque one tells nothing of itself.
TOKENS = {
    "good": _jwt(CLAIMS),
    "opaque": "ya29.a0AfB_lab-token~+/==",
    "expired": _jwt({**CLAIMS, "iat": NOW - 7200, "exp": NOW - 3600}),
    "scope": _jwt({**CLAIMS, "scope": "calendar"}),
    "user": _jwt({**CLAIMS, "upn": "bob@example.test"}),
    "revoked": "ya29.revoked-lab-token",
}
# What the issuer says of each to whoever asks (RFC 7662); of any other that it is not active.
INTROSPECTION = {
    TOKENS["good"]: {"active": True, "username": USER, "scope": "mail"},
    TOKENS["opaque"]: {"active": True, "username": USER, "scope": "mail"},
    TOKENS["scope"]: {"active": True, "username": USER, "scope": "calendar"},
    TOKENS["user"]: {"active": True, "username": "bob@example.test", "scope": "mail"},
}

# A program of the issuer's: introspection over HTTP, where the token is asked about by POST.
ISSUER = """
import http.server, json, sys, urllib.parse
port, known = int(sys.argv[1]), json.loads(sys.argv[2])
class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        answer = json.dumps(known.get(form.get("token", [""])[0], {"active": False})).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
http.server.ThreadingHTTPServer(("127.0.0.1", port), Answer).serve_forever()
"""
