#!/usr/bin/python3
"""What a comment cites is there: documents by name, sections of services/README.md, files of sources.

A section is cited as `services/README.md Apple A.6, F.20` or `UEM B1, H.2`; its part and number
have to be a heading, a row or a trap there. No other document may be named than those of the
repository.
"""

import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
WIRE = TOP / "src/services/README.md"
ITEM = r"[A-J](?:\.?\d+b?)?"
PART = rf"(Apple|UEM)\s+({ITEM}(?:(?:,| and| to)\s+{ITEM})*)"


def places():
    """Every (part, section) that services/README.md has."""
    part, letter, found = "", "", set()
    for line in WIRE.read_text().splitlines():
        if top := re.match(r"# (Apple|Workspace ONE UEM)$", line):
            part = "Apple" if top[1] == "Apple" else "UEM"
        elif head := re.match(rf"## (?:Apple|UEM) ([A-J])\.", line):
            letter = head[1]
            found.add((part, letter))
        elif line.startswith("### "):
            found.update((part, s) for s in re.findall(rf"{ITEM}(?=[ ,])", line[4:]))
        elif row := re.match(r"\| (B\d+) \|", line):
            found.add((part, row[1]))
        elif letter in "EFH":
            found.update((part, f"{letter}.{n}") for n in re.findall(r"^(\d+b?)\. ", line))
    return found


COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|(/\*.*?\*/|//[^\n]*)', re.S)


# Of libraries and the system, which no source calls.
FOREIGN = {"csv_fini", "yaml_free", "exec", "execvp", "readlink"}


def functions():
    """Functions that comments name and no code does."""
    texts = {p.relative_to(TOP): p.read_text() for p in sorted((TOP / "src").rglob("*.[ch]"))}
    code = {word for text in texts.values() for word in re.findall(r"\w+", COMMENT.sub(" ", text))}
    for name, text in texts.items():
        for comment in COMMENT.findall(text):
            for function in sorted(set(re.findall(r"\b([a-z]\w+)\(\)", comment))):
                if function not in code | FOREIGN:
                    yield f"{name}: there is no {function}()"


def complaints():
    yield from functions()
    known = places()
    files = subprocess.run(["git", "ls-files", "src", "tests", "bin", "samples", "rules", "Makefile",
                            "README.md", ".ci"], cwd=TOP, capture_output=True, text=True,
                           check=True).stdout.split()
    for name in files:
        path = TOP / name
        if path.suffix in (".csv", ".json", ".pem", ".p7m", ".db") or not path.is_file():
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        flat = re.sub(r"\n[ \t]*(?:\*|#|//)?[ \t]*", " ", text)
        for doc in set(re.findall(r"(?<![\w$./{}-])[\w./-]*\w\.md\b", flat)) - {name}:
            near = (path.parent / doc, TOP / doc, TOP / "src" / doc)
            if not any(p.is_file() for p in near):
                yield f"{name}: {doc} is not in the repository"
        for source in set(re.findall(r"(?<![\w./<-])(?:[a-z_]+/)+[a-z_0-9]+\.[ch]\b(?!\w)", text)):
            known_file = any((top / source).is_file() for top in (TOP / "src", TOP))
            if name.startswith("src/") and not source.startswith("linux/") and not known_file:
                yield f"{name}: there is no {source}"
        for part, items in re.findall(rf"services/README\.md,? {PART}", flat):
            for item in re.findall(ITEM, items):
                if (part, item) not in known:
                    yield f"{name}: services/README.md has no {part} {item}"


found = sorted(set(complaints()))
print("\n".join(found), end="\n" if found else "")
sys.exit(bool(found))
