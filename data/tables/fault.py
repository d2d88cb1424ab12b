"""Faults of the data: collected, so that one run names them all."""


class Faults:
    def __init__(self):
        self._lines = []

    def add(self, file, ident, what):
        self._lines.append(f"{file}: {ident}: {what}")

    def __bool__(self):
        return bool(self._lines)

    def report(self, stream):
        """Prints a line for each; true where there was one."""
        for line in self._lines:
            print(line, file=stream)
        return bool(self._lines)
