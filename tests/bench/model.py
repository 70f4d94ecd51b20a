"""The least time that a job can take: requests against sliding logs, nothing of depmend's own."""
import collections
import math


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
    return max(1, math.ceil(n / 1000))


def batches(counts):
    return sum(math.ceil(n / 1000) for n in counts)
