"""Private certificate authorities for the lab: one root, one intermediate, and leaves with one fault each."""

import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

from trouble import Broken

AUTHORITY_INFORMATION = "http://aia.lab.test/intermediate.der"


def _date(days):
    return (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S UTC")


class Authority:
    def __init__(self, folder, name):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        self.serial = 0
        self._certify("root", f"{name} Root", [], -400, 4000, ["ca", "cert_signing_key"], signer=None)
        self._certify("intermediate", f"{name} Intermediate", [], -300, 2000, ["ca", "cert_signing_key"], signer="root")
        self.root = self.folder / "root.crt"

    def _certtool(self, *arguments):
        run = subprocess.run(["certtool", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                             text=True)
        if run.returncode != 0:
            raise Broken(f"certtool {' '.join(map(str, arguments))}: {run.stderr}")

    def _certify(self, file, common_name, names, first_day, last_day, traits, signer):
        key, certificate, template = (self.folder / f"{file}.{kind}" for kind in ("key", "crt", "template"))
        self.serial += 1
        template.write_text("\n".join([
            f'cn = "{common_name}"',
            f"serial = {self.serial}",
            *(f'dns_name = "{name}"' for name in names),
            f'activation_date = "{_date(first_day)}"',
            f'expiration_date = "{_date(last_day)}"',
            *traits,
        ]) + "\n")
        self._certtool("--generate-privkey", "--key-type=ecdsa", "--curve=secp256r1", "--outfile", key)
        how = ["--generate-self-signed"] if signer is None else [
            "--generate-certificate", "--load-ca-certificate", self.folder / f"{signer}.crt",
            "--load-ca-privkey", self.folder / f"{signer}.key"]
        self._certtool(*how, "--load-privkey", key, "--template", template, "--outfile", certificate)

    def leaf(self, file, names, first_day=-30, last_day=300, self_signed=False, intermediate=True):
        """Makes FILE.key, FILE.crt (what the server sends) and FILE.pem (key and chain in one)."""
        traits = ["tls_www_server", "signing_key"]
        if not self_signed:
            traits.append(f'ca_issuers_uri = "{AUTHORITY_INFORMATION}"')
        self._certify(file, names[0], names, first_day, last_day, traits, None if self_signed else "intermediate")
        chain = self.folder / f"{file}.crt"
        if intermediate and not self_signed:
            chain.write_text(chain.read_text() + (self.folder / "intermediate.crt").read_text())
        (self.folder / f"{file}.pem").write_text((self.folder / f"{file}.key").read_text() + chain.read_text())
