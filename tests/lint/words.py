#!/usr/bin/env python3
"""Words that no message, help text or manual page uses: readers know the usual word for the thing.

Looks at the string literals of the programs' sources (comments are for engineers) and at the manual that
the build makes of them, when it is there.
"""
import glob
import re
import sys

# word or phrase: what to write instead
WORDS = {
    r"nobody|somebody|whoever": "name who: the user, another process, an administrator",
    r"told": "say what is known, or not known",
    r"what it came to|came to nothing": "Summary",
    r"not to be had": "could not be read",
    r"round in circles": "say what repeats what",
    r"mend(s|ed|ing)?": "correct, fix, repair",
    r"no use for": "unexpected argument",
    r"at fault": "invalid",
    r"bad weather": "simulated faults",
    r"neutrali[sz]e": "escape",
    r"(a|the) secret says": "say what a secret is",
    r"this program knows": "unsupported ... (supported: ...)",
    r"times in all": "repeated N times",
    r"works for this organization": "another run is active",
    r"nothing real was touched|rehearsed as of": "Simulation only",
    r"which makes \S+ in 24 hours": "with N earlier in 24 hours",
    r"which server the device came from": "previous server unknown",
    r"wishes|deeds?|fate|culprits?|parcels?": "the field's terms",
    r"different wishes": "rows with this serial ask for different actions",
    r"stands?|put-backs?": "is, appears, replaces; a device that is back on its server",
    r"as one wants|to be gone": "say what is expected",
}
# Where a word means something else.
ALLOWED = {
    ("src/store/shape.c", "deed"),  # a table
    ("src/rehearse/world.c", "mended"),  # an effect of the simulator's own log
    ("src/survey/doctor.h", "mended"),  # what --json has always said
}
# A number and a plural that stands whatever it is; plural() of base/plural.h knows about 1.
COUNTED = re.compile(r"(?<!more than )(?<!at most )(?<!up to )(?<!=)%(?:ll|l|z)?[ud] (?:devices|rows|runs|lists|events|"
                     r"serials|changes|effects|requests|profiles|findings|tests)\b")
RULE = re.compile(r"\b(" + "|".join(f"(?:{w})" for w in WORDS) + r")\b", re.IGNORECASE)
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|("(?:[^"\\\n]|\\.)*")', re.S)


def remedy(word):
    for pattern, instead in WORDS.items():
        if re.fullmatch(pattern, word, re.IGNORECASE):
            return instead
    return ""


def strings(path):
    """(line, text): literals that stand together are one."""
    source = open(path, encoding="utf-8").read()
    bare = COMMENT.sub(lambda m: m.group(1) or re.sub(r"[^\n]", " ", m.group(0)), source)
    at = None
    text = ""
    end = 0
    for m in STRING.finditer(bare):
        if at is not None and bare[end:m.start()].strip(" \t\n\\") == "":
            text += m.group(1)
        else:
            if at is not None:
                yield at, text
            at, text = bare.count("\n", 0, m.start()) + 1, m.group(1)
        end = m.end()
    if at is not None:
        yield at, text


def main():
    found = 0
    for path in sorted(glob.glob("src/**/*.[ch]", recursive=True)):
        if path.startswith("src/sim/"):
            continue
        for line, text in strings(path):
            if text.startswith(("/*", "#include")) or text.endswith((".h", ".c")):
                continue
            if re.match(r"(SELECT|INSERT|UPDATE|DELETE|ALTER|CREATE) ", text):
                continue  # names of tables are no words for readers
            for m in COUNTED.finditer(text):
                found += 1
                print(f"{path}:{line}: '{m.group(0)}' in \"{text[:90]}\": say it for 1, too")
            for m in RULE.finditer(text):
                if (path, m.group(0).lower()) in ALLOWED:
                    continue
                found += 1
                print(f"{path}:{line}: '{m.group(0)}' in \"{text[:90]}\": {remedy(m.group(0))}")
    for path in ("README.md", "samples/README.md"):
        for n, text in enumerate(open(path, encoding="utf-8"), 1):
            for m in RULE.finditer(text):
                found += 1
                print(f"{path}:{n}: '{m.group(0)}': {remedy(m.group(0))}")
    sys.exit(found > 0)


main()
