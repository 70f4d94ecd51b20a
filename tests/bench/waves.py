#!/usr/bin/python3 -B
"""A4, A6, A7: 42,000 devices taken off their servers and put back, on the virtual clock.

    waves.py BUILD [DEVICES]     by `make waves`; not part of `make bench`: it takes half an hour

The least is derived here, from the order of the devices that is ours to choose: each request names
one server and at most as many devices as it may name and as may be off at once; five devices go
first; before each change the look that it may leave on, after it the look that proves it.

What time there is comes first, then the reads: a wave begins as soon as there is a write for it.
Where a wave is about several servers, so many of them leave at once as have their writes, off and
back, within minutes (the manual says that nobody is off for longer because of the limit); the
others follow, looked at and proved by themselves, since no look serves a change that had to wait.
"""
import collections
import json
import sys

import bench
import model
import world

READS, WRITES = (20, 60), (10, 3600)
FRESH_S, SETTLE_S, SYNC_S = 60, 60, 75  # a sync of 60 s is seen by the second poll
AWAY_S = 300  # a device waits at home for the write that brings it back, not off its server
KINDS = ("all devices", "of a server", "activities", "audit", "other")
RULES = """version: 1
name: waves
limits: {devices: 1000000, percent: 100}
halt: {failed_percent: 100}
rules: [{name: rebuild, match: {apple.status: ASSIGNED}, do: [unassign, sync, reassign, sync]}]
"""


def parts(job, wave):
    """The servers of a wave that leave together, one after the other."""
    left = list(wave.items())
    while left:
        soon, k = job.writes.when(job.now) + AWAY_S, 1
        while k < len(left) and 2 * (k + 1) <= WRITES[0] and \
                job.writes.when(job.now, 2 * (k + 1)) <= soon:
            k += 1
        yield dict(left[:k])
        left = left[k:]


class Least:
    """The whole job: how often it writes, and by kind what it reads."""

    def __init__(self, counts, in_flight, elsewhere):
        """elsewhere: devices that it is not about, on other servers."""
        self.job = model.Job(READS, WRITES)
        self.writes, self.reads = 0, collections.Counter()
        self.all = model.pages(sum(counts.values()) + sum(elsewhere.values()))
        self.counts = {**counts, **elsewhere}
        self.lists = {s: model.pages(n) for s, n in self.counts.items()}
        self.seen = {}  # server: when the last look at its list ended
        self.read("other", 1)
        self.read("all devices", self.all)
        self.read("of a server", sum(self.lists.values()))  # to know
        for wave in model.waves(counts, in_flight):
            assert sum(wave.values()) <= in_flight
            for part in parts(self.job, wave):
                self.rebuild(part)
        self.read("audit", model.pages(2 * sum(counts.values())))  # the trail
        self.read("of a server", sum(self.lists[s] for s in counts))  # and where they are in the end

    def read(self, kind, n):
        self.job.read(n)
        self.reads[kind] += n

    def page_of(self, wave):
        """Their own records, or the lists of their servers."""
        return sum(min(self.lists[s], n) for s, n in wave.items())

    def change(self, wave, kind, look, is_fresh):
        """A request for each server. One that waited leaves on a look of its own."""
        for i, (s, n) in enumerate(wave.items()):
            began = self.job.writes.when(self.job.now)
            fresh = is_fresh(began) if i == 0 else began == self.job.now
            self.job.now = began
            if not fresh:
                self.read(kind, look({s: n} if i else wave))
            if i == 0 or not fresh:
                self.read("audit", 1)  # what others did
            self.job.write(1)
            self.writes += 1
        self.read("activities", len(wave))

    def rebuild(self, wave):
        n, job = sum(wave.values()), self.job
        self.change(wave, "of a server", self.page_of, lambda began: began == job.now and all(
            began - self.seen.get(s, -FRESH_S - 1) <= FRESH_S for s in wave))
        self.read("all devices", min(self.all, n))
        without = sum(model.pages(k - wave.get(s, 0)) for s, k in self.counts.items())
        self.read("of a server", min(without, n))
        proved = job.now
        job.wait(SYNC_S)
        # The look that proved them off holds for their way back, if nothing had to wait since.
        self.change(wave, "all devices", lambda w: min(self.all, sum(w.values())),
                    lambda began: began == job.now and began - proved <= FRESH_S)
        self.read("of a server", self.page_of(wave))
        job.wait(SETTLE_S)
        self.read("of a server", self.page_of(wave))  # twice, before custody ends
        self.seen = {s: job.now for s in wave}
        job.wait(SYNC_S)


def kinds_of(requests):
    """What the run read of Apple, by kind."""
    found = collections.Counter()
    for r in requests:
        path = r["path"]
        if r["method"] != "GET" or not path.startswith("/v1/"):
            continue
        found["all devices" if path == "/v1/orgDevices" else
              "of a server" if path.startswith("/v1/mdmServers/") else
              "activities" if path.startswith("/v1/orgDeviceActivities/") else
              "audit" if path.startswith("/v1/auditEvents") else "other"] += 1
    return found


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
    least = Least(counts, in_flight, {names[-1]: 1})
    writes, reads = least.writes, sum(least.reads.values())
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
    found = kinds_of(traffic.all)
    assert sum(found.values()) == total
    for kind in KINDS:
        bench.line("-", f"{what}: reads, {kind} (least {least.reads[kind]})", found[kind])
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
