"""What a scenario file says that a check must find."""
import dataclasses
import pathlib
import tomllib

EXIT_STATUS = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}


@dataclasses.dataclass
class Expectation:
    verdict: str = ""
    primary: str | None = None
    findings: list = dataclasses.field(default_factory=list)  # (id, severity, caused_by)
    ports: dict = dataclasses.field(default_factory=dict)  # id -> the port that its evidence is about
    recommended: list = dataclasses.field(default_factory=list)  # (port, mode), best first


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
