#!/usr/bin/python3
"""Compares the reports of a run with its result CSV. Says nothing when all is well.

	check.py html PAGE CSV       totals, rows, and that the page can neither load nor run anything
	check.py xlsx BOOK CSV       every cell; CSV written with --raw-csv
	check.py cells FOLDER CSV    the same, of a workbook that an office wrote as one CSV per sheet
	check.py metrics FILE CSV    the text format, and the counts
"""
import base64
import collections
import csv
import hashlib
import html.parser
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree
import zipfile

DONE = {"done", "unchanged", "skipped", "unmatched", "protected", "duplicate"}
SHOWN = 5000
csv.field_size_limit(1 << 24)


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    return rows[0], rows[1:]


def outcomes(path):
    head, rows = read_csv(path)
    at = head.index("depmend_outcome")
    return [row[at] for row in rows]


# --- html ---

class Page(html.parser.HTMLParser):
    """What a browser would see of it: texts of <style> and <script>, attributes, table cells."""

    def __init__(self, text):
        super().__init__()
        self.raw = {"style": [], "script": []}
        self.attributes, self.policy, self.totals = [], "", {}
        self.rows, self.inside, self.open, self.text = [], False, None, ""
        self.charts, self.in_chart = [], False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.open = tag
        self.attributes += [(tag, name, value) for name, value in attrs.items()]
        if attrs.get("http-equiv") == "Content-Security-Policy":
            self.policy = attrs["content"]
        if "data-outcome" in attrs:
            self.totals[attrs["data-outcome"]] = int(attrs["data-n"])
        if attrs.get("id") == "table":
            self.inside = True
        if attrs.get("class") == "chart":
            self.in_chart = True
            self.charts.append([])
        if self.in_chart and tag == "tr":
            self.charts[-1].append([])
        if self.in_chart and tag in ("td", "th"):
            self.charts[-1][-1].append("")
        if self.inside and tag == "tr":
            self.rows.append([])
        if self.inside and tag in ("td", "th"):
            self.rows[-1].append("")
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_endtag(self, tag):
        self.open = None
        if tag == "table":
            self.inside = self.in_chart = False

    def handle_data(self, data):
        self.text += data
        if self.open in self.raw:
            self.raw[self.open][-1] += data
        elif self.in_chart and self.charts[-1] and self.charts[-1][-1]:
            self.charts[-1][-1][-1] += data
        elif self.inside and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def closed_off(page):
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        if len(page.raw[tag]) != 1:
            yield f"{len(page.raw[tag])} <{tag}> elements"
            continue
        digest = hashlib.sha256(page.raw[tag][0].encode()).digest()
        allowed = f"{directive} 'sha256-{base64.b64encode(digest).decode()}'"
        if allowed not in page.policy.split("; "):
            yield f"the policy does not name this <{tag}>: {page.policy}"
    if not page.policy.startswith("default-src 'none'; ") or "unsafe" in page.policy:
        yield f"policy: {page.policy}"
    for tag, name, value in page.attributes:
        if name in ("src", "href", "style", "action", "xlink:href") or name.startswith("on"):
            yield f"<{tag} {name}={value}>"
    if re.search(r"url\(|@import", page.raw["style"][0]):
        yield "the style sheet loads something"


def check_html(path, csv_path):
    with open(path, encoding="utf-8") as file:
        page = Page(file.read())
    yield from closed_off(page)
    want = outcomes(csv_path)
    if page.totals != dict(collections.Counter(want)):
        yield f"totals: {page.totals}, not {collections.Counter(want)}"
    for chart in page.charts:
        rows = [[int(cell.replace(",", "")) for cell in row[2:]] for row in chart[1:]]
        want_sums = [len(want), want.count("done"), sum(o not in DONE for o in want)]
        if [sum(column) for column in zip(*rows)] != want_sums:
            yield f"{chart[0][0]}: rows, done and not done are not {want_sums}"
    if len(page.charts) != 3:
        yield f"{len(page.charts)} charts"
    shown = [(int(row[0]), row[3]) for row in page.rows[1:]]
    if len(shown) != min(len(want), SHOWN):
        yield f"{len(shown)} rows of {len(want)}"
    if any(want[n - 1] != outcome for n, outcome in shown):
        yield "a row has another outcome than in the CSV"
    done = [outcome in DONE for _, outcome in shown]
    if done != sorted(done):
        yield "what is not done does not come first"
    if len(want) > SHOWN and done.count(False) < min(SHOWN, sum(o not in DONE for o in want)):
        yield "rows that are not done were left out before others"


# --- xlsx ---

NAMES = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def column_of(reference):
    n = 0
    for letter in re.match("[A-Z]+", reference)[0]:
        n = n * 26 + ord(letter) - 64
    return n - 1


def sheet_rows(book, name, width):
    for _, row in ElementTree.iterparse(book.open(name)):
        if row.tag != f"{{{NAMES['m']}}}row":
            continue
        cells = [""] * width
        for cell in row.iterfind("m:c", NAMES):
            if cell.get("t") != "inlineStr":
                raise ValueError(f"{name}: {cell.get('r')} is no text")
            text = "".join(t.text or "" for t in cell.iterfind(".//m:t", NAMES))
            # The standard's way to write what XML cannot hold.
            text = re.sub("_x([0-9A-F]{4})_", lambda m: chr(int(m[1], 16)), text)
            cells[column_of(cell.get("r"))] = text
        row.clear()
        yield cells


# What turns the direction of writing or is obeyed by a terminal; a sheet shows a question mark in its place.
MARKS = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]")


def in_a_sheet(rows):
    return [[MARKS.sub("?", cell.replace("\r\n", "\n")) for cell in row] for row in rows]


def check_cells(folder, csv_path):
    """Offices end lines their own way, and keep blanks that we do not."""
    head, rows = read_csv(csv_path)
    got = []
    for path in sorted(pathlib.Path(folder).glob("*-Rows*.csv"), key=lambda p: (len(p.name), p.name)):
        first, others = read_csv(path)
        if first != head:
            yield f"{path}: header {first}"
        got += others
    yield from compare(got, in_a_sheet(rows))


def check_xlsx(path, csv_path):
    head, rows = read_csv(csv_path)
    got = []
    with zipfile.ZipFile(path) as book:
        sheets = sorted(n for n in book.namelist() if re.match(r"xl/worksheets/sheet\d+\.xml", n))
        for name in sheets[1:]:
            first, *others = sheet_rows(book, name, len(head))
            if first != head:
                yield f"{name}: header {first}"
            got += others
    yield from compare(got, in_a_sheet(rows))


def compare(got, rows):
    if len(got) != len(rows):
        yield f"{len(got)} rows, not {len(rows)}"
    for n, (a, b) in enumerate(zip(got, rows)):
        # Blanks around a bare cell are copied into a CSV, but are no part of the cell.
        b = [cell.replace("\r\n", "\n").strip(" ") for cell in b]
        if a != b:
            yield f"row {n + 1}: {a} instead of {b}"


# --- metrics ---

SAMPLE = re.compile(r"""^([a-zA-Z_:][a-zA-Z0-9_:]*)
    (?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})?\ (-?[0-9]+(?:\.[0-9]+)?)$""", re.X)


def check_metrics(path, csv_path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if not text.endswith("\n"):
        yield "no line end at the end"
    rows, current, seen, helped = {}, None, set(), set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            current = line.split()[2]
            if current in helped:
                yield f"{current}: twice"
            helped.add(current)
        elif line.startswith("# TYPE "):
            if line.split()[2:] != [current, "gauge"]:
                yield line
        else:
            m = SAMPLE.match(line)
            if not m or m[1] != current or (m[1], m[2]) in seen:
                yield f"no sample: {line}"
                continue
            seen.add((m[1], m[2]))
            if current == "depmend_rows":
                rows[re.search('outcome="([a-z_]+)"', m[2])[1]] = int(m[3])
    want = collections.Counter(outcomes(csv_path))
    if {k: n for k, n in rows.items() if n} != dict(want):
        yield f"rows: {rows}, not {want}"


if __name__ == "__main__":
    what = {"html": check_html, "xlsx": check_xlsx, "cells": check_cells,
            "metrics": check_metrics}[sys.argv[1]]
    found = list(what(*sys.argv[2:4]))
    print("\n".join(line[:600] for line in found[:10]), end="")
    sys.exit(bool(found))
