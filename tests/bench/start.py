#!/usr/bin/python3 -B
"""S1: how long until there is an answer, for `--version` and for a plan of 200 rows.

The aims are 3 and 5 ms where an empty C program takes 0.85; beside one, how busy the machine is
cancels out.
"""
import subprocess

import bench

EMPTY_MS = 0.85
RULES = "version: 1\nname: start\nrules: [{name: one, match: {status: ASSIGNED}, do: [skip]}]\n"


def empty_program():
    """What the system takes to start and end anything that is linked with libc."""
    source, program = bench.CACHE / "empty.c", bench.CACHE / "empty"
    source.write_text("int main(void) { return 0; }\n")
    subprocess.run(["cc", "-O2", "-o", program, source], check=True)
    return program


def main():
    bench.CACHE.mkdir(parents=True, exist_ok=True)
    rules = bench.CACHE / "start.yaml"
    rows = bench.device_csv(200)
    rules.write_text(RULES)
    runs = bench.interleaved({
        "empty": [empty_program()],
        "--version": [bench.DEPMEND, "--version"],
        "plan of 200 rows": [bench.DEPMEND, "plan", "--offline", "-q", "--rules", rules, rows],
        "check of 200 rows": [bench.DEPMEND, "check", "-q", "--rules", rules, rows],
    }, 5 if bench.QUICK else 41)
    empty_ms = bench.median(runs["empty"], "cpu") * 1000
    bench.line("", "start-up, an empty C program: ms CPU", f"{empty_ms:.1f}")
    for name, most_ms in (("--version", 3), ("check of 200 rows", 5), ("plan of 200 rows", 5)):
        used = runs[name]
        bench.aim("S1", f"start-up, {name}: ms CPU", bench.median(used, "cpu") * 1000, most_ms,
                  "{:.1f}")
        bench.aim("S1", f"start-up, {name}: CPU / an empty C program",
                  bench.ratio(runs, name, "empty"), most_ms / EMPTY_MS, "{:.2f}")
        bench.line("", f"start-up, {name}: ms wall", f"{bench.median(used, 'wall') * 1000:.1f}")
    bench.finish()


main()
