#!/usr/bin/python3 -B
"""S1: how long until there is an answer, for `--version` and for a plan of 200 rows."""
import bench

RULES = "version: 1\nname: start\nrules: [{name: one, match: {status: ASSIGNED}, do: [skip]}]\n"


def main():
    rules = bench.CACHE / "start.yaml"
    rows = bench.device_csv(200)
    rules.write_text(RULES)
    runs = bench.interleaved({
        "--version": [bench.DEPMEND, "--version"],
        "plan of 200 rows": [bench.DEPMEND, "plan", "--offline", "-q", "--rules", rules, rows],
    }, 5 if bench.QUICK else 41)
    for name, most_ms in (("--version", 3), ("plan of 200 rows", 5)):
        used = runs[name]
        bench.aim("S1", f"start-up, {name}: ms CPU", bench.median(used, "cpu") * 1000, most_ms,
                  "{:.1f}")
        bench.line("", f"start-up, {name}: ms wall", f"{bench.median(used, 'wall') * 1000:.1f}")
    bench.finish()


main()
