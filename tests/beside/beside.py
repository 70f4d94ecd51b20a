"""Readers beside an apply, and beside each other, on the real clock.

An apply of 40 devices is stopped just before or just after it sends a change, a reading command
runs from its start to its end, and the apply goes on: it has to end as without the reader, with
nobody off his server. Then five readers at a time, and a second writer in namespaces of its own.

	BESIDE=N         how many combinations of phase and reader (default 10)
	BESIDE_ROUNDS=N  how many rounds of five readers (default 2)
"""
import collections
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "crash"))
import world  # noqa: E402

READERS = {
    "plan": ("plan", "in.csv", "--rules", "rules.yaml", "--out", "plan.csv"),
    "explain": ("explain", "in.csv", "C02CRSH000", "--rules", "rules.yaml"),
    "export": ("export", "--out", "live.csv"),
    "doctor": ("doctor",),
    "runs": ("runs",),
    "report": ("report", "latest", "--csv", "report.csv"),
    "status": ("status",),
    "history": ("history", "C02CRSH000"),
}
FINE = (0, 2, 3, 5)
# What is about to be sent when the apply is stopped.
STRIKES = {
    "intent written": ("POST /v1/orgDeviceActivities UNASSIGN", False),
    "bytes sent": ("POST /v1/orgDeviceActivities UNASSIGN", True),
    "off server": ("P* /api/mdm/dep*", False),
    "put-back waiting": ("POST /v1/orgDeviceActivities ASSIGN", False),
    "put-back sent": ("POST /v1/orgDeviceActivities ASSIGN", True),
}
# What the real clock would stretch: the same in little.
EXTRA = """\
rate: {apple_read: 3000/min, apple_write: 3000/min, uem: 3000/min}
timeouts: {settle: 1s, sync: 1m, sync_gap: 1s}
poll: {apple: 500ms, uem: 500ms}
"""
SIM = ("--clock-rate", "20")


def is_stopped(process):
    with open(f"/proc/{process.pid}/stat") as f:
        return f.read().rsplit(")", 1)[1].split()[0] == "T"


def wait_until(holds, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.001)
    return False


class Suite:
    def __init__(self, build):
        self.build = build
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="depmend-beside-"))
        world.make_keys(self.top)
        self.good = self.bad = 0
        self.struck = collections.Counter()

    def check(self, what, *wrong):
        wrong = [w for w in wrong if w]
        self.good += not wrong
        self.bad += bool(wrong)
        for w in wrong:
            print(f"not ok: {what}: {w}")

    def world(self):
        return world.World(self.build, self.top, extra=EXTRA, sim=SIM)

    def read(self, w, name, under=()):
        """Its exit status, and what it said if that is none of the good ones."""
        started = time.monotonic()
        status = w.finish(w.start(command=READERS[name], now="", under=under))
        said = "" if status in FINE else f"{name} ended {status}: {w.said()}"
        if time.monotonic() - started > 40:
            said += f" {name} took {time.monotonic() - started:.0f} s"
        return said

    def one(self, i):
        phase = list(STRIKES)[i % len(STRIKES)]
        name = list(READERS)[i // len(STRIKES) % len(READERS)]
        path, after = STRIKES[phase]
        with self.world() as w:
            apply = w.start(now="", max_wait="5m", shim={
                "path": path, "at": 1 + i // 7 % 2, "signal": int(signal.SIGSTOP)})
            stopped = wait_until(lambda: apply.poll() is not None or is_stopped(apply))
            if not stopped or apply.poll() is not None:
                apply.kill()
                self.check(f"{name} at '{phase}'", "the apply was not met there")
                return
            if after:
                before = len(w.changes())
                apply.send_signal(signal.SIGCONT)
                wait_until(lambda: len(w.changes()) > before, 5)
                apply.send_signal(signal.SIGSTOP)
                wait_until(lambda: is_stopped(apply), 5)
            said = self.read(w, name)
            self.struck[phase] += 1
            apply.send_signal(signal.SIGCONT)
            status = w.finish(apply)
            w.runs = 1
            self.check(f"{name} at '{phase}'", said,
                       status != 0 and f"the apply ended {status}: {w.said()}",
                       *w.check_moves(), *(f"{s} is off its server" for s in w.stranded()))

    def rounds(self, n):
        with self.world() as w:
            for _ in range(n):
                names = ["plan", "explain", "export", "doctor", "plan"]
                running = [(x, w.start(command=READERS[x], now="")) for x in names]
                for x, process in running:
                    status = w.finish(process)
                    self.check(f"five side by side: {x}",
                               status not in FINE and f"{x} ended {status}")

    def second_writer(self):
        """In another network namespace, as another container has it, on the same state."""
        alone = ("unshare", "-rn") if os.geteuid() else ("unshare", "-n")
        probe = subprocess.run([*alone, "true"], stderr=subprocess.DEVNULL, check=False)
        with self.world() as w:
            apply = w.start(now="", max_wait="5m", shim={
                "path": STRIKES["intent written"][0], "at": 1, "signal": int(signal.SIGSTOP)})
            wait_until(lambda: apply.poll() is not None or is_stopped(apply))
            for under in [(), alone] if probe.returncode == 0 else [()]:
                status = w.finish(w.start(now="", under=under))
                self.check("a second writer gets 11", status != 11 and f"it ended {status}",
                           f"process {apply.pid} on" not in w.said() and w.said())
            lock = next((w.folder / "state").glob("*/lock"))
            self.check("the lock is ours alone",
                       lock.stat().st_mode & 0o77 and oct(lock.stat().st_mode))
            apply.kill()
            apply.wait()
            again = w.start(now="", max_wait="5m")
            wait_until(lambda: again.poll() is not None or "continuing run" in w.said(), 20)
            self.check("a killed holder's lock is free", again.poll() is not None and w.said())
            again.kill()
            again.wait()


def main():
    suite = Suite(sys.argv[1])
    try:
        for i in range(int(os.environ.get("BESIDE", "10"))):
            suite.one(i)
        suite.rounds(int(os.environ.get("BESIDE_ROUNDS", "2")))
        suite.second_writer()
    finally:
        shutil.rmtree(suite.top, ignore_errors=True)
    print("struck: " + ", ".join(f"{n} x {p}" for p, n in suite.struck.items()))
    print(f"{suite.good} passed, {suite.bad} failed")
    return suite.bad > 0


if __name__ == "__main__":
    sys.exit(main())
