#!/usr/bin/python3
"""Protected lists: good ones load with the right count; of damaged ones every device is protected, or it is 78.

    protected.py DEPMEND LISTS MUTATIONS [FIRST]     the last line is `N passed, N failed`

A mutation never turns one serial into another that is as good: nobody could tell.
"""
import concurrent.futures
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import files
import words

HERE = pathlib.Path(__file__).resolve().parent
SETTINGS = """version: 1
tenant: a
apple: {organization: business, client_id: BUSINESSAPI.1, private_key: {env: K}}
sync: {wait: 1m}
"""
KEY = files.private_key()
ODD = ["-", " ", "\u200b", "\u00a0", "\u202e", "\u0421", "\uff21", ".", "/", "\"", ",", ";", "\t", "'", "=", "(", "_", "é", "|", "\u00ad", "#", "\n", "\r", "\0", "*"]
NOTES = ["CEO", "board", "do not touch", "Büro 3", "lost; stolen", "iPad Pro 11-inch (4th gen)", "INC0012345", "since 2026-11-28",
         "2026-11-28T10:15:00Z", "room 214b", "+49 30 1234567", "ticket #4711", "IPAD0001", "MacBookPro18,3", "MK2E3LL/A", "Q3 2026 HR",
         "j.smith2@acme3.example", "do not wipe!", "iOS 17.4.1 (21E236)", "macOS-14.2.1-23C71", "iPad-10.2-64GB", "PO-2024-0017", "2nd floor, B3",
         "550e8400-e29b-41d4-a716-446655440000", "3C:22:FB:12:9A:0E", "356938035643809", "ne pas toucher", "não apagar", "取締役", "Chef / 2. OG",
         "https://tickets.acme.example/browse/IT-4711", "IT-2024-A0012", "John Smith (MD), 3rd party", "VIP"]


JOINED = [["MAC"], ["IPAD"], ["APPLE"], ["IPAD", "MACS"], ["HQ", "BR"], ["X"], ["A", "B", "C"], ["1", "2"], ["LAP", "PC"], ["S", "SN", "1S"],
          ["IT", "MAC", "X1234"]]


def good(r):
    """Text, delimiter, serials, keys of protect:."""
    serials = []
    while len(serials) < r.randrange(3, 20):
        s = files.serial(r)
        if files_strong(s) and s not in serials:
            serials.append(s)
    kind = r.choice(["bare", "comments", "notes", "columns", "columns", "columns", "line", "headed", "tag first"])
    if kind == "bare":
        lines = list(serials)
    elif kind == "comments":
        lines = ["# protected", "# " + r.choice(NOTES)] + [s + r.choice(["", " # CEO", "  # " + r.choice(NOTES)]) for s in serials] + [""]
    elif kind == "notes":
        lines = [s + r.choice([",", ",", ", "]) + r.choice(NOTES) for s in serials]
    elif kind == "line":
        lines = [r.choice(["; ", ";", ",", ", ", " ", "\t"]).join(serials)]
    elif kind == "headed":
        lines = [r.choice(words.SERIALS["en"])] + [s + r.choice(["", "", " # " + r.choice(NOTES)]) for s in serials]
    elif kind == "tag first":
        lines = ["IPAD%04d,%s" % (i, s) for i, s in enumerate(serials)]
    else:
        d = r.choice([",", ";", "\t"])
        language = r.choice(list(words.SERIALS))
        names = [r.choice(words.OTHERS[language]), r.choice(words.SERIALS[language]), r.choice(words.OTHERS[language])]
        rows = [["IPAD%04d" % i, s, r.choice(["x", "", "y z", r.choice(NOTES).replace(d, " ")])] for i, s in enumerate(serials)]
        if r.random() < 0.5:
            names, rows = names[:2], [row[:2] for row in rows]
        lines = [d.join(names)] + [d.join(row) for row in rows]
    return lines, serials, kind


def files_strong(s):
    changes = sum(a.isdigit() != b.isdigit() for a, b in zip(s, s[1:]))
    return changes >= 2 and any(c > "F" for c in s if c.isalpha())


def cut(r, text, serials):
    """A sign that is lost, one that comes twice, a quote pair, the end or the beginning of the file; no serial becomes another."""
    how = r.choice(["delimiter", "newline", "twice", "quotes", "short", "end", "begin", "one"])
    signs = [i for i, c in enumerate(text) if c in (",;\t" if how == "delimiter" else "\n")]
    if how in ("delimiter", "newline") and signs:
        at = r.choice(signs)
        return text[:at] + text[at + 1:]
    if how == "twice":
        at = r.choice(serials)
        return text.replace(at, at + at, 1)
    if how == "quotes":
        a, b = sorted(r.randrange(len(text)) for _ in "ab")
        return text[:a] + '"' + text[a:b] + '"' + text[b:]
    # Of eleven another one would be as good.
    odd = [s for s in serials if len(s) != 11]
    if how == "one" and odd:
        s = r.choice(odd)
        at = r.randrange(len(s))
        return text.replace(s, r.choice([s[:at] + s[at + 1:], s[:at] + s[at] + s[at:]]), 1)
    ten = [s for s in serials if len(s) == 10]
    if how == "short" and ten:
        s = r.choice(ten)
        at = r.randrange(10)
        return text.replace(s, s[:at] + s[at + 1:], 1)
    s = serials[-1]
    at = text.index(s)
    if how == "end":
        return text[:at + r.randrange(1, 10)]
    at = text.index(serials[0])
    return text[at + r.randrange(len(serials[0]) - 9, len(serials[0])):]


def mutated(r, lines, serials, kind):
    """Bytes and keys of protect:, and settings of input:."""
    protect, extra = "", ""
    text = "\n".join(lines) + "\n"
    what = r.choice(["char", "char", "char", "cut", "line", "column", "encoding", "settings", "joined", "short"])
    if what == "char":
        for _ in range(r.randrange(1, 3)):
            at = r.randrange(len(text))
            text = text[:at] + r.choice(ODD) + text[at + r.choice([0, 1]) if text[at] in "\n" or not text[at].isalnum() else at:]
    elif what == "cut":
        text = cut(r, text, serials)
    elif what == "joined":
        texts = r.choice(JOINED)
        behind = r.random() < 0.3
        for s in serials:
            text = text.replace(s, s + r.choice(texts) if behind else r.choice(texts) + s)
        extra = r.choice(["", "", "input: {barcode_s: strip}\n", "input: {barcode_s: keep}\n"])
    elif what == "short":
        n = r.randrange(6, 10)
        for s in serials:
            text = text.replace(s, s[:n])
    elif what == "line":
        n = r.randrange(len(lines))
        new = list(lines)
        how = r.choice(["join", "twice", "junk", "blank", "header", "split"])
        if how == "join" and n + 1 < len(new):
            new[n:n + 2] = [new[n] + new[n + 1]] if not new[n].startswith("#") and "#" not in new[n] else new[n:n + 2]
        elif how == "twice":
            new.insert(n, new[n])
        elif how == "junk":
            new.insert(n, r.choice(["Total: 5", "????", "<b>", "n/a", "none", "{}", "end"]))
        elif how == "blank":
            new.insert(n, r.choice(["", ",,,", "  "]))
        elif how == "header":
            new.insert(n, r.choice(["Serial", "Serial Number,Name", "Seriennummer", "Name;Serial"]))
        else:
            at = r.randrange(len(new[n]) + 1)
            if "#" not in new[n]:
                new[n:n + 1] = [new[n][:at] + "-", "-" + new[n][at:]]
        text = "\n".join(new) + "\n"
    elif what == "column" and kind == "columns":
        d = next((c for c in ";\t," if c in lines[0]), ",")
        how = r.choice(["swap header", "more", "less", "rename", "swap", "no header", "empty", "join"])
        rows = [line.split(d) for line in lines]
        if how == "swap header":
            rows[0][0], rows[0][1] = rows[0][1], rows[0][0]
        elif how == "more":
            rows[r.randrange(1, len(rows))].insert(0, "x y")
        elif how == "swap":
            row = rows[r.randrange(1, len(rows))]
            row[0], row[1] = row[1], row[0]
        elif how == "no header":
            rows.pop(0)
        elif how == "empty":
            row = rows[r.randrange(1, len(rows))]
            row[-1], row[1] = row[1], ""
        elif how == "join":
            n = r.randrange(len(rows) - 1)
            rows[n:n + 2] = [rows[n][:-1] + [rows[n][-1] + rows[n + 1][0]] + rows[n + 1][1:]]
        elif how == "less":
            rows[r.randrange(1, len(rows))].pop(0)
        else:
            rows[0][1] = r.choice(["Ding", "ID", "Old Serial", "Name"])
        text = "\n".join(d.join(row) for row in rows) + "\n"
    elif what == "settings":
        protect = r.choice([", header: none", ", header: 1", ", header: 2", ", header: auto", ", serial_column: 1", ", serial_column: 2",
                            ", serial_column: 3", ", delimiter: semicolon", ", delimiter: tab", ", delimiter: comma",
                            ", header: none, serial_column: 1", ", serial_column: Name", ", empty: allowed"])
        extra = r.choice(["", "input: {barcode_s: strip}\n", "input: {encoding: utf-16}\n", "input: {encoding: cp1252}\n", "input: {header: none}\n"])
    if r.random() < 0.1:
        text = text.replace("\n", r.choice(["\r\n", "\r"]))
    name = "utf-8"
    if what == "encoding":
        name = r.choice(["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp500"])
    data = text.encode(name, "replace")
    if what == "encoding" and r.random() < 0.2:
        at = r.randrange(len(data))
        data = data[:at] + bytes([r.randrange(256) | 0x80]) + data[at:]
    return data, protect, extra, what


def run(depmend, folder, *args):
    return subprocess.run([depmend, *map(str, args)], capture_output=True, text=True, timeout=60,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "K": KEY, "TMPDIR": str(folder)})


def one(depmend, folder, seed, mutate):
    r = random.Random(seed)
    lines, serials, kind = good(r)
    here = pathlib.Path(folder) / str(seed)
    here.mkdir()
    path, settings, wanted = here / "list.csv", here / "s.yaml", here / "in.csv"
    data, protect, extra, what = ("\n".join(lines) + "\n").encode(), "", "", "good"
    if mutate:
        data, protect, extra, what = mutated(r, lines, serials, kind)
    path.write_bytes(data)
    settings.write_text(SETTINGS + f"protect: {{file: {path}{protect}}}\n" + extra)
    if not mutate:
        done = run(depmend, folder, "check", "--settings", settings, "--json")
        if done.returncode or f'"protected":{len(serials)}' not in done.stdout:
            return f"list {seed} ({kind}): {done.stdout[:500]}", True
        return None, True
    wanted.write_text("Serial Number\n" + "\n".join(serials) + "\n")
    settings_args = ["--settings", settings, "--rules", HERE / "cases/all.yaml", "--json", "--header", "auto", "--encoding", "utf-8", "--barcode-s", "keep"]
    done = run(depmend, folder, "plan", "--offline", wanted, *settings_args)
    if done.returncode == 78:
        return None, False
    n = done.stdout.count('"outcome":"protected"')
    if done.returncode or n != len(serials):
        return f"mutation {seed} ({kind}, {what}{protect}{extra}): exit {done.returncode}, {n} of {len(serials)} protected: {done.stderr[:400]} {data[:300]!r}", True
    return None, True


def main():
    depmend, n_lists, n_mutations = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    first = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    failed = loaded = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(first + s, False) for s in range(n_lists)] + [(10**6 + first + s, True) for s in range(n_mutations)]
        for why, good_one in pool.map(lambda j: one(depmend, folder, *j), jobs):
            loaded += good_one
            if why:
                failed += 1
                if failed <= 40:
                    print("not ok:", why)
    print(f"{n_lists} good lists and {n_mutations} mutations: {loaded} loaded, {n_lists + n_mutations - loaded} refused with 78")
    print(f"{n_lists + n_mutations - failed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
