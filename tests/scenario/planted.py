"""Lets a secret out in one way, for the watch to catch. The secret stands in a file.

usage: planted.py WAY FILE [RECORD]
"""
import base64
import os
import socket
import ssl
import subprocess
import sys
import threading
import urllib.parse

way, file, *record = sys.argv[1:]
with open(file, "rb") as given:
    secret = given.read()


def talk(parts, wrap=lambda connected, at_server: connected):
    """Sends these parts, a packet each, to a server of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        other, _ = server.accept()

        def listen():
            with wrap(other, True) as talking:
                while talking.recv(4096):
                    pass

        listener = threading.Thread(target=listen)
        listener.start()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with wrap(client, False) as talking:
            for part in parts:
                talking.sendall(part)
        listener.join()


def in_tls(connected, at_server):
    """Encrypted, and nothing else: neither side has a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if at_server else ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    return context.wrap_socket(connected, server_side=at_server)


def halves(line):
    return line[:len(line) // 2], line[len(line) // 2:]


def say_plain(user, **how):
    talk(halves(b"AUTH PLAIN " + base64.b64encode(b"\0" + user + b"\0" + secret) + b"\r\n"), **how)


if way == "nothing":
    pass
elif way == "clear":
    talk(halves(b"PASS " + secret + b"\r\n"))
elif way.startswith("base64-"):
    say_plain(b"u" * int(way[-1]))
elif way == "tls":
    say_plain(b"user", wrap=in_tls)
elif way == "datagram":
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(secret, ("127.0.0.1", 53))
elif way == "output":
    print("the server says:", base64.urlsafe_b64encode(b"x" + secret).decode())
elif way == "complaint":
    print("warning:", secret.decode(), file=sys.stderr)
elif way == "part":
    print(secret[:30].decode())
elif way == "record":
    with open(record[0], "w", encoding="ascii") as written:
        written.write('{"login": "' + urllib.parse.quote(secret) + '"}')
elif way == "command-line":
    subprocess.run([sys.executable, "-c", "import time; time.sleep(0.1)", secret], check=True)
elif way == "environment":
    subprocess.run(["sleep", "0.1"], env=os.environ | {"SECRET": secret.decode()}, check=True)
else:
    sys.exit(__doc__)
