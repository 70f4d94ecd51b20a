#!/usr/bin/python3 -B
"""P4, P6 and growth: reading alone, and plans of ten thousand to ten million rows."""
import bench
from offline import TEN, plan

SIZES = [10_000, 100_000, 1_000_000] + ([] if bench.QUICK else [10_000_000])
MOST_MIB = {1_000_000: 42, 10_000_000: 290}


def reading():
    rows = bench.device_csv(bench.ROWS)
    runs = bench.interleaved({name: [bench.program("read"), name, rows]
                              for name in ("depmend", "libcsv")})
    bench.aim("P4", "reading alone / libcsv, CPU", bench.ratio(runs, "depmend", "libcsv"), 0.17)
    bench.line("P4", "reading alone / a libzsv program: skipped, no package brings libzsv", "-")


def growing():
    runs = bench.interleaved({n: plan(TEN, bench.device_csv(n)) for n in SIZES},
                             1 if bench.QUICK else 3)
    start = bench.median(bench.interleaved({"start": [bench.DEPMEND, "--version"]}, 5)["start"],
                         "cpu")
    for n in SIZES:
        what, peak = f"plan of {n} rows: peak MiB", bench.peak_mib(runs[n])
        if n in MOST_MIB:
            bench.aim("P6", what, peak, MOST_MIB[n], "{:.1f}")
        else:
            bench.line("", what, f"{peak:.1f}")
        bench.line("", f"plan of {n} rows: s CPU", f"{bench.median(runs[n], 'cpu'):.3f}")
    for small, large in zip(SIZES, SIZES[1:]):
        ratio = ((bench.median(runs[large], "cpu") - start) /
                 (bench.median(runs[small], "cpu") - start))
        bench.aim("", f"time of {large} rows / of {small}, CPU less start-up", ratio, 10.5,
                  "{:.1f}")


def main():
    reading()
    growing()
    bench.finish()


main()
