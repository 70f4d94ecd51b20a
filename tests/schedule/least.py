#!/usr/bin/env python3
"""A world of rows, and the fewest requests that can carry them out: arithmetic of its own.

least.py make FOLDER SIZE JOB...     fleet.csv and in.csv: SIZE devices on three servers, the jobs
                                     and servers in turn
least.py spread FOLDER FROM TO EACH  the same: from each of so many servers EACH devices are moved to
                                     each of so many others, taken off first; no UEM
least.py count FOLDER BATCH IN_FLIGHT STAGE...
                                     NAME VALUE lines for these stages of `waves:` (5 10% 100%)

No order of the devices needs fewer requests: each names one server and at most as many devices as a
request may name, or as may be off their servers at once; every stage is a share of its own. Where
there are too few writes to take all off and bring them back, as many leave as there are writes for.
"""
import collections
import csv
import fractions
import itertools
import math
import sys

SERVERS = ["WS1 EMEA", "WS1 Americas", "WS1 APAC"]  # each feeds one group of the UEM
STEPS = {
    "rebuild": ["off", "sync", "home", "sync"],
    "spread": ["off", "sync", "home", "sync"],
    "move": ["to", "sync"],
    "delete": ["off", "sync"],
    "unassign": ["off"],
    "profile": [],
}
SOON = 300  # seconds within which the writes for the way home have to be free


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


def spread(folder, n_from, n_to, each):
    with open(f"{folder}/fleet.csv", "w", encoding="utf-8") as fleet, \
            open(f"{folder}/in.csv", "w", encoding="utf-8") as rows:
        fleet.write("serial,server\n")
        rows.write("Serial,Job,Server,Target\n")
        for to in range(n_to):  # so that there is one
            fleet.write(f"C02STAY{to:05d},To {to:02d}\n")
        ways = itertools.product(range(n_from), range(n_to), range(each))
        for i, (server, to, _) in enumerate(ways):
            fleet.write(f"C02SPR{i:06d},From {server:02d}\n")
            rows.write(f"C02SPR{i:06d},spread,From {server:02d},To {to:02d}\n")


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


def waves(rows, batch, in_flight, servers):
    """Of a stage: those that come back by way, as many as one request may name; what is left of the
    ways together, the largest first. All others with the first."""
    most, full, left = min(batch, in_flight), [], []
    for way in itertools.product(servers, servers):
        back = [r for r in rows if (r["Server"], home(r)) == way and comes_back(r)]
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
    return "home" in STEPS[row["Job"]]


def home(row):
    """Where it comes back to."""
    return row["Target"] if row["Job"] == "spread" else row["Server"]


def target(row, what):
    """The server that an activity names."""
    return {"to": row["Target"], "home": home(row)}.get(what, row["Server"])


class Limit:
    """At most so many in any so many seconds."""

    def __init__(self, most, seconds):
        self.most, self.seconds, self.at = most, seconds, []

    def free(self, now):
        return self.most - sum(t > now - self.seconds for t in self.at)

    def wait(self, now, more=1):
        """When so many more may leave."""
        at = list(self.at)
        for _ in range(more):
            now = max(now, at[-self.most] + self.seconds) if len(at) >= self.most else now
            at.append(now)
        return now


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


class Wave:
    """Rows on their way, each at one of its job's steps."""

    def __init__(self, rows, batch, n, clock, servers):
        self.rows, self.batch, self.n, self.clock, self.servers = rows, batch, n, clock, servers
        self.at = [0] * len(rows)

    def next(self, i):
        steps = STEPS[self.rows[i]["Job"]]
        return steps[self.at[i]] if self.at[i] < len(steps) else None

    def activities(self, ready):
        """What is to be sent: those who go home first; each names one server."""
        order = {"home": 0, "off": 1, "to": 2}
        def key(i):
            return order[self.next(i)], self.servers.index(target(self.rows[i], self.next(i)))
        def place(i):
            return *key(i), self.servers.index(home(self.rows[i])) if self.leaves([i]) else -1, i
        for _, group in itertools.groupby(sorted(ready, key=place), key=key):
            group = list(group)
            yield from (group[k:k + self.batch] for k in range(0, len(group), self.batch))

    def homes(self, going=()):
        """For those that are off, or go, and come back: how many to which server."""
        going = set(going)
        return collections.Counter(
            home(r) for i, r in enumerate(self.rows) if comes_back(r) and
            (i in going or 0 < self.at[i] <= STEPS[r["Job"]].index("home")))

    def writes_home(self, going=()):
        return sum(math.ceil(c / self.batch) for c in self.homes(going).values())

    def leaves(self, activity):
        return self.next(activity[0]) == "off" and any(comes_back(self.rows[i]) for i in activity)

    def share(self, leaving, writes):
        """Those that this many writes more bring back: server by server."""
        off = self.homes()
        for i in leaving:
            to = home(self.rows[i])
            writes -= off[to] % self.batch == 0
            if writes < 0:
                break
            off[to] += 1
            yield i

    def admitted(self, ready):
        """Of those that would leave and come back as many as there are writes for, both ways."""
        leaving = sorted((i for i in ready if self.leaves([i])),
                         key=lambda i: (self.servers.index(home(self.rows[i])), i))
        others = sorted(set(ready) - set(leaving))
        room = max(self.clock.writes.most - self.writes_home(), 0)
        shares = []
        for writes in range(1, max(room, 2)):
            go = list(self.share(leaving, writes))
            more = self.writes_home(go) - self.writes_home()
            taken = [set(a) & set(go) for a in self.activities(go + others) if self.leaves(a)]
            shares.append((sum(map(len, taken[:max(room - more, 0)])), go))
            if len(go) == len(leaving):
                break
        return max(shares, key=lambda share: share[0])[1] + others

    def let_go(self, activities):
        """Those who may leave now, and when the others may: nobody leaves its server, and nobody
        takes a write, unless those who are off can soon come back."""
        go, later, going, new = [], [], set(), 0
        careful = self.writes_home() > 0 or any(map(self.leaves, activities))
        for a in activities:
            home_now = self.next(a[0]) == "home"
            leaves = {i for i in a if self.leaves([i])}
            needs = new + self.writes_home(going | leaves) + 1
            needs = needs if new else min(needs, self.clock.writes.most)
            at = self.clock.now if home_now or not careful else max(
                self.clock.writes.wait(self.clock.now, len(go) + 1),
                self.clock.writes.wait(self.clock.now, needs) - SOON)
            if at > self.clock.now:
                later.append(at)
                continue
            go.append(a)
            new, going = new + (not home_now), going | leaves
        return go, later

    def send(self, activities):
        """Before each group of activities that leave together: the list of every server that a
        device of theirs is on, or the devices' pages where one is on none; and what others did
        since. After it the proof."""
        def listed(count):
            self.n["apple_listings"] += count
            self.clock.read(count)

        for together in self.clock.groups(activities):
            looks = {None if self.next(i) == "home" else self.rows[i]["Server"]
                     for a in together for i in a}
            listed(len(looks))
            self.clock.read(1)
        self.clock.read(len(activities))  # each is asked about
        self.n["apple_changes"] += len(activities)
        sent = [(self.next(i), target(self.rows[i], self.next(i))) for a in activities for i in a]
        off = any(what == "off" for what, _ in sent)
        listed(1 + len(self.servers) if off else len({to for _, to in sent}))
        # That a device is back on its server is believed when two looks agree.
        homes = {to for what, to in sent if what == "home"}
        if homes:
            self.clock.now += 60
            listed(len(homes))
        self.go_on(i for a in activities for i in a)

    def sync(self, waiting):
        groups, lacks = set(), set()
        for i in waiting:
            done = STEPS[self.rows[i]["Job"]][self.at[i] - 1]
            groups |= {self.rows[i]["Server"], target(self.rows[i], done)} & set(SERVERS)
            if done == "off" and self.rows[i]["Job"] != "delete":
                lacks |= {self.rows[i]["Server"]} & set(SERVERS)
            self.n["uem_reads"] += self.rows[i]["Job"] == "delete"
        self.clock.now += 30
        self.n["syncs"] += len(groups)
        # That a list lacks a device is believed when it does so twice.
        self.n["uem_listings"] += len(groups) + len(lacks)
        self.go_on(waiting)

    def go_on(self, rows):
        for i in rows:
            self.at[i] += 1

    def work(self):
        while True:
            ready = [i for i in range(len(self.rows)) if self.next(i) in ("home", "off", "to")]
            go, later = self.let_go(list(self.activities(self.admitted(ready))))
            waiting = [i for i in range(len(self.rows)) if self.next(i) == "sync"]
            if go:
                self.send(go)
            elif waiting:
                self.sync(waiting)
            elif later:
                self.clock.now = min(later)
            else:
                break
        given = [r for r in self.rows if r["Job"] == "profile"]
        self.n["uem_changes"] += len(given)
        if given:
            groups = len({r["Server"] for r in given})
            # The list of each, their tokens just before, and the lists once more.
            self.n["uem_listings"] += len(SERVERS) + 2 * groups


def count(folder, batch, in_flight, sizes):
    with open(f"{folder}/in.csv", encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    with open(f"{folder}/fleet.csv", encoding="utf-8", newline="") as f:
        servers = list(dict.fromkeys(r["server"] for r in csv.DictReader(f)))
    groups = [s for s in servers if s in SERVERS]
    # To plan: the servers, the devices, who is where, and each group's list.
    n = collections.Counter(apple_listings=2 + len(servers), uem_listings=len(groups),
                            apple_changes=0, uem_changes=0, syncs=0)
    if any(r["Job"] == "profile" for r in rows):
        n["uem_listings"] += len(groups)  # the profiles of each group
    clock = Clock()
    clock.read(2 * n["apple_listings"])  # plan has read as much a moment ago
    for stage in stages(rows, sizes):
        for wave in waves(stage, batch, in_flight, servers):
            Wave(wave, batch, n, clock, servers).work()
    # The last look at what was done: where the devices are, and each group's list.
    ends = {{"delete": None, "unassign": None, "move": r["Target"]}.get(r["Job"], home(r))
            for r in rows}
    n["apple_listings"] += len(ends)
    n["uem_listings"] += len(groups) if any(r["Job"] != "unassign" for r in rows) else 0
    for name in ("apple_changes", "uem_changes", "syncs", "apple_listings", "uem_listings"):
        print(name, n[name])


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]), sys.argv[4:])
    elif sys.argv[1] == "spread":
        spread(sys.argv[2], *map(int, sys.argv[3:]))
    else:
        count(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
