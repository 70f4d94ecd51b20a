#!/usr/bin/python3 -B
"""N1: a state that sees a run each night stays as quick as it was, and grows with what it holds.

Each night another list of twenty devices goes through `apply`; five of them move. At the first tenth and at the
end: how large the state is, and what `runs`, `status`, `report` and an `apply` with nothing to do take. `report
--verify` checks the whole audit trail, so that it may grow as that does.
"""
import bench
import world

NIGHTS = 100 if bench.QUICK else 1000
EARLY = NIGHTS // 10
LIST, MOVED = 20, 5
MOST = 1.5  # of the time of the first tenth
READS = {
    "runs": ("runs",),
    "status": ("status",),
    "report": ("report", "latest", "--csv", "again.csv"),
    "apply with nothing to do": ("apply", "none.csv", "--rules", "rules.yaml", "--yes"),
}


def night(w, devices, n):
    at = n * 7 % (len(devices) - LIST)
    chosen = devices[at:at + LIST]
    rows = [f"{serial},{world.SERVERS[n % 3] if i < MOVED else ''}"
            for i, (serial, _) in enumerate(chosen)]
    w.write("in.csv", "serial,Target\n" + "\n".join(rows) + "\n")
    w.run("apply", "in.csv", "--rules", "rules.yaml", "--yes", "--out", "out.csv",
          clock="virtual:2026-01-01T00:00:00Z")


def figures(w):
    # The text of the lists, not their place on the clock, decides: each figure is the least of a few.
    ret = {name: min(w.run(*words, clock="virtual:2026-01-01T00:00:00Z").cpu for _ in range(7))
           for name, words in READS.items()}
    ret["report --verify"] = min(w.run("report", "latest", "--verify").cpu for _ in range(3))
    return ret


def main():
    fleet = world.fleet_csv(400)
    devices = [d for d in world.devices_of(fleet, sound=True) if d[1] in world.SERVERS][:200]
    sizes, used = {}, {}
    with world.World(fleet) as w:
        w.settings(read="10000/min", write="10000/hour", uem="10000/min")
        w.write("rules.yaml", world.NIGHTLY)
        w.write("none.csv", f"serial,Target\n{devices[-1][0]},\n")
        for n in range(NIGHTS):
            if n == EARLY:
                sizes[EARLY], used[EARLY] = w.state_bytes(), figures(w)
            night(w, devices, n)
        sizes[NIGHTS], used[NIGHTS] = w.state_bytes(), figures(w)
    for n in (EARLY, NIGHTS):
        bench.line("N1", f"state after {n} nightly runs: KiB", f"{sizes[n] / 1024:.0f}")
    bench.aim("N1", f"a run adds to the state after {EARLY} of them: KiB",
              (sizes[NIGHTS] - sizes[EARLY]) / 1024 / (NIGHTS - EARLY), 32, "{:.1f}")
    for name in (*READS, "report --verify"):
        early, late = used[EARLY][name], used[NIGHTS][name]
        bench.line("N1", f"{name} after {EARLY} and {NIGHTS} runs: ms CPU",
                   f"{early * 1000:.1f} {late * 1000:.1f}")
        if name in READS:
            bench.aim("N1", f"{name} after {NIGHTS} runs / after {EARLY}, CPU", late / early, MOST)
    bench.finish()


main()
