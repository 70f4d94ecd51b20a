#!/usr/bin/python3
"""One name, one thing: a type that a header names is defined once in all of src/, and a bound or a macro of a
header has a user."""
import collections
import pathlib
import re
import sys

SRC = pathlib.Path(__file__).resolve().parents[2] / "src"
BARE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"', re.S)


def sources():
    for path in sorted(SRC.rglob("*.[ch]")):
        yield path.relative_to(SRC).as_posix(), BARE.sub(" ", path.read_text())


def complaints():
    texts = dict(sources())
    headers = {name: text for name, text in texts.items() if name.endswith(".h")}
    named = {tag for text in headers.values() for tag in re.findall(r"\b(?:struct|enum|union) (\w+)", text)}
    defined = collections.defaultdict(list)
    for name, text in texts.items():
        for tag in sorted(set(re.findall(r"\b(?:struct|enum|union) (\w+) \{", text))):
            defined[tag].append(name)
    for tag, places in sorted(defined.items()):
        if len(places) > 1 and tag in named:
            yield f"the type {tag} is defined in {' and '.join(places)}"
    used = collections.Counter(word for text in texts.values() for word in re.findall(r"\b\w+\b", text))
    for name, text in headers.items():
        for body in re.findall(r"\benum \{([^{}]*)\}", text):
            for bound in re.findall(r"\b([A-Z][A-Z0-9_]+) =", body):
                if used[bound] == 1:
                    yield f"src/{name}: nothing uses {bound}"
        for macro in re.findall(r"^#define (\w+)", text, re.M):
            if used[macro] == 1:
                yield f"src/{name}: nothing uses {macro}"


found = list(complaints())
print("\n".join(found), end="\n" if found else "")
sys.exit(bool(found))
