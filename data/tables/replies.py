"""Reads data/replies.toml, checks it, and writes its table."""
import dataclasses
import re

from .emit import c_bool, c_string, c_string_or_null, enum
from .read import Entry, load
from .text import symbol

FILE = "data/replies.toml"
STAGES = ("any", "greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data")
GROUPS = {"opening": ("greeting", "ehlo"), "sending": ("mail", "rcpt", "data")}
PERCENT = {"high": 95, "medium": 85, "low": 60}

CLASS_ID = re.compile(r"[a-z]+\.[a-z]+(-[a-z]+)*")
HOST_ENDING = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
ENHANCED = re.compile(r"([x245])\.(\d{1,3})\.(\d{1,3})(?:-(\d{1,3}))?")
CODE_WORD = re.compile(r"[2-5]\d\d(-.*)?|\d{1,3}\.\d{1,3}\.\d{1,3}")


@dataclasses.dataclass
class Class:
    ident: str
    findings: dict      # of each stage, "" for none


@dataclasses.dataclass
class Row:
    texts: list
    code: int
    enhanced: tuple     # class (0: either), subject, first and last detail
    stages: list
    percent: int
    weak: bool
    ident: str
    finding: str
    help_url: str


@dataclasses.dataclass
class Set:
    providers: list
    hosts: list
    marks: list
    rows: list


@dataclasses.dataclass
class Replies:
    classes: list
    sets: list


def read(folder, knowledge, faults):
    data = load(folder, "replies.toml", faults)
    findings = {f.ident for f in knowledge.findings}
    for key in set(data) - {"classes", "sets"}:
        faults.add(FILE, key, "only classes and sets stand here")
    top = Entry(FILE, "top", {k: v for k, v in data.items() if k in ("classes", "sets")}, faults)
    classes = [read_class(ident, table, findings, faults) for ident, table in top.take("classes", dict, {}).items()]
    names = [c.ident for c in classes]
    providers = {p.ident for p in knowledge.providers}
    sets = [read_set(table, names, findings, providers, faults) for table in top.take("sets", list, [])]
    used = {row.ident for s in sets for row in s.rows}
    for name in sorted(set(names) - used):
        faults.add(FILE, name, "no row has this class")
    return Replies(classes, sets)


def read_class(ident, table, findings, faults):
    """What is not said of a stage is said of its group, or of any."""
    entry = Entry(FILE, ident, table, faults)
    if not CLASS_ID.fullmatch(ident):
        entry.fault("not the form of a class")
    usual = take_finding(entry, "any", findings)
    found = dict.fromkeys(STAGES, usual)
    for group, stages in GROUPS.items():
        finding = take_finding(entry, group, findings)
        if finding:
            found.update(dict.fromkeys(stages, finding))
    for stage in STAGES[1:]:
        found[stage] = take_finding(entry, stage, findings) or found[stage]
    entry.done()
    return Class(ident, found)


def take_finding(entry, key, findings):
    finding = entry.take(key, str, "")
    if finding and finding not in findings:
        entry.fault(f"{key}: there is no finding '{finding}'")
        return ""
    return finding


def read_set(table, classes, findings, providers, faults):
    label = ident_of_set(table)
    entry = Entry(FILE, label, table, faults)
    own = entry.take_strings("providers")
    for provider in own:
        if provider not in providers:
            entry.fault(f"there is no provider '{provider}'")
    hosts = entry.take_strings("hosts")
    for host in hosts:
        if not HOST_ENDING.fullmatch(host):
            entry.fault(f"not the ending of a host's name: {host}")
    marks = take_words(entry, "marks")
    if marks and not own and not hosts:
        entry.fault("marks give a provider away, and there is none")
    entry.take("service", str, "")
    helps = take_helps(entry, classes)
    confidence = entry.take("confidence", str, "high")
    if entry.take("source", str, "") == "":
        entry.fault("no source")
    rows = [read_row(label, row, confidence, helps, classes, findings, faults)
            for row in entry.take("rows", list, [])]
    if not rows:
        entry.fault("no rows")
    check_twins(entry, rows)
    entry.done()
    return Set(own, hosts, marks, rows)


def ident_of_set(table):
    names = table.get("providers") or table.get("service") or "?"
    return " ".join(names) if isinstance(names, list) else str(names)


def take_helps(entry, classes):
    helps = entry.take("help", dict, {})
    part = entry.part(helps)
    urls = {}
    for name in helps:
        if name not in classes:
            entry.fault(f"help: there is no class '{name}'")
        urls[name] = part.take_url(name)
    return urls


def take_words(entry, key):
    """Words as the program folds a text: they would never be found otherwise."""
    words = entry.take_strings(key)
    for word in words:
        if word == "" or word != fold(word):
            entry.fault(f"{key}: no text reads so: {word!r}")
    return words


def fold(text):
    return " ".join(word for word in text.lower().split() if not CODE_WORD.fullmatch(word))


def read_row(label, table, confidence, helps, classes, findings, faults):
    entry = Entry(FILE, f"{label}: {row_name(table)}", table, faults)
    texts = take_words(entry, "text")
    code = entry.take("code", int, 0)
    if code != 0 and not 200 <= code <= 599:
        entry.fault(f"bad code: {code}")
    enhanced = take_enhanced(entry)
    if not texts and code == 0 and enhanced == (0, 0, 0, 0):
        entry.fault("neither text nor number")
    if not texts and enhanced[0] and code and enhanced[0] != code // 100:
        entry.fault("code and enhanced are not of one kind (RFC 2034 section 4)")
    stages = take_stages(entry)
    ident = entry.take_word("class", classes)
    finding = take_finding(entry, "finding", findings)
    weak = entry.take("weak", bool, False)
    if weak and not texts:
        entry.fault("weak belongs to a text")
    confidence = entry.take("confidence", str, confidence)
    if confidence not in PERCENT:
        entry.fault(f"confidence is '{confidence}', not one of: {', '.join(PERCENT)}")
    entry.done()
    return Row(texts, code, enhanced, stages, PERCENT.get(confidence, 0), weak, ident, finding, helps.get(ident, ""))


def row_name(table):
    if not isinstance(table, dict):
        return "?"
    text = table.get("text")
    return " ".join(str(part) for part in (table.get("code"), table.get("enhanced"),
                                           text[0] if isinstance(text, list) and text else None) if part) or "?"


def take_enhanced(entry):
    word = entry.take("enhanced", str, "")
    if word == "":
        return (0, 0, 0, 0)
    found = ENHANCED.fullmatch(word)
    if not found:
        entry.fault(f"not an enhanced code: {word}")
        return (0, 0, 0, 0)
    first = int(found[3])
    last = int(found[4] or first)
    if last < first:
        entry.fault(f"the range goes backwards: {word}")
    return (0 if found[1] == "x" else int(found[1]), int(found[2]), first, last)


def take_stages(entry):
    stages = []
    for word in entry.take_strings("at"):
        if word not in STAGES[1:] and word not in GROUPS:
            entry.fault(f"at: there is no stage '{word}'")
        stages += GROUPS.get(word, [word])
    return stages


def check_twins(entry, rows):
    """Of two rows that match alike the second would never be seen."""
    seen = set()
    for row in rows:
        for text in row.texts or [""]:
            key = (text, row.code, row.enhanced, tuple(sorted(row.stages)))
            if key in seen:
                entry.fault(f"stands twice: {row.code} {text or row.enhanced}")
            seen.add(key)


def files(replies):
    return {
        "reply_class_id.h": enum("reply_class", "REPLY_CLASS", [c.ident for c in replies.classes], none=False),
        "replies_table.c": table(replies),
    }


def table(replies):
    parts = ['/* Made from data/replies.toml by data/compile.py. */\n#include "knowledge/replies_table.h"\n']
    parts.append(class_table(replies.classes))
    parts.append(finding_table(replies.classes))
    sets = []
    for number, one in enumerate(replies.sets):
        parts.append(row_table(number, one.rows))
        lists = ", ".join(word_list(words) for words in (one.providers, one.hosts, one.marks))
        sets.append(f"    {{ {lists}, set_{number}_rows, {len(one.rows)} }},")
    parts.append("\n".join(["const struct reply_set reply_set_table[] = {", *sets, "};",
                            f"const size_t reply_set_count = {len(replies.sets)};", ""]))
    return "\n".join(parts)


def class_table(classes):
    lines = ["const char *const reply_class_table[REPLY_CLASS_COUNT] = {",
             *[f"    [{symbol('REPLY_CLASS', c.ident)}] = {c_string(c.ident)}," for c in classes]]
    return "\n".join([*lines, "};", ""])


def finding_table(classes):
    lines = ["const enum finding_id reply_finding_table[REPLY_CLASS_COUNT][REPLY_STAGE_COUNT] = {"]
    for c in classes:
        lines.append(f"    [{symbol('REPLY_CLASS', c.ident)}] = {{")
        lines += [f"        [REPLY_AT_{stage.upper()}] = {finding_symbol(c.findings[stage])}," for stage in STAGES]
        lines.append("    },")
    return "\n".join([*lines, "};", ""])


def row_table(number, rows):
    lines = [f"static const struct reply_row set_{number}_rows[] = {{"]
    for row in rows:
        kind, subject, first, last = row.enhanced
        stages = " | ".join(f"1 << REPLY_AT_{stage.upper()}" for stage in row.stages) or "0"
        lines.append(f"    {{ {word_list(row.texts)}, {row.code}, {{ {kind}, {subject}, {first} }}, {last}, "
                     f"{stages}, {row.percent}, {c_bool(row.weak)}, {symbol('REPLY_CLASS', row.ident)}, "
                     f"{finding_symbol(row.finding)}, {c_string_or_null(row.help_url)} }},")
    return "\n".join([*lines, "};", ""])


def word_list(words):
    if not words:
        return "{ NULL, 0 }"
    return f"{{ (const char *const[]){{ {', '.join(map(c_string, words))} }}, {len(words)} }}"


def finding_symbol(ident):
    return symbol("FINDING", ident) if ident else "FINDING_NONE"
