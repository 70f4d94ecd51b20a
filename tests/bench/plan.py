#!/usr/bin/python3 -B
"""P1, P2, P3, P5: `plan --offline` of a million rows against the lean filter and the peers."""
import collections
import csv

import bench
from offline import PEERS, TEN, fifty, plan

FILTER_RULE = """version: 1
name: filter
rules:
  - name: hit
    match: {status: ASSIGNED, model|prefix: iPad, added|before: 2024-08-01}
    do: [unassign]
"""


def verdicts(command, name):
    """How often which serial got which outcome by which rule."""
    path = bench.CACHE / f"{name}.csv"
    bench.measure(command, path)
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        serial = rows.fieldnames[0]
        found = collections.Counter(
            (row[serial], row["depmend_outcome"],
             "" if row["depmend_outcome"] in ("invalid", "duplicate") else row["depmend_rule"])
            for row in rows)
    path.unlink()
    return found


def serials(command, name):
    """The serials that a filter names: one a line, or the rows that the rule `hit` caught."""
    path = bench.CACHE / f"{name}.csv"
    bench.measure(command, path)
    with open(path, newline="", encoding="utf-8") as file:
        if name == "depmend":
            found = [row["Serial Number"] for row in csv.DictReader(file)
                     if row["depmend_rule"] == "hit"]
        else:
            found = [line for line in file.read().splitlines() if line != "Serial Number"]
    path.unlink()
    return collections.Counter(found)


def whole_plans(rows):
    return {
        "plan, 10 rules": plan(TEN, rows),
        "plan, 50 rules": plan(fifty(), rows),
        "python csv + set": ["python3", PEERS / "plan.py", rows],
        **({"DuckDB, 2 threads": ["node", PEERS / "plan.mjs", bench.CACHE, rows]}
           if bench.have_module("@duckdb/node-api") else {}),
    }


def filters(rows):
    rules = bench.CACHE / "filter.yaml"
    rules.write_text(FILTER_RULE)
    commands = {"depmend": plan(rules, rows), "lean libcsv": [bench.program("filter"), rows]}
    if bench.have_package("sqlite3", "sqlite3"):
        commands["sqlite3"] = [
            "sqlite3", ":memory:", "-cmd", ".mode csv", f".import {rows} d",
            'select "Serial Number" from d where "Status" = \'ASSIGNED\' and "Device Model" glob '
            "'iPad*' and \"Date Added\" < '2024-08-01'"]
    if bench.have_package("mlr", "miller"):
        commands["Miller"] = [
            "mlr", "--icsv", "--ocsv", "filter", '$Status == "ASSIGNED" && ${Device Model} =~ '
            '"^iPad" && ${Date Added} < "2024-08-01"', "then", "cut", "-f", "Serial Number", rows]
    if bench.have_package("csvgrep", "csvkit"):
        commands["csvkit"] = [
            "sh", "-c", "csvgrep -c Status -r '^ASSIGNED$' \"$1\" | csvgrep -c 'Device Model' -r "
            "'^iPad' | csvgrep -c 'Date Added' -r '^(201|202[0-3]|2024-0[1-7])' | "
            "csvcut -c 'Serial Number'", "sh", rows]
    if bench.have_module("@duckdb/node-api"):
        commands["DuckDB"] = ["node", PEERS / "plan.mjs", bench.CACHE, rows, "filter"]
    return commands


def compare(what, commands, read, ours):
    """Whether every tool says the same as depmend."""
    want = read(commands[ours], ours)
    for name in commands:
        if name in (ours, "plan, 50 rules"):
            continue
        other = read(commands[name], name)
        wrong = sum(((want - other) + (other - want)).values())
        bench.line("", f"{what}: serials on which {name} and depmend differ, of "
                   f"{sum(want.values())}", wrong, "0", wrong == 0)


def main():
    rows = bench.device_csv(bench.ROWS)
    lean = [bench.program("filter"), rows]
    plans, ours = whole_plans(rows), "plan, 10 rules"
    compare("whole plan", plans, verdicts, ours)
    runs = bench.interleaved({"lean": lean, **plans})

    def against(name, by):
        return bench.ratio(runs, name, ours, by)

    bench.aim("P1", "whole plan, 10 rules / lean libcsv filter, CPU",
              bench.ratio(runs, ours, "lean"), 0.40)
    bench.line("", "the same, wall", f"{bench.ratio(runs, ours, 'lean', 'wall'):.3f}")
    value = against("python csv + set", "cpu")
    bench.line("P2", "python csv + set / whole plan, CPU", f"{value:.1f}", ">= 30", value >= 30)
    if "DuckDB, 2 threads" in runs:
        value = against("DuckDB, 2 threads", "wall")
        bench.line("P3", "DuckDB with 2 threads / whole plan, wall", f"{value:.1f}", ">= 15",
                   value >= 15)
        bench.line("", "the same, CPU", f"{against('DuckDB, 2 threads', 'cpu'):.1f}")
    else:
        bench.line("P3", "DuckDB with 2 threads / whole plan: skipped, not installed", "-")
    bench.aim("P5", "50 rules / 10 rules, CPU", bench.ratio(runs, "plan, 50 rules", ours), 1.12)
    for name, used in runs.items():
        bench.line("", f"{name}: s CPU", f"{bench.median(used, 'cpu'):.3f}")
        bench.line("", f"{name}: peak MiB", f"{bench.peak_mib(used):.0f}")

    commands = filters(rows)
    compare("one rule", commands, serials, "depmend")
    runs = bench.interleaved(commands, 1 if bench.QUICK else 3)
    for name in commands:
        bench.line("", f"one rule: {name} / lean libcsv filter, CPU",
                   f"{bench.ratio(runs, name, 'lean libcsv'):.2f}")
        bench.line("", f"one rule: {name}, peak MiB", f"{bench.peak_mib(runs[name]):.0f}")
    bench.finish()


main()
