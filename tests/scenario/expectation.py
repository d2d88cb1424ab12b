"""What a scenario file says that a check must find, and what it must have sent."""
import dataclasses
import email
import email.policy
import email.utils
import pathlib
import re
import tomllib

EXIT_STATUS = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}


@dataclasses.dataclass
class Expectation:
    verdict: str = ""
    primary: str | None = None
    findings: list = dataclasses.field(default_factory=list)  # (id, severity, caused_by)
    ports: dict = dataclasses.field(default_factory=dict)  # id -> the port that its evidence is about
    recommended: list = dataclasses.field(default_factory=list)  # (port, mode), best first
    taken: int = 0  # messages
    envelope: dict = dataclasses.field(default_factory=dict)  # "from" and "to" of each, where named


def read(path):
    want = Expectation()
    for line in pathlib.Path(path).read_text(encoding="ascii").splitlines():
        match line.split():
            case ["verdict", verdict]:
                want.verdict = verdict
            case ["primary", finding]:
                want.primary = finding
            case ["finding", finding, severity, *settings]:
                settings = dict(setting.split("=", 1) for setting in settings)
                want.findings.append((finding, severity, settings.get("caused_by")))
                if "port" in settings:
                    want.ports[finding] = int(settings["port"])
            case ["recommended", port, mode]:
                want.recommended.append((int(port), mode))
            case ["taken", count, *settings]:
                want.taken = int(count)
                want.envelope = dict(setting.split("=", 1) for setting in settings)
    return want


def read_steps(path):
    """What findings.toml has to be done about each finding, in its order."""
    findings = tomllib.loads(pathlib.Path(path).read_text(encoding="utf-8"))["findings"]
    return {ident: finding["steps"] for ident, finding in findings.items()}


def differences(want, steps, report, status):
    """
    A line for each thing that is not as the file says.
    steps: as read_steps() gives them; every finding that is reported must have its own, whole and in order
    """
    found = []

    def compare(what, wanted, got):
        if wanted != got:
            found.append(f"{what}: wanted {wanted}, got {got}")

    compare("exit status", EXIT_STATUS[want.verdict], status)
    compare("verdict", want.verdict, report["verdict"])
    compare("primary", want.primary, report["primary"])
    compare("findings", sorted(want.findings, key=str),
            sorted(((f["id"], f["severity"], f.get("caused_by")) for f in report["findings"]), key=str))
    compare("recommended", want.recommended, [(r["port"], r["tls"]) for r in report["recommended"]])
    for finding in report["findings"]:
        compare(f"steps of {finding['id']}", steps[finding["id"]], [step["id"] for step in finding["steps"]])
        found += [f"{finding['id']}, {step['id']}: not filled in: {step['text']}"
                  for step in finding["steps"] if "{" in step["text"] or "}" in step["text"]]
        port = want.ports.get(finding["id"])
        probes = [b["probe"] for b in finding["because"] if b.get("probe") is not None]
        if port is not None and port not in [report["probes"][probe]["port"] for probe in probes]:
            found.append(f"{finding['id']}: none of its evidence is about port {port}")
    return found


# ---- what was sent ----------------------------------------------------------

ONCE = ["From", "To", "Date", "Message-ID", "Subject"]


@dataclasses.dataclass
class Letter:
    """A message that a practice server took, by the transcript."""
    sender: str = ""
    size: int | None = None  # as declared (RFC 1870)
    recipients: list = dataclasses.field(default_factory=list)
    lines: list = dataclasses.field(default_factory=list)  # as they went over the wire, with escapes


def letters(transcript):
    """Those that were taken; what was refused is none."""
    open_letters, found = {}, []
    for line in transcript.splitlines():
        match = re.match(r"(\d+) \d+ ([CS]) (.*)", line)
        if not match:
            continue
        talk, who, text = match.groups()
        letter, state = open_letters.get(talk, (None, ""))
        verb = text.upper()
        if who == "C" and state == "message":
            state = "judged" if text == "." else state
            letter.lines += [] if text == "." else [text]
        elif who == "C" and (mail := re.match(r"MAIL FROM:<(.*?)>(?:.* SIZE=(\d+))?", text, re.I)):
            letter, state = Letter(mail[1], int(mail[2]) if mail[2] else None), ""
        elif who == "C" and letter and verb.startswith("RCPT TO:"):
            letter.recipients.append(text[8:].strip("<>"))
            state = "rcpt"
        elif who == "S" and state == "rcpt":
            letter.recipients = letter.recipients if text.startswith("2") else letter.recipients[:-1]
            state = ""
        elif who == "S" and letter and text.startswith("354"):
            state = "message"
        elif who == "S" and state == "judged":
            found += [letter] if text.startswith("2") else []
            letter, state = None, ""
        open_letters[talk] = letter, state
    return found


def flaws(letter):
    """What is wrong with a message in itself (RFC 5322), a line each."""
    lines = [line[1:] if line.startswith(".") else line for line in letter.lines]
    message = email.message_from_string("\n".join(lines), policy=email.policy.default)
    found = [f"{name}: {len(message.get_all(name, []))} times" for name in ONCE
             if len(message.get_all(name, [])) != 1]
    if found:
        return found
    if email.utils.parseaddr(message["From"])[1] != letter.sender:
        found.append(f"From {message['From']}, and MAIL from {letter.sender}")
    if [email.utils.parseaddr(message["To"])[1]] != letter.recipients:
        found.append(f"To {message['To']}, and RCPT to {letter.recipients}")
    if not re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", message["Message-ID"].strip()):
        found.append(f"Message-ID {message['Message-ID']}")
    if message["Date"].datetime is None or message["Date"].datetime.tzinfo is None:
        found.append(f"Date {message['Date']}")
    if not message.get_content().strip():
        found.append("it says nothing")
    size = sum(len(line) + 2 for line in lines)
    if letter.size not in (None, size):
        found.append(f"{size} bytes, and SIZE={letter.size}")
    return found


def differences_of_mail(want, transcript):
    """A line for each thing about the messages that is not as the file says."""
    taken = letters(transcript)
    found = [] if len(taken) == want.taken else [f"messages taken: wanted {want.taken}, got {len(taken)}"]
    for letter in taken:
        found += [f"message: {flaw}" for flaw in flaws(letter)]
        if letter.sender != want.envelope.get("from", letter.sender):
            found.append(f"MAIL from {letter.sender}, wanted {want.envelope['from']}")
        if "to" in want.envelope and letter.recipients != [want.envelope["to"]]:
            found.append(f"RCPT to {letter.recipients}, wanted {want.envelope['to']}")
    return found
