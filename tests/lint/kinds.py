#!/usr/bin/python3
"""Kinds of faults that a script can see: an option or secret that names a file and is not held against the outputs;
advice that names an option or a command that there is none.

    kinds.py      says each on a line; none is well
"""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
SRC = TOP / "src"
# Of other programs' options that are named.
FOREIGN = {"all"}


def text_of(name):
    return (SRC / name).read_text()


def file_options():
    """Each option whose value is a file is written or read, so that no output is an input."""
    table, outputs = text_of("cli/args/options.h"), text_of("cli/app/outputs.c")
    for name in re.findall(r"X\((\w+), \"[^\"]+\", [^,]+, FILE,", table):
        if not re.search(rf"\bOPTION_{name}\b", outputs):
            yield f"src/cli/app/outputs.c: OPTION_{name} names a file: say whether it is written or read"


def secrets():
    outputs = text_of("cli/app/outputs.c")
    for names in re.findall(r"^\tstruct secret ([\w, ]+);|^\t\tstruct secret ([\w, ]+);", text_of("model/settings.h"), re.M):
        for name in ",".join(filter(None, names)).split(","):
            if name.strip() and not re.search(rf"[.>]{name.strip()}\b", outputs):
                yield f"src/cli/app/outputs.c: the secret `{name.strip()}` may be a file: no output may be written over it"


def strings(source):
    """The string literals of a C file, those that stand side by side as one, with the line of the first."""
    code = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), source, flags=re.S)
    for m in re.finditer(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*', code):
        yield code[: m.start()].count("\n") + 1, "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', m.group()))


def advice():
    table = text_of("cli/args/options.h")
    options = set(re.findall(r"X\(\w+, \"([^\"]+)\"", table))
    commands = set(re.findall(r"X\(\w+, (\w+), ", table))
    for path in sorted(SRC.rglob("*.[ch]")):
        name = path.relative_to(SRC).as_posix()
        if name.startswith(("sim/", "rehearse/", "docs/")):
            continue
        for line, said in strings(path.read_text()):
            for option in re.findall(r"(?<![\w-])--([a-z][a-z-]*[a-z])", said):
                if option not in options | FOREIGN:
                    yield f"src/{name}:{line}: there is no option --{option}"
            for command in re.findall(r"`depmend ([a-z]+)|run: depmend ([a-z]+)", said):
                if "".join(command) not in commands:
                    yield f"src/{name}:{line}: there is no command `depmend {''.join(command)}`"


found = [*file_options(), *secrets(), *advice()]
print("\n".join(found))
sys.exit(bool(found))
