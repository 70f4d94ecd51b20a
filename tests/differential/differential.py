#!/usr/bin/python3 -B
"""Random files and rules: the quick way to read and judge says what libcsv and a naive judge say.

    differential.py DEPMEND COUNT [FIRST]      the last line is `N passed, N failed`

Each number is a file and a set of rules. The plan is made twice, the second time with --parser
libcsv, and has to be the same byte for byte. What was written into the cells is known here, so a
judge of a few lines, by the manual's words and one row at a time, says which rule has to fire, and
each cell has to come back as it was.
"""
import concurrent.futures
import csv
import datetime
import fnmatch
import io
import itertools
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

NOW = datetime.datetime(2026, 11, 1)
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
TEXTS = ["Alpha", "alpha", "ALPHA ", "Alphabet", "Beta", "be\"ta", "Gamma, Inc.", "two\nlines", "", "", "Grün", "東京", "x" * 40,
         "LOAN-7", "LOAN-12", "=1+2", "-5", "a;b", "a\tb", "O'Neill", "\"", "\"\"", "0", "12E4567"]
NEEDLES = ["Alpha", "alpha", "ALPHA", "Beta", "be\"ta", "Gamma, Inc.", "LOAN-", "LOAN-7", "a", "x" * 40, "Grün", "東京", "7", "bet", "nobody"]
DATES = ["2026-01-02", "2025-12-31", "2026-10-31", "2024-02-29", "2026-03-01", ""]
NUMBERS = ["0", "1", "2", "10", "64", "100", "-3", ""]
QUOTED = ("=", "+", "-", "@", "\t")


class Sheet:
    """Header, rows as they are meant, and how they are written down."""

    def __init__(self, rng):
        self.rng = rng
        kinds = [("Color", TEXTS), ("Note", TEXTS), ("Wanted", TEXTS), ("Added", DATES), ("Count", NUMBERS), ("Order", TEXTS), ("Site", TEXTS)]
        self.columns = dict(rng.sample(kinds, rng.randint(1, len(kinds))))
        self.columns.update({f"Extra {i}": TEXTS for i in range(rng.choice([0, 0, 3, 30]))})
        header = ["Serial"] + list(self.columns)
        rng.shuffle(header)
        self.header = header
        size = rng.choice([1, 2, 5, 20, 63, 64, 65, 127, 129, rng.randint(1, 400)])
        few = {c: rng.sample(v, rng.randint(1, len(v))) for c, v in self.columns.items()}
        known = [self.serial() for _ in range(size)]
        self.rows = []
        for serial in known:
            if rng.random() < 0.02:
                serial = rng.choice(known)
            row = {c: rng.choice(few[c]) for c in self.columns}
            self.rows.append({"Serial": serial, **row})
        if rng.random() < 0.02:
            column = rng.choice(list(self.columns))
            if self.columns[column] is TEXTS:
                self.rows[rng.randrange(size)][column] = "long " * rng.choice([20, 3000, 14000]) + "."

    def serial(self):
        # Such as look like no label's mark and like each other: what does not is refused, elsewhere tested.
        pick = self.rng.choice
        return pick("CDFGHJKLM") + pick(LETTERS[-10:]) + pick(LETTERS[-10:]) + "".join(self.rng.choices(LETTERS[:24], k=3)) + "".join(self.rng.choices(LETTERS, k=4)) + pick(LETTERS[-10:]) + "7"

    def cell(self, text):
        must = any(c in text for c in self.mark + "\"\n\r") or text != text.strip()
        if must or self.quote == "all" or self.quote == "some" and self.rng.random() < 0.3:
            return '"' + text.replace('"', '""') + '"'
        return text

    def written(self):
        rng = self.rng
        self.mark, self.quote = rng.choice([",", ",", ";", "\t"]), rng.choice(["least", "least", "all", "some"])
        end = rng.choice(["\n", "\n", "\r\n"])
        short, long, blank = (rng.random() < 0.2 for _ in range(3))
        lines = [self.mark.join(self.cell(c) for c in self.header)]
        self.short = set()  # serials whose row lacks its last cells
        for row in self.rows:
            cells = [row[c] for c in self.header]
            if short and rng.random() < 0.5:
                while len(cells) > 1 and not cells[-1]:
                    cells.pop()
                    self.short.add(row["Serial"])
            lines.append(self.mark.join(self.cell(c) for c in cells) + (self.mark * rng.randint(0, 2) if long else ""))
            if blank and rng.random() < 0.1:
                lines.append("")
        text = end.join(lines) + rng.choice(["", end])
        kind = rng.choice(["utf-8"] * 6 + ["utf-8-sig", "utf-16"])
        return text.encode(kind)


# --- rules: (text, judge) ---

def fold(text):
    return "".join(c.lower() if c < "\x80" else c for c in text)


def compare(op, cell, value):
    if op in ("lt", "le", "gt", "ge"):
        a, b = int(cell), int(value)
        return {"lt": a < b, "le": a <= b, "gt": a > b, "ge": a >= b}[op]
    if op in ("before", "after"):
        return cell < value if op == "before" else cell > value
    if op == "exact":
        return cell == value
    a, b = fold(cell), fold(value)
    return {"": a == b, "ne": a == b, "prefix": a.startswith(b), "suffix": a.endswith(b), "contains": b in a,
            "glob": fnmatch.fnmatchcase(a, b)}[op]


def leaf(rng, sheet):
    column = rng.choice(list(sheet.columns))
    values = sheet.columns[column]
    field = "added" if column == "Added" else f"csv.{column}"
    if rng.random() < 0.15:
        wanted = rng.random() < 0.5
        return f"{json.dumps(field + '|present')}: {json.dumps(wanted)}", lambda row: (row[column].strip() != "") == wanted
    if values is DATES:
        op, value = rng.choice(["before", "after"]), rng.choice([d for d in DATES if d])
        chosen = [value]
    elif values is NUMBERS:
        op, chosen = rng.choice(["lt", "le", "gt", "ge"]), [rng.choice([n for n in NUMBERS if n])]
    else:
        op = rng.choice(["", "", "", "ne", "exact", "prefix", "suffix", "contains", "glob"])
        chosen = rng.sample(NEEDLES, rng.choice([1, 1, 1, 2, 5]))
        if op == "glob":
            chosen = [rng.choice(["*a", "LOAN-*", "?lpha", "*", "*e*"])]

    def judge(row):
        cell = row[column].strip()
        if cell == "":
            return op == "ne"
        if op == "ne":
            return not any(compare("", cell, v) for v in chosen)
        return any(compare(op, cell, v) for v in chosen)

    name = json.dumps(field + ("|" + op if op else ""))
    return f"{name}: {json.dumps(chosen if len(chosen) > 1 else chosen[0], ensure_ascii=False)}", judge


def condition(rng, sheet, depth):
    kind = rng.randrange(6) if depth else 0
    if kind < 3:
        return leaf(rng, sheet)
    if kind == 3:
        text, judge = condition(rng, sheet, depth - 1)
        return f"not: {{{text}}}", lambda row: not judge(row)
    parts = [condition(rng, sheet, depth - 1) for _ in range(rng.randint(1, 3))]
    name, all_of = ("all", all) if kind == 4 else ("any", any)
    return f"{name}: [{', '.join('{' + t + '}' for t, _ in parts)}]", lambda row: all_of(j(row) for _, j in parts)


def rules(rng, sheet):
    count = rng.choice([1, 2, 3, 5, 10, 10, 63, 64, 65, 130])
    advice = rng.choice(list(sheet.columns))
    steps = ["unassign", "skip", "{note: seen}", f"{{advise: {{column: {json.dumps(advice)}}}}}"]
    lines, judges = ["version: 1", "name: random", "rules:"], []
    for i in range(count):
        text, judge = condition(rng, sheet, rng.choice([0, 1, 2, 3]))
        step = rng.choice(steps[:3] + steps[3:] * (rng.random() < 0.2))
        lines.append(f"  - {{name: r{i}, match: {{{text}}}, do: [{step}]}}")
        judges.append((f"r{i}", judge, advice if "advise" in step else None))
    return "\n".join(lines) + "\n", judges


# --- one number ---

def plan(depmend, folder, name, *more):
    out = folder / name
    done = subprocess.run([depmend, "plan", "--offline", "in.csv", "--rules", "rules.yaml", "--now", NOW.isoformat() + "Z", "--quiet",
                           "--out", name, *more], cwd=folder, capture_output=True, timeout=120,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TMPDIR": str(folder)})
    return done.returncode, out.read_bytes() if out.exists() else b"", done.stderr.decode(errors="replace")


def guarded(text):
    return "'" + text if text.startswith(QUOTED) else text


def wrong_row(sheet, row, got, judges, times):
    for column in sheet.header:
        if got[column] not in (row[column], guarded(row[column]), row[column].strip()):
            return f"cell {column} {row[column]!r} came back as {got[column]!r}"
    if times[row["Serial"]] > 1:
        return None
    wanted, advice = next(((name, advice) for name, judge, advice in judges if judge(row)), ("", None))
    if got["depmend_outcome"] == "invalid" and advice and "row.bad_value" in got["depmend_reason"]:
        return None     # there is nothing to advise, or it is too long
    if row["Serial"] in sheet.short and "seems to be joined to it" in got["depmend_reason"]:
        return None     # a doubt about rows without their last cells, which it may have
    if got["depmend_rule"] != wanted or got["depmend_outcome"] == "invalid":
        return f"{got['depmend_outcome']} by {got['depmend_rule']!r} ({got['depmend_reason']}), and {wanted!r} has to fire for {row}"
    return None


def one(args):
    depmend, number = args
    rng = random.Random(number)
    sheet = Sheet(rng)
    text, judges = rules(rng, sheet)
    with tempfile.TemporaryDirectory(prefix="differential") as top:
        folder = pathlib.Path(top)
        (folder / "in.csv").write_bytes(sheet.written())
        (folder / "rules.yaml").write_text(text, encoding="utf-8")
        quick, slow = plan(depmend, folder, "quick.csv"), plan(depmend, folder, "slow.csv", "--parser", "libcsv")
    if (quick[0], quick[1]) != (slow[0], slow[1]):
        return number, f"with libcsv alone: exit {slow[0]} for {quick[0]}, {len(slow[1])} bytes for {len(quick[1])}"
    if quick[0] not in (0, 3):
        return number, f"exit {quick[0]}: {quick[2][-300:]}"
    got = list(csv.DictReader(io.StringIO(quick[1].decode(), newline="")))
    if len(got) != len(sheet.rows):
        return number, f"{len(got)} rows of {len(sheet.rows)}"
    times = {k: len(list(g)) for k, g in itertools.groupby(sorted(r["Serial"] for r in sheet.rows))}
    for row, back in zip(sheet.rows, got):
        wrong = wrong_row(sheet, row, back, judges, times)
        if wrong:
            return number, wrong[:600]
    return number, None


def main():
    depmend, count = os.path.realpath(sys.argv[1]), int(sys.argv[2])
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    failed = 0
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        for number, wrong in pool.map(one, ((depmend, n) for n in range(first, first + count)), chunksize=50):
            if wrong:
                failed += 1
                print(f"not ok: {number}: {wrong}")
    print(f"{count - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
