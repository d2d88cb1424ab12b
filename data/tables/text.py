"""A text with its id, and what may stand in it."""
import dataclasses
import re

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclasses.dataclass(frozen=True)
class Text:
    ident: str    # "step.reset-settings.title"
    english: str
    file: str     # where it is kept, for faults and for translators


def symbol(prefix, ident):
    """The C name of an id: TEXT, port.blocked -> TEXT_PORT_BLOCKED."""
    return f"{prefix}_{re.sub('[.-]', '_', ident).upper()}"


def placeholders(string):
    return set(PLACEHOLDER.findall(string))


def stray_brace(string):
    """What is left of the first brace that belongs to no {placeholder}, or None."""
    rest = PLACEHOLDER.sub("", string)
    at = min((i for i in (rest.find("{"), rest.find("}")) if i >= 0), default=None)
    return None if at is None else rest[at:at + 20]
