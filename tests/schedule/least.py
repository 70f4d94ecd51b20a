#!/usr/bin/env python3
"""A world of rows, and the fewest requests that can carry them out: arithmetic of its own.

least.py make FOLDER SIZE JOB...     fleet.csv and in.csv: SIZE devices on three servers, the jobs
                                     and servers in turn
least.py count FOLDER BATCH IN_FLIGHT STAGE...
                                     NAME VALUE lines for these stages of `waves:` (5 10% 100%)

No order of the devices needs fewer requests: each names one server and at most as many devices as a
request may name, or as may be off their servers at once; every stage is a share of its own.
"""
import collections
import csv
import fractions
import itertools
import math
import sys

SERVERS = ["WS1 EMEA", "WS1 Americas", "WS1 APAC"]  # each feeds one group of the UEM
# Per job the steps, cut at its syncs: what it does at Apple, and whether its place changes.
STEPS = {
    "rebuild": [["off"], ["home"]],
    "move": [["to"]],
    "delete": [["off"]],
    "unassign": [["off"]],  # without a sync
    "profile": [],
}


def make(folder, size, jobs):
    with open(f"{folder}/fleet.csv", "w", encoding="utf-8") as fleet, \
            open(f"{folder}/in.csv", "w", encoding="utf-8") as rows:
        fleet.write("serial,server,profile\n")
        for i, server in enumerate(SERVERS if "profile" in jobs else ()):  # so that there is one
            fleet.write(f"C02STAY{i:03d},{server},Corporate iPads\n")
        rows.write("Serial,Job,Server,Target\n")
        for i in range(size):
            serial, server = f"C02SCH{i:06d}", SERVERS[i % 3]
            fleet.write(f"{serial},{server},\n")
            rows.write(f"{serial},{jobs[i // 3 % len(jobs)]},{server},{SERVERS[(i + 1) % 3]}\n")


def stages(rows, sizes):
    """Each takes its share of every (job, server) group: whoever is furthest behind comes next."""
    groups = collections.defaultdict(list)
    for row in rows:
        groups[row["Job"], row["Server"]].append(row)
    taken, n = dict.fromkeys(groups, 0), 0
    for size in sizes:
        end = -(-len(rows) * int(size[:-1]) // 100) if size[-1] == "%" else int(size)
        stage = []
        while n < min(end, len(rows)):
            # The middle of the next one's place within its group, as a fraction.
            key = min((k for k in groups if taken[k] < len(groups[k])),
                      key=lambda k: fractions.Fraction(2 * taken[k] + 1, 2 * len(groups[k])))
            stage.append(groups[key][taken[key]])
            taken[key] += 1
            n += 1
        if stage:
            yield stage


def waves(rows, batch, in_flight):
    """Of a stage: those that come back by server, as many as one request may name; what is left of
    the servers together, the largest first. All others with the first."""
    most, full, left = min(batch, in_flight), [], []
    for server in SERVERS:
        back = [r for r in rows if r["Server"] == server and comes_back(r)]
        whole = len(back) // most * most
        full += [back[i:i + most] for i in range(0, whole, most)]
        left += [back[whole:]] if back[whole:] else []
    cut = []
    for part in full + sorted(left, key=len, reverse=True):
        wave = next((w for w in cut if len(w) + len(part) <= in_flight), None)
        if wave is None:
            cut.append(wave := [])
        wave += part
    rest = [r for r in rows if not comes_back(r)]
    return [rest + cut[0]] + cut[1:] if cut else [rest]


def comes_back(row):
    return row["Job"] == "rebuild"


def target(row, what):
    """The server that an activity names."""
    return row["Target"] if what == "to" else row["Server"]


class Limit:
    """At most so many in any so many seconds."""

    def __init__(self, most, seconds):
        self.most, self.seconds, self.at = most, seconds, []

    def free(self, now):
        return self.most - sum(t > now - self.seconds for t in self.at)

    def wait(self, now):
        """When one more may leave."""
        return now if self.free(now) > 0 else max(now, self.at[-self.most] + self.seconds)


class Clock:
    """When what is asked and sent may leave, if all else takes no time: a sync shows after 30 s, and
    a second look at the earliest 60 s after the first."""

    def __init__(self):
        self.now, self.reads, self.writes = 0, Limit(20, 60), Limit(10, 3600)

    def read(self, requests):
        for _ in range(requests):
            self.now = self.reads.wait(self.now)
            self.reads.at.append(self.now)

    def groups(self, activities):
        """Which activities leave together: those that share a look."""
        while activities:
            self.now = self.writes.wait(self.now)
            together = activities[:self.writes.free(self.now)]
            activities = activities[len(together):]
            yield together
            self.writes.at += [self.now] * len(together)


def last_looks(placed, batch, clock):
    """Before each group of activities that leave together: the list of every server that a device of
    theirs is on, or the devices' pages where one is on none; and what others did since."""
    activities, lists = [], 0
    order = {"home": 0, "off": 1, "to": 2}
    placed = sorted(placed, key=lambda p: (order[p[0]], SERVERS.index(p[1])))
    for _, group in itertools.groupby(placed, key=lambda p: p[:2]):
        group = list(group)
        activities += [group[i:i + batch] for i in range(0, len(group), batch)]
    for together in clock.groups(activities):
        look = len({None if what == "home" else server for a in together for what, _, server in a})
        clock.read(look + 1)
        lists += look
    clock.read(len(activities))  # each is asked about
    return lists


def count_wave(rows, batch, n, clock):
    for phase in range(2):
        changes, groups, searched, placed = collections.Counter(), set(), 0, []
        for row in rows:
            for what in itertools.chain(*STEPS[row["Job"]][phase:phase + 1]):
                changes["off" if what == "off" else "on", target(row, what)] += 1
                placed.append((what, target(row, what), row["Server"]))
                if row["Job"] != "unassign":
                    groups |= {row["Server"], target(row, what)}
                searched += row["Job"] == "delete"
        if changes:
            n["apple_changes"] += sum(math.ceil(c / batch) for c in changes.values())
            n["apple_listings"] += last_looks(placed, batch, clock)
            off = any(kind == "off" for kind, _ in changes)
            proof = 1 + len(SERVERS) if off else len(changes)
            n["apple_listings"] += proof
            clock.read(proof)
            # That a device is back on its server is believed when two looks agree.
            homes = len({server for what, _, server in placed if what == "home"})
            if homes:
                n["apple_listings"] += homes
                clock.now += 60
                clock.read(homes)
        clock.now += 30 if groups else 0
        n["syncs"] += len(groups)
        n["uem_listings"] += len(groups)
        n["uem_reads"] += searched
    given = [r for r in rows if r["Job"] == "profile"]
    n["uem_changes"] += len(given)
    if given:
        n["uem_listings"] += len(SERVERS) + len({r["Server"] for r in given})


def count(folder, batch, in_flight, sizes):
    with open(f"{folder}/in.csv", encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    # To plan: the servers, the devices, who is where, and each group's list.
    n = collections.Counter(apple_listings=2 + len(SERVERS), uem_listings=len(SERVERS),
                            apple_changes=0, uem_changes=0, syncs=0)
    if any(r["Job"] == "profile" for r in rows):
        n["uem_listings"] += len(SERVERS)  # the profiles of each group
    clock = Clock()
    clock.read(2 * n["apple_listings"])  # plan has read as much a moment ago
    for stage in stages(rows, sizes):
        for wave in waves(stage, batch, in_flight):
            count_wave(wave, batch, n, clock)
    # The last look at what was done: where the devices are, and each group's list.
    ends = {{"delete": None, "unassign": None}.get(r["Job"], r["Server"]) for r in rows}
    ends |= {r["Target"] for r in rows if r["Job"] == "move"}
    n["apple_listings"] += len(ends)
    n["uem_listings"] += len(SERVERS) if any(r["Job"] != "unassign" for r in rows) else 0
    for name in ("apple_changes", "uem_changes", "syncs", "apple_listings", "uem_listings"):
        print(name, n[name])


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]), sys.argv[4:])
    else:
        count(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
