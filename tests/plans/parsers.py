#!/usr/bin/python3 -B
"""Random lists and rules, and the results of them: a plan's result is the same, byte for byte, whether
records are cut by the fast splitter and copied, or read by libcsv and written anew.

    tests/plans/parsers.py BUILD [N [SEED]]"""
import os
import pathlib
import random
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(sys.argv[1]).resolve()
N = int(sys.argv[2]) if len(sys.argv) > 2 else 60
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1

HEADER = ["Serial Number", "Status", "Device Model", "Color", "Date Added", "User"]
OURS = ["depmend_outcome", "depmend_rule", "depmend_steps", "depmend_reason", "depmend_before",
        "depmend_after", "depmend_evidence", "depmend_attempts", "depmend_finished", "depmend_run"]
SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
TEXTS = {
    "Status": ["ASSIGNED", "UNASSIGNED", "assigned", ""],
    "Device Model": ["iPad Pro 11-inch (M4)", "ipad pro 11-INCH (m4)", 'iMac 21.5"', "none 1",
                     "MacBook Air (13-inch, M2, 2022)", "None 12"],
    "Color": ["GOLD", "Silver", "", "SPACE GRAY"],
    "Date Added": ["2023-01-02", "2025-12-31T23:59:59Z", "2024-02-30", "x", "", "1970-01-01"],
    "User": ["ward 7", "Smith, John", "Ward 7", "n\u00e9e", ""],
}
ODD = ["=SUM(A1)", "'=x", "-5", "\uff1dx", "\u200b=x", "", " pad ", "a\nb", "a\r\nb", "x,y", "x;y",
       'q"q', '""', "'", "\U0001f600", "\u00dc\u4e2d"]


def serial(rnd):
    if rnd.random() < .03:
        return rnd.choice(["", "n/a", "?!", "Total", "SC02ABCDEFG1"])
    return "C02" + "".join(rnd.choice(SIGNS) for _ in range(9))


def cell(rnd, column, odd):
    if column == "Serial Number":
        return serial(rnd)
    if rnd.random() < odd:
        return rnd.choice(ODD)
    return rnd.choice(TEXTS.get(column, ["planned", "done", "", "'=x", "x, y"]))


def quoted(rnd, text, delimiter, share):
    if rnd.random() < share or any(c in text for c in delimiter + '"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def header(rnd):
    names = HEADER[:rnd.randrange(2, len(HEADER) + 1)]
    if rnd.random() < .25:
        at = rnd.choice([len(names), rnd.randrange(1, len(names) + 1)])
        names[at:at] = OURS
    return names


def bytes_of(rnd, names):
    delimiter = rnd.choice(",,;;\t")
    share, odd = rnd.choice([0, 0, .3, 1]), rnd.choice([0, .01, .1])
    short, end = rnd.random() < .3, rnd.choice(["\n", "\n", "\r\n", "\r"])
    lines = [delimiter.join(names)]
    for _ in range(rnd.choice([3, 30, 400])):
        cells = [cell(rnd, name, odd) for name in names]
        if short and rnd.random() < .4:
            cells = cells[:rnd.randrange(1, len(cells) + 1)]
        line = delimiter.join(quoted(rnd, text, delimiter, share) for text in cells)
        trouble = rnd.random() * (1 if odd else 100)
        if trouble < .01:
            line += rnd.choice(["\n", '"', delimiter, delimiter + "x", delimiter + "x" * 20000])
        elif trouble < .02:
            line = line.replace(delimiter, delimiter + " ", 1)
        lines.append(line)
    encoding = rnd.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
    return (end.join(lines) + rnd.choice([end, ""])).encode(encoding)


def rules_of(rnd, names):
    words = {"Status": "status", "Device Model": "model", "Color": "color", "User": "user"}
    lines = ["version: 1", "rules:"]
    for n in range(rnd.choice([1, 10, 100])):
        parts = {}
        for _ in range(rnd.randrange(1, 4)):
            column = rnd.choice(names)
            if column in words:
                oper = rnd.choice(["", "", "", "|prefix", "|contains", "|ne"])
                text = rnd.choice(TEXTS[column]).replace('"', "") or "none"
                parts[words[column] + oper] = f'"{text}"'
            elif column == "Date Added":
                parts["added|before"] = "2024-01-01"
        match = ", ".join(f"{key}: {text}" for key, text in parts.items()) or "always: true"
        do = rnd.choice(["skip", "unassign", "advise: ask"])
        lines.append(f"  - {{name: r{n}, match: {{{match}}}, do: [{{{do}}}]}}" if ":" in do else
                     f"  - {{name: r{n}, match: {{{match}}}, do: [{do}]}}")
    return "\n".join(lines) + "\n"


def result(folder, *more, stdin=False):
    command = [BUILD / "depmend", "plan", "--offline", "--serial-column", "1", "--rules", "./r.yaml",
               *more, "-" if stdin else "in.csv"]
    with open(folder / "in.csv", "rb") as given:
        run = subprocess.run(command, cwd=folder, stdin=given if stdin else subprocess.DEVNULL,
                             env={"HOME": str(folder), "PATH": os.environ["PATH"]},
                             capture_output=True, timeout=60, check=False)
    return run.returncode, run.stdout, run.stderr


def main():
    differ, read = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for n in range(N):
            rnd = random.Random(SEED * 1000003 + n)
            names = header(rnd)
            (folder / "in.csv").write_bytes(bytes_of(rnd, names))
            (folder / "r.yaml").write_text(rules_of(rnd, names), encoding="utf-8")
            more = rnd.choice([[], [], ["--raw-csv"]])
            stdin = rnd.random() < .2
            ours = result(folder, *more, stdin=stdin)
            read += ours[0] < 64
            same = ours == result(folder, *more, "--parser", "libcsv", stdin=stdin)
            if ours[1]:
                (folder / "in.csv").write_bytes(ours[1])
                same &= result(folder, *more) == result(folder, *more, "--parser", "libcsv")
            if not same:
                differ += 1
                print(f"parsers.py: file {n} of seed {SEED} differs")
    print(f"{N} files, {read} read, {differ} differ")
    sys.exit(differ > 0 or read * 2 < N)


main()
