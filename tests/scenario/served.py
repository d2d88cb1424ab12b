"""A scenario whose servers stay, for clients of other makes (`simulate --serve`)."""
import re
import shlex
import signal
import subprocess

PATIENCE_S = 20


def words(program, *more):
    return [program, "simulate", "--lang", "en", *more]


class Served:
    """A scenario on the air, and what its guide says. text: of a scenario in place of a name."""

    def __init__(self, program, name=None, text=None):
        which = [name] if text is None else ["--file", "-"]
        self.process = subprocess.Popen(words(program, *which, "--serve", "--transcript"), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.process.stdin.write(text or "")
        self.process.stdin.close()
        self.process.stdin = None  # communicate() would flush it
        self.guide = ""
        while not self.guide.rstrip("\n").split("\n")[-1].startswith("  smtpdx "):
            line = self.process.stdout.readline()
            if line == "":
                raise AssertionError(f"no guide: {self.guide} {self.process.stderr.read()}")
            self.guide += line
        self.ports = {int(port): int(real) for port, real in re.findall(r"^Port (\d+) is 127\.0\.0\.1:(\d+)$",
                                                                       self.guide, re.M)}
        self.root = re.search(r"^Root certificate to trust: (.+)$", self.guide, re.M)[1]
        self.own_check = shlex.split(self.guide.rstrip("\n").split("\n")[-1])[1:]

    def end(self, how=signal.SIGTERM):
        """Its exit status, what it printed behind the guide, and the transcript with complaints behind."""
        self.process.send_signal(how)
        said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, *said


def complaints(transcript):
    """Lines of the servers that tell what a client did out of turn; the rest is what was said."""
    return [line for line in transcript.splitlines() if not re.match(r"\d+ \d+ [CST-] ", line)]
