#!/usr/bin/python3
"""Kinds of faults that a script can see: an option or secret that names a file and is not held against the outputs;
advice that names an option or a command that there is none, or that no test runs; a bound that cuts a list of the
settings, or that they do not refuse to pass.

    kinds.py      says each on a line; none is well
"""
import json
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


# Variables that name no file, and what asks for the file of those that do.
NO_FILE = {"DEPMEND_CLOCK", "DEPMEND_BOOT", "HOME", "TZ", "TZDIR", "SUDO_USER", "LOGNAME", "INVOCATION_ID", "TERM", "PATH", "TMPDIR",
           "DEPMEND_TRUST"}
NAMED = {"CREDENTIALS_DIRECTORY": "secret_path(", "XDG_CONFIG_HOME": "trust_groups_file(", "DEPMEND_SETTINGS": "s->file",
         "STATE_DIRECTORY": "s->state", "SSL_CERT_FILE": "http_authorities_file(", "SSL_CERT_DIR": "http_authorities_hold("}


def variables():
    """A file that a variable of the environment names is an input as well."""
    outputs = text_of("cli/app/outputs.c")
    for path in sorted(p for p in SRC.rglob("*.c") if not p.is_relative_to(SRC / "sim")):
        for name in re.findall(r'getenv\("(\w+)"\)', path.read_text()):
            if name not in NO_FILE and NAMED.get(name, name) not in outputs:
                yield f"src/cli/app/outputs.c: ${name} of {path.relative_to(SRC).as_posix()} names a file: no output may be written over it"


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


def one_line_each():
    """text_line() and the log_ functions print one line: a line end in what they print becomes a `?`."""
    for path in sorted(SRC.rglob("*.c")):
        code = path.read_text()
        for m in re.finditer(r"\b(?:text_line|log_(?:line|warn|info|debug|often))\((?:[^;\"]|\"(?:[^\"\\]|\\.)*\")*;", code):
            if "\\n" in m.group():
                line = code[: m.start()].count("\n") + 1
                yield f"src/{path.relative_to(SRC).as_posix()}:{line}: prints one line: a call for each"


def output_types():
    """Every type of a line that --json prints is described."""
    described = json.loads((TOP / "samples/output.schema.json").read_text())["definitions"]
    for path in sorted(p for part in ("cli", "report") for p in (SRC / part).rglob("*.c")):
        for name in re.findall(r'ndjson_begin\([^,]+, "(\w+)"\)', path.read_text()):
            if name not in described:
                yield f"samples/output.schema.json: type '{name}' of src/{path.relative_to(SRC).as_posix()} is not described"


def tests_text():
    """What the suites run, in all."""
    folders = [p for p in (TOP / "tests").rglob("*") if p.suffix in (".sh", ".py", ".case", ".yaml") and "lint" not in p.parts]
    return "\n".join(p.read_text(errors="replace") for p in folders if p.is_file())


def advice_is_run():
    """Options and commands that messages name stand in a test, as a word of a command line."""
    tests = tests_text()
    for path in sorted(SRC.rglob("*.c")):
        name = path.relative_to(SRC).as_posix()
        if name.startswith(("sim/", "rehearse/", "docs/", "cli/args/")):
            continue
        for line, said in strings(path.read_text()):
            for option in set(re.findall(r"(?<![\w-])--([a-z][a-z-]*[a-z])", said)) - FOREIGN:
                if not re.search(rf"(?<![\w-])--{option}(?![\w-])", tests):
                    yield f"src/{name}:{line}: no test runs --{option}, which this advises"
            for command in re.findall(r"(?:`|run: |next: )depmend ([a-z]+(?: --[a-z-]+)?)", said):
                if command.split()[0] not in tests:
                    yield f"src/{name}:{line}: no test runs `depmend {command}`, which this advises"


def bounds():
    """Lists of the settings: no loop of another floor ends at a constant of its own before the list does, no array for
    them has a size that is not the settings', and each bound is refused by them."""
    lists = set(re.findall(r"^\t+(?:size_t|uint32_t|uint8_t) (?:\w+, )*(n_[a-z_]+);", text_of("model/settings.h"), re.M)) - {"n_values"}
    wanted = set(re.findall(r"\b(SETTINGS_MAX_\w+)", text_of("model/settings.h")))
    reading = "".join(p.read_text() for p in (SRC / "model").glob("settings*.c"))
    for bound in sorted(wanted):
        if not re.search(rf"\b{bound}\b", reading):
            yield f"src/model/settings.h: {bound}: the settings do not refuse more than that"
    for path in sorted(SRC.rglob("*.c")):
        name = path.relative_to(SRC).as_posix()
        if name.startswith(("sim/", "base/", "io/", "model/")):
            continue
        for n, line in enumerate(path.read_text().splitlines(), 1):
            for field in lists:
                if re.search(rf"[.>]{field}\b", line) and re.search(r"&& \w+ < (?!SETTINGS_MAX)[A-Z][A-Z0-9_]+\b", line):
                    yield f"src/{name}:{n}: the list `{field}` of the settings is cut here by a bound that they do not know"
    for path in sorted([*SRC.rglob("*.c"), *SRC.rglob("*.h")]):
        if path.is_relative_to(SRC / "sim"):
            continue
        for n, line in enumerate(path.read_text().splitlines(), 1):
            for constant, value in re.findall(r"\b((?:FLEET|TRANSPORT|WINDOW|TOKEN|SYNC|DEP)_MAX_(?:GROUPS|DEP|TOKENS|SERVERS|WINDOWS)) = ([^,}]+)", line):
                if "SETTINGS_MAX" not in value:
                    yield f"{path.relative_to(TOP)}:{n}: {constant} counts things of the settings: say it by SETTINGS_MAX_..."


found = [*file_options(), *secrets(), *variables(), *advice(), *advice_is_run(), *bounds(), *one_line_each(), *output_types()]
print("\n".join(found))
sys.exit(bool(found))
