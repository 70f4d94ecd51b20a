"""The least time that a job can take: requests against sliding logs, nothing of depmend's own."""
import collections
import math

BATCH, CANARY = 1000, 5


class Log:
    """At most n in any trailing window."""

    def __init__(self, n, window_s):
        self.n, self.window_s = n, window_s
        self.sent = collections.deque(maxlen=n)

    def when(self, now, more=1):
        """The earliest moment at which `more` may be sent at once."""
        if len(self.sent) + more <= self.n:
            return now
        return max(now, self.sent[len(self.sent) + more - self.n - 1] + self.window_s)

    def send(self, now):
        at = self.when(now)
        self.sent.append(at)
        return at


class Job:
    """One thing after the other; what may go side by side is given a count."""

    def __init__(self, reads, writes):
        self.now = 0.0
        self.reads, self.writes = Log(*reads), Log(*writes)

    def read(self, n):
        for _ in range(n):
            self.now = self.reads.send(self.now)

    def write(self, n):
        for _ in range(n):
            self.now = self.writes.send(self.now)

    def wait(self, seconds):
        self.now += seconds


def pages(n):
    return max(1, math.ceil(n / BATCH))


def batches(counts):
    return sum(math.ceil(n / BATCH) for n in counts)


def waves(counts, in_flight):
    """{server: devices} of each: five devices first, full ones of each server, what is left."""
    most = min(BATCH, in_flight)
    first = collections.Counter(list(counts)[i % len(counts)] for i in range(CANARY))
    left = {s: n - first[s] for s, n in counts.items()}
    cut = [dict(first)]
    cut += [{s: most} for s, n in left.items() for _ in range(n // most)]
    rests = []
    for server, n in sorted(left.items(), key=lambda item: -(item[1] % most)):
        wave = next((w for w in rests if sum(w.values()) + n % most <= in_flight), None)
        if n % most and wave is None:
            rests.append(wave := {})
        if n % most:
            wave[server] = n % most
    return cut + rests
