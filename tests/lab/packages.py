"""The real mail servers, fetched as Debian packages and unpacked side by side.

Each server gets a folder of its own with the packages that this machine lacks
for it. Nothing is installed: as packages the servers exclude each other.
"""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from trouble import Broken, Unavailable

SERVERS = {
    "dns": ["dnsmasq-base"],
    "postfix": ["postfix"],
    "exim": ["exim4-base", "exim4-daemon-light"],
    "dovecot": ["dovecot-core", "dovecot-submissiond", "dovecot-imapd", "dovecot-pop3d"],
    "chrony": ["chrony"],
    "web": ["gnutls-bin"],
}

# Raised when unpacking changes, so that older folders are made anew.
LAYOUT = 2


def _apt(*arguments, cwd=None):
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    # As root, apt would hand the download to a user of its own who may not be able to write here.
    sandbox = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
    return subprocess.run(["apt-get", "-q", *sandbox, *arguments], cwd=cwd, env=environment,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)


def _last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"


def _missing_here(packages):
    """The packages, as NAME=VERSION, that apt would add to this machine, and these ones in any case."""
    plan = _apt("--simulate", "install", "--no-install-recommends", *packages)
    if plan.returncode != 0 and os.geteuid() == 0:
        # No package lists yet, as on a fresh machine.
        _apt("update")
        plan = _apt("--simulate", "install", "--no-install-recommends", *packages)
    if plan.returncode != 0:
        raise Unavailable(f"apt knows no {' '.join(packages)}: {_last_line(plan.stderr)}")
    wanted = set()
    for line in plan.stdout.splitlines():
        if line.startswith("Inst "):
            # "Inst NAME [OLD] (VERSION ORIGIN [ARCH])"
            wanted.add(f"{line.split()[1]}={line.split('(')[1].split()[0]}")
    named = {package.split("=")[0] for package in wanted}
    return sorted(wanted | {package for package in packages if package not in named})


def _unpack(server, packages, folder):
    downloads = folder / "packages" / server
    shutil.rmtree(downloads, ignore_errors=True)
    downloads.mkdir(parents=True)
    fetched = _apt("download", *packages, cwd=downloads)
    if fetched.returncode != 0:
        raise Unavailable(f"packages of {server} could not be fetched: {_last_line(fetched.stderr)}")
    fresh = folder / "root" / f"{server}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    # Where /lib is a link to /usr/lib it stays one: a folder of that name, laid over the machine's, would hide libc.
    for name in ("bin", "sbin", "lib"):
        if Path("/", name).is_symlink():
            (fresh / "usr" / name).mkdir(parents=True)
            (fresh / name).symlink_to(f"usr/{name}")
    for package in sorted(downloads.glob("*.deb")):
        content = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
        subprocess.run(["tar", "--extract", "--keep-directory-symlink", "--no-same-owner", "-C", fresh],
                       stdin=content.stdout, check=True)
        if content.wait() != 0:
            raise Broken(f"{package} is damaged")
    shutil.rmtree(downloads)
    root = folder / "root" / server
    shutil.rmtree(root, ignore_errors=True)
    fresh.rename(root)


def fetch(folder):
    """Fills folder/root/SERVER for every server; what was unpacked for the same machine state is kept."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    status = os.stat("/var/lib/dpkg/status")
    state = f"{LAYOUT} {SERVERS} {status.st_mtime_ns} {status.st_size}"
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / "unpacked-for"
        if stamp.exists() and stamp.read_text() == state:
            return
        for server, packages in SERVERS.items():
            needed = _missing_here(packages)
            list_file = folder / f"{server}.list"
            if list_file.exists() and list_file.read_text().split() == [str(LAYOUT), *needed]:
                continue
            _unpack(server, needed, folder)
            list_file.write_text("\n".join([str(LAYOUT), *needed]) + "\n")
        stamp.write_text(state)
