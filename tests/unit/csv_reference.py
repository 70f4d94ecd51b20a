#!/usr/bin/python3
"""csv_reference.py SEED COUNT: random RFC 4180 files and what Python's csv module reads in them.

For each file a line `BYTES EXPECTED DELIMITER ENCODING` (sizes; the delimiter as a number), the file, and the
expected records: each cell as `SIZE<TEXT> `, each record ended by a newline; cells trimmed of space
and TAB, blank rows dropped, as depmend reads them."""
import csv
import io
import random
import sys

WORDS = ["", "iPad", "MacBook Air, 13", 'iMac 21.5"', '"', '""', " x ", "\ty\t", "two\nlines", "two\r\nlines",
         "\r", "a;b", "a\tb", "ü", "naïve €", "C02XK1ABJG5H", "=1+1", "'", ",", ";", "x" * 300]
TWINS = [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-8"), ("utf-16-le", "utf-16le"),
         ("utf-16-be", "utf-16be"), ("cp1252", "cp1252"), ("iso-8859-15", "iso-8859-15")]


def cell(rng):
    if rng.random() < 0.7:
        return rng.choice(WORDS)
    return "".join(rng.choice(' \t,;"\n\rabcü') for _ in range(rng.randrange(12)))


def row(rng, width):
    cells = [cell(rng) for _ in range(width)]
    # Alone in its row, blanks would be a blank line to us and a cell to Python.
    if width == 1 and not cells[0].strip(" \t"):
        cells[0] = rng.choice(["", "x"])
    return cells


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def line(rng, cells, delimiter, eager):
    """By hand, because csv.writer leaves a CR bare where lines end with LF alone."""
    special = '"\r\n' + delimiter
    out = [quoted(one) if rng.random() < eager or any(c in special for c in one) else one for one in cells]
    return delimiter.join(out) or '""'


def make(rng):
    delimiter, end = rng.choice(",;\t"), rng.choice(["\r\n", "\n", "\r"])
    width = rng.choice([1, 2, 3, 5, 16]) if rng.randrange(50) else 400
    eager = rng.choice([0, 0.1, 1])
    text = ""
    for _ in range(rng.randrange(12)):
        text += line(rng, row(rng, width), delimiter, eager) + end
        if rng.randrange(10) == 0:
            text += end
    if rng.randrange(3) == 0:
        text = text.removesuffix(end)
    return text, delimiter


def expected(text, delimiter):
    out = []
    for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        if not cells:
            continue
        for one in cells:
            data = one.strip(" \t").encode()
            out.append(b"%d<%s> " % (len(data), data))
        out.append(b"\n")
    return b"".join(out)


def main():
    rng = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        text, delimiter = make(rng)
        codec, name = rng.choice(TWINS)
        data, want = text.encode(codec), expected(text, delimiter)
        sys.stdout.buffer.write(b"%d %d %d %s\n" % (len(data), len(want), ord(delimiter), name.encode()))
        sys.stdout.buffer.write(data + want)


main()
