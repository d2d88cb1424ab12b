"""The gettext catalogue: po/ja.po is read and checked, the template is written.

msgctxt is the text id and msgid the English, so that a translation of a text
that has changed since is noticed: its msgid is not the English any more.
"""
import ast
import dataclasses
import re

from .text import placeholders, stray_brace

HEADER = '''# Texts of smtpdx. msgctxt is the id of a text, {{names}} are filled in at run time.
msgid ""
msgstr ""
"Project-Id-Version: smtpdx\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
'''


@dataclasses.dataclass
class Message:
    context: str = ""
    msgid: str = ""
    msgstr: str = ""
    fuzzy: bool = False


def japanese(path, texts, faults, others=()):
    """{id: Japanese} for every text; each that is missing, stale or unused is a fault.

    others: texts that may stand in the catalogue too, and are not looked for.
    """
    name = f"po/{path.name}"
    by_context = {}
    for message in read_messages(path, name, faults):
        if message.context in by_context:
            faults.add(name, message.context, "translated twice")
        by_context[message.context] = message
    for text in texts:
        check_message(name, text, by_context.get(text.ident), faults)
    known = {text.ident for text in [*texts, *others]}
    for context in by_context:
        if context not in known:
            faults.add(name, context, "no such text (unused translation)")
    return {context: message.msgstr for context, message in by_context.items()}


def check_message(name, text, message, faults):
    if message is None or message.msgstr == "":
        faults.add(name, text.ident, "no Japanese")
    elif message.msgid != text.english or message.fuzzy:
        faults.add(name, text.ident, f"stale: the English in {text.file} has changed")
    elif stray_brace(message.msgstr) is not None:
        faults.add(name, text.ident, f"not the form of a placeholder: {stray_brace(message.msgstr)}")
    elif placeholders(message.msgstr) != placeholders(text.english):
        odd = placeholders(message.msgstr) ^ placeholders(text.english)
        names = ", ".join(f"{{{n}}}" for n in sorted(odd))
        faults.add(name, text.ident, f"in one language only: {names}")


def read_messages(path, name, faults):
    """The messages of a .po file; its header and obsolete messages (#~) are left out."""
    messages = []
    message, field = Message(), None
    for number, line in enumerate([*path.read_text(encoding="utf-8").splitlines(), ""], 1):
        if line.strip() == "":
            if message.context:
                messages.append(message)
            message, field = Message(), None
        elif line.startswith("#"):
            message.fuzzy = message.fuzzy or (line.startswith("#,") and "fuzzy" in line)
        else:
            field = read_line(line, message, field)
            if field is None:
                faults.add(name, f"line {number}", "cannot be read")
    return messages


def read_line(line, message, field):
    """Adds a line to its field; returns the field, None where the line is odd."""
    found = re.fullmatch(r'(?:(msgctxt|msgid|msgstr)\s+)?("(?:[^"\\]|\\[nt"\\])*")\s*', line)
    if not found:
        return None
    field = {"msgctxt": "context"}.get(found[1], found[1]) or field
    if field is not None:
        setattr(message, field, getattr(message, field) + ast.literal_eval(found[2]))
    return field


def template(texts):
    parts = [HEADER.format(language="")]
    for text in texts:
        parts.append(f"#: {text.file}\nmsgctxt {quoted(text.ident)}\n"
                     f"msgid {quoted(text.english)}\nmsgstr \"\"\n")
    return "\n".join(parts)


def quoted(string):
    escaped = string.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n")
    return f'"{escaped}"'
