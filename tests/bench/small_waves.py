#!/usr/bin/python3 -B
"""W1: a job in many small waves costs what it reads, and what it reads costs what it has to.

The same devices are rebuilt at a small and at a large `in_flight`. Small waves ask more often, as each is looked at
and proved by itself; a request must not cost more because of them, and while devices are changed only what tells
their state is asked of the list of all.
"""
import bench
import world

DEVICES = 1_000 if bench.QUICK else 4_000
SMALL, LARGE = DEVICES // 40, DEVICES
RULES = """version: 1
name: waves
rules: [{name: r, match: {always: true}, do: [unassign, sync, reassign, sync]}]
"""


def rebuild(fleet, in_flight):
    """CPU of the run, its requests, and the bytes of the names that lists of devices were asked for."""
    with world.World(fleet) as w:
        w.settings(in_flight=in_flight, read="1000/min", write="1000/hour", uem="3000/min")
        chosen = [serial for serial, server in world.devices_of(fleet, sound=True) if server in world.SERVERS]
        rows = w.serials("in.csv", chosen[:DEVICES])
        used = w.run("apply", rows, "--rules", w.write("waves.yaml", RULES), "--yes", "--max-wait", "30d")
        lists = [r["query"] for r in w.requests() if r["path"] == "/v1/orgDevices"]
        return used.cpu, len(w.requests()), sum("deviceModel" in q for q in lists) / len(lists)


def main():
    fleet = world.fleet_csv(DEVICES * 3 // 2)
    found = {}
    for _ in range(bench.ROUNDS):
        for at in (SMALL, LARGE):
            found.setdefault(at, []).append(rebuild(fleet, at))
    cpu = {at: min(c for c, *_ in runs) for at, runs in found.items()}
    asked = {at: runs[0][1] for at, runs in found.items()}
    for at in (SMALL, LARGE):
        bench.line("W1", f"{DEVICES} rebuilt, {at} off at a time: s CPU, requests", f"{cpu[at]:.2f} {asked[at]}")
    bench.aim("W1", "CPU a request, small waves / one", cpu[SMALL] / asked[SMALL] / (cpu[LARGE] / asked[LARGE]), 1.5)
    bench.aim("W1", "lists of devices that name more than their state, in small waves", found[SMALL][0][2], 0.05)
    bench.finish()


main()
