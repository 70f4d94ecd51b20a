#!/usr/bin/python3 -B
"""P7, P8: plans of what is awkward to read or judge, against the lean filter on the same file."""
import csv

import bench
from offline import TEN, plan

OWN_PROGRAMS = """version: 1
rules: [{name: a, match: {always: true}, do: [{advise: {column: Shelf}}]}]
"""


def rewritten(name, how):
    """The device CSV told in another way, made once."""
    rows, path = bench.device_csv(bench.ROWS), bench.CACHE / f"{name}-{bench.ROWS}.csv"
    if not path.exists() or path.stat().st_mtime < rows.stat().st_mtime:
        part = path.with_suffix(".part")
        how(rows, part)
        part.rename(path)
    return path


def again(encoding="utf-8", cells=lambda n, row: row, **form):
    def write(rows, part):
        with open(rows, newline="", encoding="utf-8") as file, \
                open(part, "w", newline="", encoding=encoding) as out:
            to = csv.writer(out, **form)
            for n, row in enumerate(csv.reader(file)):
                to.writerow(cells(n, row))
    return write


def own_result(_, part):
    bench.measure([*plan(TEN, bench.device_csv(bench.ROWS))], part)


def tags(n, row):
    """A text in each row that no other row has."""
    return [*row, "Shelf" if n == 0 else f"shelf {n}, room {n % 977}"]


def many_rules():
    path = bench.CACHE / "990.yaml"
    path.write_text("version: 1\nrules:\n" + "".join(
        f"  - {{name: r{n}, match: {{model: none {n}}}, do: [skip]}}\n" for n in range(990)))
    return path


def main():
    lean = bench.program("filter")
    awkward = {
        "all cells quoted": (rewritten("quoted", again(quoting=csv.QUOTE_ALL)), TEN),
        "semicolons": (rewritten("semicolons", again(delimiter=";")), TEN),
        "own result as input": (rewritten("result", own_result), TEN),
        "UTF-16": (rewritten("utf16", again("utf-16")), TEN),
        "rows shorter than the header": (rewritten(
            "short", again(cells=lambda n, row: row[:15] if n % 2 else row)), TEN),
        "990 rules": (bench.device_csv(bench.ROWS), many_rules()),
    }
    for what, (rows, rules) in awkward.items():
        runs = bench.interleaved({"plan": plan(rules, rows), "lean": [lean, rows]},
                                 1 if bench.QUICK else 3)
        bench.aim("P7", f"{what}: plan / lean libcsv filter, CPU",
                  bench.ratio(runs, "plan", "lean"), 1.5 if rules != TEN else 0.7)
    own = bench.CACHE / "own.yaml"
    own.write_text(OWN_PROGRAMS)
    rows = rewritten("tags", again(cells=tags))
    runs = bench.interleaved({"plan": plan(own, rows), "lean": [lean, rows]},
                             1 if bench.QUICK else 3)
    bench.aim("P8", "a program for every row: plan / lean libcsv filter, CPU",
              bench.ratio(runs, "plan", "lean"), 3)
    bench.aim("P8", "the same: peak MiB", bench.peak_mib(runs["plan"]), 150, "{:.0f}")
    bench.finish()


main()
