#!/usr/bin/python3 -B
"""`make profile`: in which functions `plan --offline` spends its instructions, by ten rules and by
fifty, counted by callgrind over the rows of the bench. Waiting for memory and the kernel's share
are no instructions of ours and do not show.

    tests/profile.py BUILD"""
import collections
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "bench"))
import bench
import offline

ROWS = 100_000
LEAST_PERCENT = 1
LINE = re.compile(r"\s*([\d,]+) \([ \d.]+%\)  .*:([^:\[]+?)(?: \[.*/(.*)\])?$")


def count(command):
    """Instructions by function, whichever header its parts were inlined from."""
    out = bench.CACHE / "callgrind.out"
    run = subprocess.run(["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}",
                          *command], stdout=subprocess.DEVNULL, check=False)
    if run.returncode >= 64:
        sys.exit(f"{command[0]}: status {run.returncode}")
    text = subprocess.run(["callgrind_annotate", "--threshold=100", "--auto=no", out],
                          stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
    found = collections.Counter()
    for line in text.splitlines():
        match = LINE.match(line)
        if match:
            number, name, where = match.groups()
            # Functions without a name are told by the library they are in.
            found[where if name.startswith("0x") else name] += int(number.replace(",", ""))
    return found


def show(what, found):
    whole = found.total()
    print(f"\n{what}: {whole / ROWS:.0f} instructions a row")
    for name, number in found.most_common():
        if number * 100 < whole * LEAST_PERCENT:
            break
        print(f"{number * 100 / whole:6.1f} % {number / ROWS:8.1f}  {name}")


def main():
    if not bench.have_package("valgrind", "valgrind"):
        sys.exit(1)
    rows = bench.device_csv(ROWS)
    for what, rules in ("10 rules", offline.TEN), ("50 rules", offline.fifty()):
        show(f"plan --offline of {ROWS} rows, {what}", count(offline.plan(rules, rows)))


main()
