#!/usr/bin/python3 -B
"""A4, A6, A7: 42,000 devices taken off their servers and put back, on the virtual clock.

    waves.py BUILD [DEVICES]     by `make waves`; not part of `make bench`: it takes half an hour

The least is derived here, from the order of the devices that is ours to choose: each request names
one server and at most as many devices as it may name and as may be off at once; five devices go
first; before each change the look that it may leave on, after it the look that proves it.
"""
import collections
import json
import sys

import bench
import model
import world

READS, WRITES = (20, 60), (10, 3600)
FRESH_S, SETTLE_S, SYNC_S = 60, 60, 75  # a sync of 60 s is seen by the second poll
RULES = """version: 1
name: waves
limits: {devices: 1000000, percent: 100}
halt: {failed_percent: 100}
rules: [{name: rebuild, match: {apple.status: ASSIGNED}, do: [unassign, sync, reassign, sync]}]
"""


def least(counts, in_flight, elsewhere):
    """(writes, reads) of the whole job. elsewhere: devices that it is not about, on other servers."""
    job = model.Job(READS, WRITES)
    writes = reads = 0
    everything = model.pages(sum(counts.values()) + sum(elsewhere.values()))
    lists = {s: model.pages(n) for s, n in {**counts, **elsewhere}.items()}
    seen = {}  # server: when the last look at its list ended

    def read(n):
        nonlocal reads
        job.read(n)
        reads += n

    read(1 + everything + sum(lists.values()))  # to know
    for wave in model.waves(counts, in_flight):
        assert sum(wave.values()) <= in_flight
        began = job.writes.when(job.now)
        fresh = began == job.now and all(began - seen.get(s, -FRESH_S - 1) <= FRESH_S for s in wave)
        job.now = began
        if not fresh:
            read(sum(min(lists[s], n) for s, n in wave.items()))
        read(1)  # what others did
        for _ in wave:
            job.write(1)
            writes += 1
        read(len(wave))  # the activities
        n = sum(wave.values())
        read(min(everything, n) + min(sum(lists.values()), n))
        proved = job.now
        job.wait(SYNC_S)
        began = job.writes.when(job.now)
        # The look that proved them off holds for their way back, if nothing had to wait since.
        if began > job.now or began - proved > FRESH_S:
            job.now = began
            read(min(everything, n))
        read(1)
        for _ in wave:
            job.write(1)
            writes += 1
        read(len(wave))
        back = sum(min(lists[s], n) for s, n in wave.items())
        read(back)
        job.wait(SETTLE_S)
        read(back)  # twice, before custody ends
        seen = {s: job.now for s in wave}
        job.wait(SYNC_S)
    read(model.pages(2 * sum(counts.values())))  # the audit trail
    read(sum(lists[s] for s in counts))  # and where they are in the end
    return writes, reads


def others(path, serials, n_writes, servers):
    """Another administrator moves a device, seen in every tenth wave: an activity is its moment."""
    step = max(1, len(serials) * 20 // n_writes)
    with open(path, "w", encoding="utf-8") as out:
        out.write("version: 1\nadmins:\n")
        moved = []
        for i, nth in enumerate(range(min(11, n_writes), n_writes + 1, 20)):
            serial = serials[(i * step + step // 2 * 3) % len(serials)]
            moved.append(serial)
            out.write(f"  - {{on: {{service: apple, method: POST, path: /v1/orgDeviceActivities, "
                      f"nth: [{nth}]}}, at: after, do: assign, server: {servers[-1]}, "
                      f"serials: [{serial}]}}\n")
    return moved


class Effects:
    """What became of the devices: hours off their servers, and whom we overrode."""

    def __init__(self, path):
        self.hours, self.overridden, off, theirs = 0.0, 0, {}, set()
        with open(path, encoding="utf-8") as file:
            effects = [e for e in map(json.loads, file) if e["kind"] == "effect"
                       and e["effective"] and e["what"] in ("unassign", "assign")]
        [(ours, _)] = collections.Counter(e["actor"] for e in effects).most_common(1)
        for e in effects:
            serial, mine = e["serial"], e["actor"] == ours
            if e["what"] == "unassign":
                off.setdefault(serial, e["t"])
            elif serial in off:
                self.hours += (e["t"] - off.pop(serial)) / 3_600_000
            if mine and serial in theirs:
                self.overridden += 1
            if not mine:
                theirs.add(serial)
        self.left = len(off)


def one(devices, servers, in_flight):
    names = [f"WS1 S{i}" for i in range(servers + 1)]  # the last one takes what others move
    path = bench.CACHE / f"waves-{devices}-{servers}.csv"
    bench.CACHE.mkdir(parents=True, exist_ok=True)
    serials = [f"C02WV{i:06d}" for i in range(devices)]
    with open(path, "w", encoding="utf-8") as out:
        out.write("serial,server\n")
        for i, serial in enumerate(serials):
            out.write(f"{serial},{names[i % servers]}\n")
        out.write(f"C02WVSTAY0,{names[-1]}\n")
    counts = collections.Counter(names[i % servers] for i in range(devices))
    writes, reads = least(counts, in_flight, {names[-1]: 1})
    scenario = bench.CACHE / f"others-{devices}-{servers}-{in_flight}.yaml"
    moved = others(scenario, serials, writes, names)
    with world.World(path, "--scenario", scenario, rates=(READS, WRITES)) as w:
        w.settings(in_flight=in_flight, servers=names)
        rows = w.serials("in.csv", serials)
        used = w.run("apply", rows, "--rules", w.write("waves.yaml", RULES), "--yes", "--max-wait",
                     "2000h")
        traffic = world.Traffic(w.requests())
        effects = Effects(w.audit)
    what = f"{devices} devices, {servers} servers, in_flight {in_flight}"
    days = traffic.wall_s / 86_400
    bench.aim("A4", f"{what}: changes / least ({writes})", traffic.changes / writes, 1.03)
    total = traffic.reads + traffic.polls
    bench.aim("A6", f"{what}: reads / least ({reads})", total / reads, 1.2)
    bench.line("A4", f"{what}: moves of others that were overridden, of {len(moved)}",
               effects.overridden, "0", effects.overridden == 0)
    bench.line("A4", f"{what}: off their server in the end", effects.left, "0", effects.left == 0)
    bench.line("A3", f"{what}: replies 429", traffic.refused, "0", traffic.refused == 0)
    bench.line("-", f"{what}: virtual hours", f"{traffic.wall_s / 3600:.1f}")
    bench.line("-", f"{what}: device-hours off their server", f"{effects.hours:.0f}")
    bench.aim("A7", f"{what}: CPU of a virtual day, s", used.cpu / days, 15, "{:.1f}")


def main():
    bench.LONGEST_S = 3600
    devices = int(sys.argv[2]) if len(sys.argv) > 2 else 42_000
    for servers in (1, 5):
        for in_flight in (200, 1000):
            one(devices, servers, in_flight)
    bench.finish()


main()
