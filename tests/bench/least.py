"""The least that devices taken off their servers and put back can cost: writes, reads, time.

It is derived from the order of the devices that is ours to choose: each request names
one server and at most as many devices as it may name and as may be off at once; five devices go
first; before each change the look that it may leave on, after it the look that proves it.

What time there is comes first, then the reads: a wave begins as soon as there is a write for it.
Where a wave is about several servers, so many of them leave at once as have their writes, off and
back, within minutes (the manual says that nobody is off for longer because of the limit); the
others follow, looked at and proved by themselves, since no look serves a change that had to wait.
"""
import collections

import model

READS, WRITES = (20, 60), (10, 3600)
ACTIVITY_S = 10
FRESH_S, SETTLE_S, SYNC_S = 60, 60, 75  # a sync of 60 s is seen by the second poll
AWAY_S = 300  # a device waits at home for the write that brings it back, not off its server


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
        self.job.wait(ACTIVITY_S)
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
