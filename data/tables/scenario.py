"""What scenarios are about: the line that `simulate --list` shows, as texts to translate."""
from .text import Text


def texts(folder):
    """Of the scenarios in data/scenarios/; what is faulty in a file, scenarios.py and the program tell."""
    return [text(path) for path in sorted((folder / "scenarios").glob("*.scn"))]


def text(path):
    """The text of one file; its English is empty where the file has no line about."""
    lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    about = next((words[1] for words in (line.split(None, 1) for line in lines)
                  if len(words) == 2 and words[0] == "about"), "")
    return Text(f"scenario.{path.stem}", about.strip(), f"data/scenarios/{path.name}")
