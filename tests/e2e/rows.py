#!/usr/bin/env python3
"""Looks at inputs and results with another CSV reader than the tool's own.

    rows.py same INPUT RESULT       every input row is in the result, in order, with all its cells
    rows.py outcomes RESULT         "2 invalid 11 done": what was asked for comes last
    rows.py column NAME RESULT      that column of every row
    rows.py serials OUTCOME RESULT  serials of the rows that ended so, sorted
    rows.py silent RESULT           rows without an outcome or a reason; rows to be acted on without
                                    a rule or steps
    rows.py as ENCODING DELIMITER LINE_END INPUT OUTPUT     the input written in another dialect
"""
import collections
import csv
import re
import sys

OURS = ["depmend_" + name for name in
        "outcome rule steps reason before after evidence attempts finished run".split()]


def read_input(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        text = file.read()
    first = text.splitlines()[0]
    delimiter = max(",;\t", key=first.count)
    rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True))
    headless = re.fullmatch("[A-Z0-9]{8,17}", rows[0][0])
    return ([] if headless else rows[0]), rows[0 if headless else 1:]


def read_result(path):
    """A result is UTF-8 without a byte order mark, LF between records, RFC 4180."""
    with open(path, "rb") as file:
        data = file.read()
    assert not data.startswith(b"\xef\xbb\xbf"), "a byte order mark"
    assert data.endswith(b"\n"), "the last line does not end"
    text = data.decode("utf-8")
    rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
    assert rows[0][-len(OURS):] == OURS, rows[0]
    for row in rows:
        assert len(row) == len(rows[0]), row
        assert not any(cell[:1] in "=+-@\t" for cell in row if cell), row
    return rows[0], rows[1:]


def plain(cell):
    """Without our guard against formulas, and without the blanks that libcsv drops around cells."""
    return (cell[1:] if re.match("'[=+@\t-]", cell) else cell).strip(" \t")


def same(source, result):
    header, wanted = read_input(source)
    names, rows = read_result(result)
    names = names[:-len(OURS)]
    if header:
        assert names == [n for n in header if n not in OURS], names
        kept = [i for i, n in enumerate(header) if n not in OURS]
    else:
        kept = range(len(names))
    assert len(rows) == len(wanted), f"{len(wanted)} rows in, {len(rows)} out"
    for line, (old, new) in enumerate(zip(wanted, rows)):
        old = [plain(old[i]) if i < len(old) else "" for i in kept]
        new = [plain(cell) for cell in new[:-len(OURS)]]
        assert old == new, f"row {line}: {old} became {new}"


def column(name, result):
    names, rows = read_result(result)
    return [row[names.index(name)] for row in rows]


def outcomes(result):
    counts = collections.Counter(column("depmend_outcome", result))
    good = ("planned", "done", "unchanged")
    return " ".join(f"{counts[name]} {name}" for name in sorted(counts, key=lambda n: (n in good, n)))


def serials(outcome, result):
    names, rows = read_result(result)
    at = next(i for i, n in enumerate(names)
              if n.replace(" ", "").lower() in ("serial", "serialnumber", "seriennummer"))
    return sorted(row[at].strip().upper() for row in rows if row[-len(OURS)] == outcome)


def silent(result):
    _, rows = read_result(result)
    for row in rows:
        outcome, rule, steps, reason = row[-len(OURS):][:4]
        acts = outcome in ("planned", "done")
        if not outcome or not reason or (acts and not (rule and steps)):
            print(row)


def rewrite(encoding, delimiter, line_end, source, target):
    header, rows = read_input(source)
    with open(target, "w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, delimiter=delimiter.replace("TAB", "\t"),
                            lineterminator=line_end.encode().decode("unicode_escape"))
        writer.writerows([header] + rows)


def main(word, *args):
    actions = {"same": same, "outcomes": outcomes, "column": column, "serials": serials,
               "silent": silent, "as": rewrite}
    answer = actions[word](*args)
    if isinstance(answer, list):
        answer = "\n".join(answer)
    if answer is not None:
        print(answer)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except AssertionError as error:
        sys.exit(f"rows.py {' '.join(sys.argv[1:])}: {error}")
