#!/usr/bin/python3 -B
"""S1: how long until there is an answer, for `--version` and for a plan of 100 rows."""
import bench

RULES = "version: 1\nname: start\nrules: [{name: one, match: {status: ASSIGNED}, do: [skip]}]\n"


def main():
    rules = bench.CACHE / "start.yaml"
    rows = bench.device_csv(100)
    rules.write_text(RULES)
    runs = bench.interleaved({
        "--version": [bench.DEPMEND, "--version"],
        "plan of 100 rows": [bench.DEPMEND, "plan", "--offline", "-q", "--rules", rules, rows],
    }, 5 if bench.QUICK else 41)
    for name, used in runs.items():
        bench.aim("S1", f"start-up, {name}: ms CPU", bench.median(used, "cpu") * 1000, 10,
                  "{:.1f}")
        bench.line("", f"start-up, {name}: ms wall", f"{bench.median(used, 'wall') * 1000:.1f}")
    bench.finish()


main()
