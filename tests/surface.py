#!/usr/bin/python3
"""What others may rely on, one a line: reason codes, commands, options, settings, scenarios, knobs,
members of JSON, messages, and tests by name. From the sources alone, so that any commit can be asked:

	tests/surface.py COMMIT >before; tests/surface.py >after; diff before after
"""

import io
import pathlib
import re
import subprocess
import sys
import tarfile

TOP = pathlib.Path(__file__).resolve().parents[1]
TEXT = r'"(?:[^"\\\n]|\\.)*"'
TEXTS = re.compile(rf"{TEXT}(?:\s*{TEXT})*")
LISTS = {  # by the macro that holds the rows: kind, which text of a row
    "REASON_LIST": ("reason", 0), "OUTCOME_LIST": ("outcome", 0), "COMMAND_LIST": ("command", None),
    "OPTION_LIST": ("option", 0), "STEP_LIST": ("step", 0), "FACT_LIST": ("fact", 0),
    "COLUMN_LIST": ("column", 0), "KNOB_LIST": ("knob", 0),
}


def sources(commit):
    """Every file of the commit (or of the folder) below src and tests: name and text."""
    if commit:
        tar = subprocess.run(["git", "archive", commit, "src", "tests"], cwd=TOP, check=True,
                             capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
            files = [(m.name, archive.extractfile(m).read()) for m in archive if m.isfile()]
    else:
        names = subprocess.run(["git", "ls-files", "src", "tests"], cwd=TOP, check=True,
                               capture_output=True, text=True).stdout.split()
        files = [(n, (TOP / n).read_bytes()) for n in names if (TOP / n).is_file()]
    for name, data in files:
        if re.search(r"\.([ch]|sh|py|case)$", name):
            yield name, data.decode("utf-8", "replace")


def joined(literals):
    return "".join(t[1:-1] for t in re.findall(TEXT, literals))


def code(text):
    """Without comments and without the lines that include."""
    text = re.sub(r"^#\s*include.*$", "", text, flags=re.M)
    return re.sub(rf"({TEXT})|/\*.*?\*/|//[^\n]*", lambda m: m[1] or " ", text, flags=re.S)


def rows(text):
    for macro, (kind, at) in LISTS.items():
        found = re.search(rf"#define {macro}\(X\)((?:.*\\\n)*.*\n)", text)
        for row in re.findall(r"\bX\(((?:[^()\"]|\"(?:[^\"\\]|\\.)*\"|\([^()]*\))*)\)",
                              found[1].replace("\\\n", " ") if found else ""):
            words = re.findall(TEXT, row)
            if at is None:
                yield kind, row.split(",")[1].strip()
            elif words:
                yield kind, words[at][1:-1]


def of_source(name, text):
    text = code(text)
    yield from rows(text)
    for row in re.findall(r"^\t\{ (\"[a-z][a-z0-9-]*\"), \"(?:apple\.md|uem\.md|Apple|UEM) ", text, re.M):
        yield "scenario", row[1:-1]
    for field in re.findall(r"\b(?:json_(?:put_\w+|obj|arr)|ndjson_\w+)\([^,\"()]+(?:\([^()]*\))?, (\"[a-z_]+\")", text):
        yield "json", field[1:-1]
    for setting in re.findall(r"YAML_KEY\((\"[a-z_]+\")", text):
        yield "key", setting[1:-1]
    if not name.startswith("src/sim/"):
        for literals in TEXTS.findall(text):
            words = joined(literals)
            if len(re.findall(r"[A-Za-z]{2,}", words)) > 2 and not re.search(r"\b(?:SELECT|ORDER BY|WHERE|FROM [a-z]+ )\b", words):
                yield "message", words


def of_test(name, text):
    for test in re.findall(r"cmocka_unit_test\w*\((\w+)", text):
        yield "test", f"{pathlib.Path(name).stem}: {test}"
    suite = pathlib.Path(name).parts[1]
    for label in re.findall(r"^\s*(?:check|same|exits) ('[^'\n]+'|\"[^\"\n]+\")", text, re.M):
        yield "test", f"{suite}: {label[1:-1]}"


found = set()
for path, contents in sources(sys.argv[1] if len(sys.argv) > 1 else None):
    if path.startswith("src/"):
        found.update(of_source(path, contents))
    else:
        found.update(of_test(path, contents))
for line in sorted(f"{kind:9} {words}" for kind, words in found):
    print(line)
