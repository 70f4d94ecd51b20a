#!/usr/bin/python3 -B
"""A1, A3, A4, A6: whole jobs on the virtual clock, against the least time and requests they can take.

The least is what the fleet, the rules and the limits allow: every list read once to know, once
just before the first change, once to prove; at the end the audit trail, an event for each change of
a device; changes packed per server and wave; nothing waited for but the limits and the time the services take (an activity 10 s, a sync 60 s).
"""
import collections

import bench
import model
import world
from least import ACTIVITY_S, READS, WRITES, Least

RATES = {  # apple_read, apple_write: as depmend is told, and as (n, window in s)
    "20/min, 10/hour": (("20/min", "10/hour"), ((20, 60), (10, 3600))),
    "200/min, 100/hour": (("200/min", "100/hour"), ((200, 60), (100, 3600))),
    "1000/min, 1000/hour": (("1000/min", "1000/hour"), ((1000, 60), (1000, 3600))),
}
UNASSIGN = """version: 1
name: off
limits: {devices: 1000000, percent: 100}
waves: [100%]
rules: [{name: off, match: {apple.status: ASSIGNED}, do: [unassign]}]
"""


def walls(what, job, traffic, at_services_s):
    """A1 is about jobs that wait for the limits; the others wait for the services, seen by polls."""
    value = traffic.wall_s / job.now
    what = f"{what}: wall / floor ({traffic.wall_s:.0f} s / {job.now:.0f} s)"
    if job.now > 2 * at_services_s:
        bench.aim("A1", what, value, 1.005)
    else:
        bench.line("", what + ", not bound by the limits", f"{value:.3f}")


def report(what, job, traffic, changes, reads, at_services_s):
    walls(what, job, traffic, at_services_s)
    bench.line("A3", f"{what}: replies 429", traffic.refused, "0", traffic.refused == 0)
    bench.line("A4", f"{what}: changes / least ({changes})", f"{traffic.changes / changes:.3f}",
               "1.000", traffic.changes == changes)
    if reads:
        bench.aim("A6", f"{what}: reads of lists / least ({reads})", traffic.reads / reads, 1.2)
    bench.line("", f"{what}: polls of {changes} activities", traffic.polls)


def counts_of(devices):
    """How many devices each server has."""
    return collections.Counter(server for _, server in devices if server)


def unassign(n, rates_name):
    told, limits = RATES[rates_name]
    fleet = world.fleet_csv(n + n // 16)
    devices = world.devices_of(fleet)
    chosen = [d for d in devices if d[1]][:n]
    on, before = counts_of(chosen), counts_of(devices)
    with world.World(fleet, rates=limits) as w:
        w.settings(in_flight=n, read=told[0], write=told[1])
        rows = w.serials("in.csv", [serial for serial, _ in chosen])
        w.run("apply", rows, "--rules", w.write("off.yaml", UNASSIGN), "--yes")
        traffic = world.Traffic(w.requests())

    changes = model.batches(on.values())
    lists = model.pages(len(devices)) + sum(model.pages(c) for c in before.values())
    proof = model.pages(len(devices)) + sum(model.pages(before[s] - on[s]) for s in before)
    events = model.pages(len(chosen))
    job = model.Job(*limits)
    job.read(1 + lists)  # the servers' names, and all lists
    job.read(lists)      # just before
    last = (changes - 1) % limits[1][0] + 1
    job.write(changes - last)
    if changes > last:
        job.read(changes - last)  # what became of the activities: there is time
    job.write(last)
    job.wait(ACTIVITY_S)
    job.read(last)
    job.read(proof + events)
    report(f"unassign of {len(chosen)}, {rates_name}", job, traffic, changes,
           1 + 2 * lists + proof + events, ACTIVITY_S)


def rebuild(n, in_flight):
    """corrupted-registration: unassign, sync, reassign, sync, by waves of in_flight, server by server
    after the first five."""
    fleet = world.fleet_csv(n + n // 16)
    devices = world.devices_of(fleet)
    chosen = [d for d in devices if d[1]][:n]
    least = Least(counts_of(chosen), in_flight, {})
    with world.World(fleet, rates=(READS, WRITES)) as w:
        w.settings(in_flight=in_flight)
        rows = w.serials("in.csv", [serial for serial, _ in chosen])
        w.run("apply", rows, "--rules", "corrupted-registration", "--yes", "--allow",
              "devices=1000000", "--allow", "percent=100")
        traffic = world.Traffic(w.requests())
    report(f"corrupted-registration of {len(chosen)}, in_flight {in_flight}", least.job, traffic,
           least.writes, None, 0)


def export(n):
    fleet = world.fleet_csv(n)
    devices = world.devices_of(fleet)
    limits = RATES["20/min, 10/hour"][1]
    with world.World(fleet, rates=limits) as w:
        w.settings()
        w.run("export", "--out", "live.csv")
        traffic = world.Traffic(w.requests())
        with open(w.at / "live.csv", encoding="utf-8") as file:
            found = sum(1 for _ in file) - 1
    reads = 1 + model.pages(n) + sum(model.pages(c) for c in counts_of(devices).values())
    job = model.Job(*limits)
    job.read(reads)
    what = f"export of {n}"
    bench.line("", f"{what}: devices found", found, str(n), found == n)
    walls(what, job, traffic, 0)
    bench.aim("A4", f"{what}: reads of lists / least ({reads})", traffic.reads / reads, 1.0)
    bench.line("A3", f"{what}: replies 429", traffic.refused, "0", traffic.refused == 0)


def main():
    small = 10 if bench.QUICK else 1
    for name in RATES:
        unassign(10_000 // small, name)
    rebuild(2_000 // small, 1_000 // small)
    rebuild(2_000 // small, 2_000 // small)
    export(100_000 // small)
    bench.finish()


main()
