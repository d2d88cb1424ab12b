"""Reads data/client-texts.toml, checks it, and writes its table."""
import dataclasses
import re

from .emit import c_string
from .read import Entry, load
from .text import symbol

FILE = "data/client-texts.toml"
FORMS = {"words": "WORDS", "codes": "CODE", "numbers": "NUMBER"}
SORTS = ("wrapper", "symptom", "cause")
CODE = re.compile(r"[a-z0-9_]+")


@dataclasses.dataclass
class ClientText:
    program: str
    form: str
    words: list
    sort: str
    means: list     # (finding, percent), most likely first


@dataclasses.dataclass
class Hint:
    word: str
    provider: str


@dataclasses.dataclass
class ClientTexts:
    texts: list
    hints: list


def read(folder, knowledge, faults):
    data = load(folder, "client-texts.toml", faults)
    for key in set(data) - {"clients", "hints"}:
        faults.add(FILE, key, "only clients and hints stand here")
    top = Entry(FILE, "top", {k: v for k, v in data.items() if k in ("clients", "hints")}, faults)
    findings = {f.ident for f in knowledge.findings}
    providers = {p.ident for p in knowledge.providers}
    texts = [text for table in top.take("clients", list, []) for text in read_client(table, findings, faults)]
    hints = [hint for table in top.take("hints", list, []) for hint in read_hints(table, providers, faults)]
    check_twins(texts, faults)
    return ClientTexts(texts, hints)


def read_hints(table, providers, faults):
    provider = str(table.get("provider", "?")) if isinstance(table, dict) else "?"
    entry = Entry(FILE, provider, table, faults)
    if entry.take("provider", str, "") not in providers:
        entry.fault(f"there is no provider '{provider}'")
    words = take_words(entry, "words")
    entry.done()
    return [Hint(word, provider) for word in words]


def read_client(table, findings, faults):
    name = str(table.get("name", "?")) if isinstance(table, dict) else "?"
    entry = Entry(FILE, name, table, faults)
    entry.take("name", str, "")
    if entry.take("source", str, "") == "":
        entry.fault("no source")
    rows = entry.take("texts", list, [])
    if not rows:
        entry.fault("no texts")
    entry.done()
    return [text for row in rows for text in read_row(name, row, findings, faults)]


def read_row(program, table, findings, faults):
    """Fragments of a text stand there together; of codes each stands for itself."""
    forms = [key for key in FORMS if isinstance(table, dict) and key in table]
    label = ", ".join(map(str, table[forms[0]])) if forms and isinstance(table[forms[0]], list) else "?"
    entry = Entry(FILE, f"{program}: {label}", table, faults)
    if len(forms) != 1:
        entry.fault(f"one of these is needed: {', '.join(FORMS)}")
        return []
    words = take_words(entry, forms[0])
    if forms[0] != "words":
        for code in words:
            if not CODE.fullmatch(code):
                entry.fault(f"not a code: {code}")
    sort = entry.take_word("sort", SORTS)
    means = read_means(entry, findings)
    if sort != "wrapper" and not means:
        entry.fault("only a wrapper may mean nothing")
    entry.done()
    groups = [words] if forms[0] == "words" else [[code] for code in words]
    return [ClientText(program, forms[0], group, sort, means) for group in groups]


def take_words(entry, key):
    words = entry.take_strings(key)
    for word in words:
        if word == "" or word != " ".join(word.lower().split()):
            entry.fault(f"{key}: no line reads so: {word!r}")
    if not words:
        entry.fault(f"{key} is empty")
    return words


def read_means(entry, findings):
    means = []
    for finding, confidence in entry.take("means", dict, {}).items():
        if finding not in findings:
            entry.fault(f"there is no finding '{finding}'")
        if not isinstance(confidence, float) or not 0 < confidence < 1:
            entry.fault(f"{finding}: not a confidence between 0 and 1: {confidence}")
            continue
        means.append((finding, round(confidence * 100)))
    percents = [percent for _, percent in means]
    if percents != sorted(percents, reverse=True) or sum(percents) > 100:
        entry.fault("the most likely finding stands first, and all together are 1 at most")
    return means


def check_twins(texts, faults):
    """Of two texts that read alike the second would never be told."""
    seen = set()
    for text in texts:
        key = (text.form, *text.words)
        if key in seen:
            faults.add(FILE, f"{text.program}: {', '.join(text.words)}", "stands twice")
        seen.add(key)


def files(client_texts):
    return {"client_texts_table.c": table(client_texts)}


def table(client_texts):
    lines = ["/* Made from data/client-texts.toml by data/compile.py. */",
             '#include "knowledge/client_text_table.h"', "", "const struct client_text client_text_table[] = {"]
    for text in client_texts.texts:
        words = ", ".join(f"{{ {c_string(word)}, {len(word.encode())} }}" for word in text.words)
        means = ", ".join(f"{{ {symbol('FINDING', finding)}, {percent} }}" for finding, percent in text.means)
        meanings = f"(const struct client_meaning[]){{ {means} }}" if means else "NULL"
        lines.append(f"    {{ {c_string(text.program)}, CLIENT_TEXT_{FORMS[text.form]}, "
                     f"CLIENT_TEXT_{text.sort.upper()}, (const struct peer_text[]){{ {words} }}, "
                     f"{len(text.words)}, {meanings}, {len(text.means)} }},")
    lines += ["};", f"const size_t client_text_count = {len(client_texts.texts)};", "",
              "const struct provider_hint provider_hint_table[] = {"]
    lines += [f"    {{ {c_string(hint.word)}, {c_string(hint.provider)} }}," for hint in client_texts.hints]
    return "\n".join([*lines, "};", f"const size_t provider_hint_count = {len(client_texts.hints)};", ""])
