"""The real servers: how each is set up, started and known to be ready.

A server sees the machine's own file system with its unpacked packages and its
configuration laid over it; what it writes goes to memory and is gone at the end.
"""

import json
import os
import subprocess
import sys
import time
import tomllib
from ipaddress import ip_address
from pathlib import Path

import accounts
import network
from trouble import Broken, Unavailable

HOME = Path("/run/lab")
AUTH_PORT, ISSUER_PORT = 12345, 8900
MAIL = "var/mail/lab"

# The faces of Postfix: the same server on its own address each, healthy or with one fault.
POSTFIX_FACES = ["good", "expired", "wrong-name", "self-signed", "incomplete", "no-starttls", "small", "limited",
                 "listed"]
# What those do that differ in more than their certificate: take small messages alone and do not say so before, take
# one AUTH a minute from an address, and ask a block list.
BLOCK_LIST = "rbl.lab.test"
POSTFIX_SETTINGS = {
    "small": {"message_size_limit": 200, "smtpd_discard_ehlo_keywords": "size"},
    "limited": {"smtpd_client_auth_rate_limit": 1},
    "listed": {"smtpd_recipient_restrictions": f"reject_rbl_client,{BLOCK_LIST}"},
}

# Whom a check contacts once its target fails, by kind: the mail ports are Exim's, on an address each, all else is
# the world's; Gmail's, the usual target, stays Postfix's.
TARGET = "smtp.gmail.com"
CONTROLS = {}
for _control in tomllib.loads((Path(__file__).resolve().parents[2] / "data/controls.toml").read_text())["controls"]:
    if _control["host"] != TARGET:
        CONTROLS.setdefault(_control["kind"], []).append(_control["host"])
EXIM_FACES = ["mail.exim.test", *CONTROLS["mail"]]
WORLD_FACES = ["world.test", *CONTROLS["web"], *CONTROLS["portal"]]
# A service of two servers, Exim's next faces, and one that has no IPv4 address.
PAIR, IPV6_ONLY = "pair.exim.test", "six.exim.test"
# Exim that takes one AUTH an hour, and one that takes small messages alone.
LIMITED, SMALL = "limited.exim.test", "small.exim.test"
# Another provider's name of Postfix, and where the mail of both is read: this one's by STARTTLS, too.
OTHER = "mail.gmx.net"
INCOMING = ["imap.gmail.com", "pop.gmail.com", "imap.gmx.net", "pop.gmx.net"]
FOREIGN = [*CONTROLS["address"], *CONTROLS["resolver"]]

# User ids that a Debian machine leaves unused; they exist inside the servers' view alone.
USERS = [
    ("postfix", 61001, "/var/spool/postfix"),
    ("postdrop", 61002, "/nonexistent"),
    ("Debian-exim", 61003, "/var/spool/exim4"),
    ("dovecot", 61004, "/usr/lib/dovecot"),
    ("dovenull", 61005, "/nonexistent"),
    ("dnsmasq", 61006, "/var/lib/misc"),
]


def names():
    """Every name of the lab with its addresses."""
    table = {}
    for offset, face in enumerate(POSTFIX_FACES):
        table[f"{face}.postfix.test"] = network.server_address("postfix", offset)
    table[TARGET] = table[OTHER] = network.server_address("postfix")
    for server, faces in (("exim", EXIM_FACES), ("world", WORLD_FACES)):
        for offset, face in enumerate(faces):
            table[face] = network.server_address(server, offset)
    table[PAIR] = tuple(address for offset in range(2)
                        for address in network.server_address("exim", len(EXIM_FACES) + offset))
    table[IPV6_ONLY] = network.server_address("exim")[1:]
    for offset, face in enumerate((LIMITED, SMALL), len(EXIM_FACES) + 2):
        table[face] = network.server_address("exim", offset)
    for host in ("submission.dovecot.test", *INCOMING):
        table[host] = network.server_address("dovecot")
    table["time.google.com"] = network.server_address("chrony")
    return table


# The world has an issuer of its own: one that signs for everybody is a product in between.
AUTHORITIES = ["Lab", "World"]


def make_certificates(authority, of_world):
    for face in POSTFIX_FACES:
        also = [TARGET, OTHER] if face in ("good", "no-starttls") else []
        own = [f"{face}.postfix.test", *also]
        faults = {
            "expired": {"first_day": -60, "last_day": -3},
            "self-signed": {"self_signed": True},
            "incomplete": {"intermediate": False},
        }
        authority.leaf(face, ["mail.elsewhere.test"] if face == "wrong-name" else own, **faults.get(face, {}))
    # So many names that what TLS sends first fills a packet, as chains of RSA keys do everywhere.
    authority.leaf("exim", [EXIM_FACES[0], PAIR, IPV6_ONLY, LIMITED, SMALL,
                            *(f"another-name-{number}.exim.test" for number in range(30))])
    authority.leaf("dovecot", ["submission.dovecot.test", *INCOMING])
    authority.leaf("product", WORLD_FACES)
    of_world.leaf("world", [*WORLD_FACES, *CONTROLS["mail"]])


def add_addresses(net):
    """The addresses that the servers have beyond their first ones."""
    net.add_faces("postfix", len(POSTFIX_FACES))
    net.add_faces("exim", len(EXIM_FACES) + 4)
    net.add_faces("world", len(WORLD_FACES))
    net.add_faces("dns", 1 + len(LIES))
    for address in FOREIGN:
        net.add_address("world", address)


class Server:
    """One program in its own network namespace, with its own view of the file system."""

    name = ""
    package = ""    # the folder of its unpacked packages, and
    namespace = ""  # where it runs: both its own name, unless it says otherwise
    log = ""

    def __init__(self, unpacked):
        self.package, self.namespace = self.package or self.name, self.namespace or self.name
        self.home = HOME / self.name
        self.root = self.home / "root"
        self.process = None
        for folder in ("work", "root"):
            (self.home / folder).mkdir(parents=True)
        # Copied, since overlayfs takes no folder as a layer that lies inside another layer.
        subprocess.run(["cp", "-r", "--preserve=mode,links", f"{unpacked}/{self.package}", self.home / "upper"], check=True)
        self._mount("-t", "overlay", "-o", f"lowerdir=/,upperdir={self.home}/upper,workdir={self.home}/work",
                    "overlay", self.root)
        self._mount("--rbind", "/dev", self.root / "dev")
        self._mount("-t", "proc", "proc", self.root / "proc")
        self._mount("-t", "tmpfs", "tmpfs", self.root / "run")
        self._mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", self.root / "tmp")
        self._write_accounts()

    @staticmethod
    def _mount(*arguments):
        run = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True)
        if run.returncode != 0:
            raise Unavailable(f"the servers need overlay mounts: {run.stderr.strip()}")

    def _write_accounts(self):
        people, groups = (Path(f"/etc/{file}").read_text() for file in ("passwd", "group"))
        mine = {line.split(":")[0] for line in people.splitlines()}
        for user, number, home in USERS:
            if user not in mine:
                people += f"{user}:x:{number}:{number}::{home}:/usr/sbin/nologin\n"
                groups += f"{user}:x:{number}:\n"
        self.write("etc/passwd", people)
        self.write("etc/group", groups)
        self.write("etc/resolv.conf", f"nameserver {network.RESOLVER}\n")
        self.write("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")
        self.write("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n")

    def write(self, path, text, mode=0o644):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def give(self, path, owner, mode):
        """A file or folder, made where it is missing, belongs to a user of the server's own account list."""
        target = self.root / path
        if not target.exists():
            target.mkdir(parents=True)
        for line in (self.root / "etc/passwd").read_text().splitlines():
            user, _, uid, gid = line.split(":")[:4]
            if user == owner:
                os.chown(target, int(uid), int(gid))
        target.chmod(mode)

    def certificate(self, file, kinds, authority="Lab"):
        for kind in kinds:
            self.write(f"etc/lab/{file}.{kind}", (HOME / "pki" / authority / f"{file}.{kind}").read_text())

    def start(self):
        self.set_up()
        with open(self.home / "output", "wb") as output:
            self.process = subprocess.Popen(
                network.inside(self.namespace, ["chroot", self.root, *self.command()]),
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)

    def story(self):
        """What the server said, for whoever wonders why it did not start."""
        text = (self.home / "output").read_text(errors="replace")
        log = self.root / self.log
        if self.log and log.exists():
            text += log.read_text(errors="replace")
        return text[-3000:]

    def said(self):
        """All of the server's log so far."""
        return (self.root / self.log).read_text(errors="replace")

    def mailboxes(self):
        """The messages that were delivered here, as bytes, by address."""
        folders = (self.root / MAIL).glob("*/new")
        return {folder.parent.name: [file.read_bytes() for file in sorted(folder.iterdir())] for folder in folders}

    def set_up(self):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def answers_at(self):
        """host, port pairs that must answer before the server counts as started."""
        return []


class Dns(Server):
    name = "dns"
    addresses = [network.RESOLVER]
    says = []  # settings of dnsmasq's that stand before the names

    def set_up(self):
        lines = [f"{address} {host}" for host, addresses in names().items() for address in addresses]
        for client in network.CLIENTS:
            lines += [f"{address} {client}.lab.test" for address in network.client_address(client)]
        # The block list has one of them on it.
        lines += [f"127.0.0.2 {ip_address(address).reverse_pointer.rsplit('.', 2)[0]}.{BLOCK_LIST}"
                  for address in network.client_address("client")]
        self.write("etc/lab/hosts", "\n".join(line for line in lines if self.knows(line.split()[1])) + "\n")

    def knows(self, host):
        return True

    def command(self):
        # local=/#/: a name that the lab does not have does not exist, and nobody else is asked.
        return ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                "--addn-hosts=/etc/lab/hosts", "--local=/#/", "--user=root", "--log-facility=-", "--log-queries",
                "--bind-interfaces", *(f"--listen-address={address}" for address in self.addresses), *self.says]

    def answers_at(self):
        return [(address, 53) for address in self.addresses]


class PublicDns(Dns):
    name = "public-dns"
    package = "dns"
    namespace = "world"
    addresses = CONTROLS["resolver"]


# What the resolvers beside the usual one say of the target, and one of them of every name.
LIES = {
    "denies": [f"--address=/{TARGET}/"],
    "private": [f"--address=/{TARGET}/10.20.30.40"],
    "everything": [f"--address=/#/{network.server_address('world')[0]}"],
}


def liar_address(lie):
    return network.server_address("dns", 1 + list(LIES).index(lie))[0]


def _liar(lie):
    class Liar(Dns):
        name = f"dns-{lie}"
        package = namespace = "dns"
        addresses = [liar_address(lie)]
        says = LIES[lie]

        def knows(self, host):
            return host != TARGET and lie != "everything"
    return Liar


class Postfix(Server):
    name = "postfix"
    log = "var/log/postfix.log"

    def set_up(self):
        for face in POSTFIX_FACES:
            self.certificate(face, ["pem"])
        dovecot = network.server_address("dovecot")[0]
        self.write("etc/postfix/main.cf", "\n".join([
            "compatibility_level = 3.6",
            "maillog_file = /" + self.log,
            "myhostname = mail.postfix.test",
            "mydestination =",
            "virtual_mailbox_domains = example.test",
            f"virtual_mailbox_base = /{MAIL}",
            "virtual_mailbox_maps = inline:{ "
            + ", ".join(f"{{ {address} = {address}/ }}" for address in (*accounts.MAILBOXES, *accounts.REFUSED)) + " }",
            "virtual_uid_maps = static:65534",
            "virtual_gid_maps = static:65534",
            "smtpd_sender_login_maps = inline:{ "
            + ", ".join(f"{{ {user} = {user} }}" for user in (*accounts.PASSWORDS, "boss@example.test")) + " }",
            "refused = inline:{ "
            + ", ".join(f"{{ {address} = {reply} }}" for address, reply in accounts.REFUSED.items()) + " }",
            "smtpd_recipient_restrictions = check_recipient_access $refused",
            "mynetworks = 127.0.0.0/8",
            "smtpd_banner = $myhostname ESMTP",
            "inet_interfaces = all",
            "inet_protocols = all",
            "alias_maps =",
            "default_transport = discard",
            "smtputf8_enable = yes",
            # Sign-in is Dovecot's work, over the network, as on many real sites.
            "smtpd_sasl_type = dovecot",
            f"smtpd_sasl_path = inet:{dovecot}:{AUTH_PORT}",
            "smtpd_tls_auth_only = yes",
            "smtpd_relay_restrictions = permit_sasl_authenticated reject_unauth_destination",
            "smtpd_tls_security_level = may",
            "smtpd_tls_session_cache_database =",
            # The lab comes from a handful of addresses.
            "smtpd_client_connection_count_limit = 0",
            "smtpd_client_connection_rate_limit = 0",
        ]) + "\n")
        self.write("etc/postfix/master.cf", "\n".join([*self._faces(), *self._inner_services()]) + "\n")
        # Postfix waits until the last change of its settings is a second old.
        os.utime(self.root / "etc/postfix/main.cf", (time.time() - 60, time.time() - 60))
        for folder in ("etc/postfix/dynamicmaps.cf.d", "etc/postfix/postfix-files.d"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        self.write("etc/postfix/dynamicmaps.cf", "")
        self.give("var/lib/postfix", "postfix", 0o755)
        self.give(MAIL, "nobody", 0o700)
        # What `postfix start` would make, which asks about a hundred files first and takes two seconds.
        self.give("var/spool/postfix", "root", 0o755)
        self.give("var/spool/postfix/pid", "root", 0o755)
        for queue in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop",
                      "private", "public", "saved", "trace"):
            self.give(f"var/spool/postfix/{queue}", "postfix", 0o700)

    @staticmethod
    def _faces():
        for offset, face in enumerate(POSTFIX_FACES):
            for address in network.server_address("postfix", offset):
                at = f"[{address}]" if ":" in address else address
                chain = " ".join([f"-o smtpd_tls_chain_files=/etc/lab/{face}.pem", *(
                    f"-o {name}={value}" for name, value in POSTFIX_SETTINGS.get(face, {}).items())])
                clear = ("-o syslog_name=postfix/clear -o smtpd_tls_security_level=none -o smtpd_tls_auth_only=no"
                         " -o smtpd_sasl_auth_enable=yes")
                sign_in = "-o smtpd_sasl_auth_enable=yes -o smtpd_sender_restrictions=reject_sender_login_mismatch"
                without = face == "no-starttls"
                yield f"{at}:25 inet n - n - - smtpd {clear if without else chain}"
                yield (f"{at}:587 inet n - n - - smtpd " + (clear if without else
                       f"{chain} -o smtpd_tls_security_level=encrypt {sign_in}"))
                yield f"{at}:465 inet n - n - - smtpd {chain} -o smtpd_tls_wrappermode=yes {sign_in}"

    @staticmethod
    def _inner_services():
        return [
            "cleanup unix n - n - 0 cleanup",
            "qmgr unix n - n 300 1 qmgr",
            "tlsmgr unix - - n 1000? 1 tlsmgr",
            "rewrite unix - - n - - trivial-rewrite",
            "bounce unix - - n - 0 bounce",
            "defer unix - - n - 0 bounce",
            "trace unix - - n - 0 bounce",
            "verify unix - - n - 1 verify",
            "flush unix n - n 1000? 0 flush",
            "proxymap unix - - n - - proxymap",
            "error unix - - n - - error",
            "retry unix - - n - - error",
            "discard unix - - n - - discard",
            "virtual unix - n n - - virtual",
            "anvil unix - - n - 1 anvil",
            "scache unix - - n - 1 scache",
            "postlog unix-dgram n - n - 1 postlogd",
        ]

    def command(self):
        return ["/usr/lib/postfix/sbin/master", "-s"]

    def answers_at(self):
        for offset in range(len(POSTFIX_FACES)):
            for address in network.server_address("postfix", offset):
                yield from ((address, port) for port in (25, 465, 587))


class Exim(Server):
    name = "exim"
    log = "var/log/exim4/mainlog"

    def set_up(self):
        self.certificate("exim", ["key", "crt"])
        self.certificate("world", ["key", "crt"], "World")
        of_face = f"/etc/lab/{self._at(CONTROLS['mail'], 'world', 'exim')}"
        self.write("etc/exim4/exim4.conf", "\n".join([
            "primary_hostname = mail.exim.test",
            "log_file_path = /var/log/exim4/%slog",
            "domainlist local_domains = example.test",
            "daemon_smtp_ports = 25 : 465 : 587",
            "tls_on_connect_ports = 465",
            "tls_advertise_hosts = *",
            f"tls_certificate = {of_face}.crt",
            f"tls_privatekey = {of_face}.key",
            "auth_advertise_hosts = ${if eq {$tls_in_cipher}{}{}{*}}",
            "host_lookup =",
            "rfc1413_query_timeout = 0s",
            "smtp_accept_max = 200",
            f"message_size_limit = {self._at([SMALL], '200', '50M')}",
            # Who came and sent nothing is logged as well, with the commands that came.
            "log_selector = +smtp_no_mail",
            "acl_smtp_auth = acl_auth",
            "acl_smtp_rcpt = acl_rcpt",
            "keep_environment =",
            "add_environment = PATH=/usr/sbin:/usr/bin:/sbin:/bin",
            "begin acl",
            "acl_auth:",
            f"  defer condition = {self._at([LIMITED], 'yes', 'no')}",
            "    ratelimit = 2 / 1h / per_cmd",
            "    message = Too many failed authentication attempts from $sender_host_address",
            "  accept",
            "acl_rcpt:",
            "  deny domains = +local_domains",
            "    !verify = recipient",
            "    message = No such mailbox here",
            "  accept authenticated = *",
            "  accept domains = +local_domains",
            "  deny message = relay not permitted",
            "begin routers",
            "local:",
            "  driver = accept",
            "  domains = +local_domains",
            f"  local_parts = {' : '.join(address.split('@')[0] for address in accounts.MAILBOXES)}",
            "  transport = mailbox",
            "  no_more",
            "elsewhere:",
            "  driver = redirect",
            "  domains = !+local_domains",
            "  data = :blackhole:",
            "begin transports",
            "mailbox:",
            "  driver = appendfile",
            f"  directory = /{MAIL}/$local_part_data@example.test",
            "  maildir_format",
            "  create_directory",
            "  user = nobody",
            "begin authenticators",
            "plain:",
            "  driver = plaintext",
            "  public_name = PLAIN",
            "  server_prompts = :",
            f"  server_condition = ${{if eq{{$auth3}}{{{self._password('$auth2')}}}}}",
            "  server_set_id = $auth2",
            "login:",
            "  driver = plaintext",
            "  public_name = LOGIN",
            "  server_prompts = Username:: : Password::",
            f"  server_condition = ${{if eq{{$auth2}}{{{self._password('$auth1')}}}}}",
            "  server_set_id = $auth1",
            "cram:",
            "  driver = cram_md5",
            "  public_name = CRAM-MD5",
            f"  server_secret = {self._password('$auth1')}",
            "  server_set_id = $auth1",
        ]) + "\n")
        for folder in ("var/spool/exim4", "var/log/exim4"):
            self.give(folder, "Debian-exim", 0o750)
        self.give(MAIL, "nobody", 0o700)
        for file in ("exim", "world"):
            self.give(f"etc/lab/{file}.key", "Debian-exim", 0o400)

    @staticmethod
    def _at(faces, there, elsewhere):
        """An expansion: what stands there when one of these faces was connected to, and else the other."""
        addresses = ";".join(address for face in faces for address in names()[face])
        return f"${{if inlist{{$received_ip_address}}{{<;{addresses}}}{{{there}}}{{{elsewhere}}}}}"

    @staticmethod
    def _password(user):
        """An expansion: the password of this user; who has none is refused."""
        expansion = "fail"
        for name, password in accounts.PASSWORDS.items():
            expansion = f"{{${{if eq{{{user}}}{{{name}}}{{{password}}}{expansion}}}}}"
        return expansion[1:-1]

    def command(self):
        return ["/usr/sbin/exim4", "-bdf", "-q30m"]

    def answers_at(self):
        for address in network.server_address("exim"):
            yield from ((address, port) for port in (25, 465, 587))


class Dovecot(Server):
    name = "dovecot"
    log = "var/log/dovecot.log"

    def set_up(self):
        self.certificate("dovecot", ["key", "crt"])
        relay = network.server_address("postfix")[0]
        self.write("etc/lab/users", "".join(f"{user}:{{PLAIN}}{password}:65534:65534::/tmp::\n"
                                            for user, password in accounts.PASSWORDS.items()))
        self.write("etc/lab/tokens", "\n".join([
            "introspection_mode = post",
            f"introspection_url = http://127.0.0.1:{ISSUER_PORT}/introspect",
            "username_attribute = username",
            "active_attribute = active",
            "active_value = true",
            "scope = mail",
        ]) + "\n")
        self.write("etc/dovecot/dovecot.conf", "\n".join([
            "protocols = submission imap pop3",
            "listen = *, ::",
            "hostname = submission.dovecot.test",
            "log_path = /" + self.log,
            "ssl = yes",
            "ssl_cert = </etc/lab/dovecot.crt",
            "ssl_key = </etc/lab/dovecot.key",
            "disable_plaintext_auth = yes",
            "auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 oauthbearer xoauth2",
            # Each sign-in's mechanism is logged, and a refusal comes at once.
            "auth_verbose = yes",
            "auth_debug = yes",
            "auth_failure_delay = 0",
            "service anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}",
            "mail_location = maildir:/tmp/mail",
            "passdb {\n  driver = oauth2\n  mechanisms = oauthbearer xoauth2\n  args = /etc/lab/tokens\n}",
            "passdb {\n  driver = passwd-file\n  mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256\n"
            "  args = /etc/lab/users\n}",
            "userdb {\n  driver = passwd-file\n  args = /etc/lab/users\n}",
            f"submission_relay_host = {relay}",
            "submission_relay_port = 25",
            f"service auth {{\n  inet_listener lab {{\n    port = {AUTH_PORT}\n  }}\n}}",
            "service submission-login {",
            "  inet_listener submission {\n    port = 587\n  }",
            "  inet_listener submissions {\n    port = 465\n    ssl = yes\n  }",
            "}",
        ]) + "\n")

    def command(self):
        return ["/usr/sbin/dovecot", "-F"]

    def answers_at(self):
        yield network.server_address("dovecot")[0], AUTH_PORT
        for address in network.server_address("dovecot"):
            yield from ((address, port) for port in (110, 143, 465, 587, 993, 995))


class Issuer(Server):
    """Tells Dovecot, on the same machine, what a token is worth."""

    name = "issuer"
    package = "web"
    namespace = "dovecot"

    def set_up(self):
        self.write("etc/lab/issuer.py", accounts.ISSUER)

    def command(self):
        return ["/usr/bin/python3", "/etc/lab/issuer.py", str(ISSUER_PORT), json.dumps(accounts.INTROSPECTION)]


class Chrony(Server):
    """Serves this machine's own time, and leaves its clock alone."""

    name = "chrony"

    def set_up(self):
        self.write("etc/lab/chrony.conf", "local stratum 8\nallow all\ncmdport 0\npidfile /run/chronyd.pid\n")

    def command(self):
        return ["chronyd", "-x", "-d", "-u", "root", "-f", "/etc/lab/chrony.conf"]


class Web(Server):
    """The web servers of the world, on 443: all one server, whose certificate has all of their names."""

    name = "web"
    package = "web"
    namespace = "world"
    port, certificates = 443, ("world", "World")

    def set_up(self):
        self.certificate(self.certificates[0], ["key", "crt"], self.certificates[1])

    def command(self):
        file = f"/etc/lab/{self.certificates[0]}"
        return ["/usr/bin/gnutls-serv", "--quiet", "--http", f"--port={self.port}", "--disable-client-cert",
                f"--x509certfile={file}.crt", f"--x509keyfile={file}.key"]

    def answers_at(self):
        yield from ((address, self.port) for address in (*network.server_address("world"), *CONTROLS["address"]))


class Product(Web):
    """What stands in between and signs for the whole web itself; its issuer is the one of the lab's mail servers."""

    name = "product"
    port, certificates = 8443, ("product", "Lab")


# What stands in place of the empty page, each on a port of its own, for the router to send people to.
SIGN_IN = "<html><body>Please sign in to this network.</body></html>"
PORTALS = {
    "redirect": (8010, 302, {"Location": "http://login.portal.test/"}, ""),
    "page": (8011, 200, {}, SIGN_IN),
    "511": (8012, 511, {}, SIGN_IN),
}


class Portal(Server):
    """What a browser asks on port 80 to find out whether a portal stands between: none does. And the portals."""

    name = "portal"
    package = "web"
    namespace = "world"
    program = """
import http.server, json, socket, sys, threading
class Listener(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
def serve(port, status, headers, page):
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page.encode())
    Listener(("::", port), Answer).serve_forever()
for arguments in json.loads(sys.argv[1]):
    threading.Thread(target=serve, args=arguments).start()
"""

    def set_up(self):
        self.write("etc/lab/portal.py", self.program)

    def command(self):
        return ["/usr/bin/python3", "/etc/lab/portal.py", json.dumps([(80, 204, {}, ""), *PORTALS.values()])]

    def answers_at(self):
        yield from ((address, 80) for address in network.server_address("world"))
        yield from ((network.server_address("world")[0], port) for port, *_ in PORTALS.values())


KINDS = [Dns, PublicDns, *map(_liar, LIES), Web, Product, Portal, Chrony, Issuer, Dovecot, Postfix, Exim]

# Run inside the client's namespace: returns once every HOST PORT pair takes connections, or names one that does not.
AWAIT = """
import socket, sys, time
end = time.monotonic() + 20
for host, port in zip(sys.argv[1::2], sys.argv[2::2]):
    while True:
        try:
            socket.create_connection((host, int(port)), 0.2).close()
            break
        except OSError as problem:
            if time.monotonic() > end:
                sys.exit(f"{host} port {port}: {problem}")
            time.sleep(0.02)
"""


def start_all(unpacked):
    """Starts every server and waits until all of them answer."""
    servers = [kind(unpacked) for kind in KINDS]
    for server in servers:
        server.start()
    for server in servers:
        pairs = [str(part) for pair in server.answers_at() for part in pair]
        run = subprocess.run(network.inside("client", [sys.executable, "-c", AWAIT, *pairs]), capture_output=True,
                             text=True)
        if run.returncode != 0:
            state = "it runs" if server.process.poll() is None else f"it ended with {server.process.returncode}"
            raise Broken(f"{server.name} does not answer ({state}): {run.stderr.strip()}\n{server.story()}")
    return servers
