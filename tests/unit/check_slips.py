#!/usr/bin/env python3
"""Shows how many slips of the pen are told to be what was meant, and that no real server is called one.

    check_slips.py SUGGEST KNOWN_HOSTS_TOML PROVIDERS_TOML OTHER_HOSTS_TOML ORDINARY_HOSTS

ORDINARY_HOSTS: names of servers that no data of the program has, one a line.
Prints TAP.
"""
import collections
import pathlib
import subprocess
import sys
import tomllib

import slips

SEED = 20261123
MOST_OF_A_KIND = 30
LEAST_SLIPS = 3000
LEAST_RIGHT = 0.98
LEAST_KNOWN = 300
LEAST_ORDINARY = 250

# The servers for sending of the thirty providers with the most users. Where each country has its own, some.
LARGEST = {
    "Gmail": ["smtp.gmail.com"],
    "Outlook.com": ["smtp-mail.outlook.com"],
    "Microsoft 365": ["smtp.office365.com"],
    "Yahoo": ["smtp.mail.yahoo.com"],
    "iCloud": ["smtp.mail.me.com"],
    "QQ": ["smtp.qq.com"],
    "NetEase": ["smtp.163.com"],
    "Mail.ru": ["smtp.mail.ru"],
    "Yandex": ["smtp.yandex.com", "smtp.yandex.ru"],
    "Naver": ["smtp.naver.com"],
    "AOL": ["smtp.aol.com"],
    "GMX": ["mail.gmx.net", "mail.gmx.com"],
    "WEB.DE": ["smtp.web.de"],
    "T-Online": ["securesmtp.t-online.de"],
    "IONOS": ["smtp.ionos.com", "smtp.ionos.de"],
    "mail.com": ["smtp.mail.com"],
    "Zoho": ["smtp.zoho.com", "smtp.zoho.eu"],
    "Fastmail": ["smtp.fastmail.com"],
    "Comcast": ["smtp.comcast.net"],
    "GoDaddy": ["smtpout.secureserver.net"],
    "Rediffmail": ["smtp.rediffmail.com"],
    "UOL": ["smtps.uol.com.br"],
    "Orange": ["smtp.orange.fr"],
    "Free": ["smtp.free.fr"],
    "Libero": ["smtp.libero.it"],
    "Seznam": ["smtp.seznam.cz"],
    "Yahoo! JAPAN": ["smtp.mail.yahoo.co.jp"],
    "docomo": ["smtp.spmode.ne.jp"],
    "OCN": ["smtp.ocn.ne.jp"],
    "BIGLOBE": ["mail.biglobe.ne.jp"],
}


def table(path):
    return tomllib.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def known_hosts(known, providers, others):
    sending = {host for block in table(known)["lists"] for host in block["hosts"]}
    sending |= {row["host"] for provider in table(providers)["providers"] for row in provider["hosts"]}
    return {host for host in sending if "*" not in host}, {row["host"] for row in table(others)["hosts"]}


def ask(program, names):
    """(suggestion, slip) of each."""
    typed = "".join(f"{name}\n" for name in names)
    run = subprocess.run([program], input=typed, capture_output=True, text=True, timeout=110, check=True)
    return [tuple(line.split("\t")) for line in run.stdout.splitlines()]


def report(holds, what, wrong):
    report.number += 1
    print(f"{'ok' if holds else 'not ok'} {report.number} - {what}")
    for line in wrong:
        print(f"# {line}")
    return holds


report.number = 0


def check_slips(program, real):
    hosts = [host for names in LARGEST.values() for host in names]
    made = slips.slips_of(hosts, real, MOST_OF_A_KIND, SEED)
    answers = ask(program, [typed for _, typed, _ in made])
    wrong = [(*slip, answer) for slip, answer in zip(made, answers, strict=True) if answer[0] != slip[2]]
    right = len(made) - len(wrong)
    missed = collections.Counter(kind for kind, *_ in wrong)
    kinds = collections.Counter(kind for kind, *_ in made)
    holds = report(len(LARGEST) == 30 and set(hosts) <= real and len(made) >= LEAST_SLIPS and
                   right >= LEAST_RIGHT * len(made),
                   f"{right} of {len(made)} slips ({100 * right / len(made):.2f} %) get the right suggestion",
                   [f"{kind}: {typed!r} for {meant} gives {' '.join(answer)}"
                    for kind, typed, meant, answer in wrong])
    for kind, total in kinds.items():
        print(f"# {kind}: {total - missed[kind]} of {total}")
    return holds


def check_real(program, names, least, what):
    answers = ask(program, names)
    wrong = [f"{name}: {' '.join(answer)}" for name, answer in zip(names, answers, strict=True)
             if answer[1] != "none"]
    return report(not wrong and len(names) >= least, f"{len(wrong)} of {len(names)} {what} are called a slip", wrong)


def main():
    program, known, providers, others, ordinary = sys.argv[1:]
    sending, receiving = known_hosts(known, providers, others)
    lines = pathlib.Path(ordinary).read_text(encoding="utf-8").splitlines()
    names = [line for line in lines if line and not line.startswith("#")]
    print("1..3")
    held = [check_slips(program, sending | receiving),
            check_real(program, sorted(sending | receiving), LEAST_KNOWN, "known hosts"),
            check_real(program, names, LEAST_ORDINARY, "ordinary hosts")]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
