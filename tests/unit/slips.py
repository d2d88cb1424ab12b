"""Makes slips of the pen out of names of servers, as fingers, eyes and memory make them.

Each kind of slip has a function that gives all that can be made of a name that
way; what is tried is drawn from them by a seed, so that every run has the same.
"""
import random

KEYBOARD = ["1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm"]
LOOK_ALIKE = {"m": ["rn"], "rn": ["m"], "o": ["0"], "0": ["o"], "l": ["1", "i"], "1": ["l"], "i": ["l", "1"],
              "w": ["vv"], "5": ["s"], "s": ["5"]}
CYRILLIC = dict(zip("aceopxysij", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0455\u0456\u0458", strict=True))
ENDINGS = {
    "com": ["con", "cmo", "co", "cm", "om", "ocm", "comm", "cpm", "vom", "xom", "net", "org"],
    "net": ["nte", "ent", "ne", "nt", "nett", "bet", "ner", "com", "org"],
}


def neighbours(key):
    """The keys that touch it, where each row lies half a key to the right of the one above."""
    found = set()
    for row, keys in enumerate(KEYBOARD):
        column = keys.find(key)
        if column < 0:
            continue
        places = [(row, column - 1), (row, column + 1), (row - 1, column), (row - 1, column + 1), (row + 1, column),
                  (row + 1, column - 1)]
        found.update(KEYBOARD[r][c] for r, c in places if 0 <= r < len(KEYBOARD) and 0 <= c < len(KEYBOARD[r]))
    return sorted(found)


def letters(name):
    return [i for i, c in enumerate(name) if c not in ".-"]


def dots(name):
    return [i for i, c in enumerate(name) if c == "."]


def wrong_letter(name):
    return [name[:i] + key + name[i + 1:] for i in letters(name) for key in neighbours(name[i]) if key != "-"]


def missing_letter(name):
    return [name[:i] + name[i + 1:] for i in letters(name)]


def doubled_letter(name):
    return [name[:i] + name[i] + name[i:] for i in letters(name)]


def exchanged_letters(name):
    return [name[:i] + name[i + 1] + name[i] + name[i + 2:] for i in range(len(name) - 1) if name[i] != name[i + 1]]


def look_alike(name):
    return [name[:i] + other + name[i + len(seen):] for seen, others in LOOK_ALIKE.items() for other in others
            for i in range(len(name)) if name.startswith(seen, i)]


def cyrillic(name):
    return [name[:i] + CYRILLIC[name[i]] + name[i + 1:] for i in letters(name) if name[i] in CYRILLIC]


def missing_dot(name):
    return [name[:i] + name[i + 1:] for i in dots(name)]


def doubled_dot(name):
    return [name[:i] + "." + name[i:] for i in dots(name)]


def other_for_dot(name):
    return [name[:i] + other + name[i + 1:] for i in dots(name) for other in "-, "]


def wrong_ending(name):
    rest, _, ending = name.rpartition(".")
    return [f"{rest}.{other}" for other in ENDINGS.get(ending, [])]


def swapped_labels(name):
    labels = name.split(".")
    return [".".join([*labels[:i], labels[i + 1], labels[i], *labels[i + 2:]]) for i in range(len(labels) - 1)]


def joined_labels(name):
    """All but the ending in one, with a hyphen or with nothing between."""
    *labels, ending = name.split(".")
    return [f"{between.join(labels)}.{ending}" for between in ["", "-"]] if len(labels) > 1 else []


KINDS = [wrong_letter, missing_letter, doubled_letter, exchanged_letters, look_alike, cyrillic, missing_dot,
         doubled_dot, other_for_dot, wrong_ending, swapped_labels, joined_labels]


def slips_of(names, real, most, seed):
    """(kind, typed, meant) of each name, up to `most` of a kind, and none that is the name of a real server."""
    draw = random.Random(seed)
    made = []
    for name in names:
        tried = {name, *real}
        for kind in KINDS:
            every = sorted(set(kind(name)) - tried)
            chosen = draw.sample(every, min(most, len(every)))
            tried.update(chosen)
            made.extend((kind.__name__, typed, name) for typed in chosen)
    return made
