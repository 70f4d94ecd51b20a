#!/usr/bin/python3
"""A list to compare with is read as the input is: the same serials, or neither.

    compare_lists.py DEPMEND RULES FILE...     for settings with a simulator behind them; one line for each list that is not
"""
import json
import subprocess
import sys


def run(*args):
    done = subprocess.run([sys.argv[1], *args, "--json"], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def main():
    _, devices, _ = run("export")
    fleet = {d["serial"] for d in devices if d["type"] == "device" and not d["released"]}
    if not fleet:
        print("no fleet")
    for path in sys.argv[3:]:
        status, rows, _ = run("plan", "--offline", path, "--rules", sys.argv[2])
        read = {r["serial"] for r in rows if r["type"] == "row" and r["outcome"] == "planned"}
        compared, rows, err = run("export", "--compare", path)
        reasons = [(r["reason"], r["serial"]) for r in rows if r["type"] == "disagreement"]
        # At Apple and not missing from the list, or in the list and not at Apple.
        seen = {s for why, s in reasons if why == "apple.not_found"} | (fleet - {s for why, s in reasons if why == "csv.missing"})
        if (status == 65) != (compared == 65) or (status != 65 and seen != read):
            print(f"{path}: exit {compared} after {status}, {sorted(seen ^ read)[:5]}: {err[:300]}")


main()
