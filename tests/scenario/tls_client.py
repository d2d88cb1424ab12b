"""A client of line protocols that knows what a TLS session exports, which Python's ssl does not tell.

Through ctypes on the GnuTLS that is there anyway. It verifies nothing: the servers are our own.
"""
import ctypes
import ctypes.util
import socket

CLIENT = 1 << 1  # GNUTLS_CLIENT
CERTIFICATE = 1  # GNUTLS_CRD_CERTIFICATE
NAME_DNS = 1  # GNUTLS_NAME_DNS
BINDING_LABEL = b"EXPORTER-Channel-Binding"  # RFC 9266 section 3
BINDING_SIZE = 32


def library():
    gnutls = ctypes.CDLL(ctypes.util.find_library("gnutls") or "libgnutls.so.30")
    gnutls.gnutls_record_recv.restype = gnutls.gnutls_record_send.restype = ctypes.c_ssize_t
    return gnutls


class Client:
    """Lines out, lines in; in the clear until start_tls()."""

    gnutls = library()

    def __init__(self, port, patience_s):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=patience_s)
        self.socket.setblocking(True)
        seconds = int(patience_s).to_bytes(8, "little") + bytes(8)  # struct timeval
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, seconds)
        self.session = None
        self.unread = b""

    def close(self):
        if self.session is not None:
            self.gnutls.gnutls_deinit(self.session)
            self.gnutls.gnutls_certificate_free_credentials(self.credentials)
            self.session = None
        self.socket.close()

    def start_tls(self, name):
        session, self.credentials = ctypes.c_void_p(), ctypes.c_void_p()
        self.try_to("init", ctypes.byref(session), CLIENT)
        self.session = session
        self.try_to("certificate_allocate_credentials", ctypes.byref(self.credentials))
        self.try_to("set_default_priority", session)
        self.try_to("credentials_set", session, CERTIFICATE, self.credentials)
        self.try_to("server_name_set", session, NAME_DNS, name.encode(), ctypes.c_size_t(len(name)))
        self.gnutls.gnutls_transport_set_int2(session, self.socket.fileno(), self.socket.fileno())
        self.try_to("handshake", session)

    def try_to(self, what, *arguments):
        code = getattr(self.gnutls, f"gnutls_{what}")(*arguments)
        if code < 0:
            raise OSError(f"gnutls_{what}: {code}")

    def binding(self):
        """tls-exporter of this session, by the general function for exported keys (RFC 5705, RFC 8446)."""
        out = ctypes.create_string_buffer(BINDING_SIZE)
        self.try_to("prf_rfc5705", self.session, ctypes.c_size_t(len(BINDING_LABEL)), BINDING_LABEL,
                    ctypes.c_size_t(0), b"", ctypes.c_size_t(BINDING_SIZE), out)
        return out.raw

    def send(self, line):
        data = line.encode() + b"\r\n"
        if self.session is None:
            self.socket.sendall(data)
        else:
            self.try_to("record_send", self.session, data, ctypes.c_size_t(len(data)))

    def receive(self):
        """What comes next; b"" at the end."""
        if self.session is None:
            return self.socket.recv(65536)
        out = ctypes.create_string_buffer(65536)
        n = self.gnutls.gnutls_record_recv(self.session, out, ctypes.c_size_t(len(out)))
        return out.raw[:max(n, 0)]

    def line(self):
        """The next line without its end; "" at the end of the connection."""
        while b"\r\n" not in self.unread:
            more = self.receive()
            if not more:
                break
            self.unread += more
        line, _, self.unread = self.unread.partition(b"\r\n")
        return line.decode()

    def reply(self):
        """A whole reply of SMTP: the code (0 for none), and the texts of its lines joined by line ends."""
        texts = []
        while (line := self.line())[3:4] == "-":
            texts.append(line[4:])
        return int(line[:3] or 0), "\n".join([*texts, line[4:]])

    def ask(self, line):
        self.send(line)
        return self.reply()
