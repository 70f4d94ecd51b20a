"""Readers beside an apply, and beside each other, on the real clock.

An apply of 40 devices with four requests in flight is stopped just before or just after it sends a
change, a reading command runs from its start to its end, and the apply goes on: it has to end as
without the reader, with nobody off his server. Then five readers at a time, and a second writer in
namespaces of its own. And six plans side by side on a way that delays what it carries by up to half
a second: the services never see more in a window than the settings allow.

	BESIDE=N         how many combinations of phase and reader (default 12)
	BESIDE_ROUNDS=N  how many rounds of five readers (default 2)
	BESIDE_RATE=N/S  how many reads in how many seconds the six plans have (default 8/5)
"""
import asyncio
import collections
import concurrent.futures
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

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
UNASSIGN, ASSIGN = ("POST /v1/orgDeviceActivities " + what for what in ("UNASSIGN", "ASSIGN"))
# Which request the apply is stopped at, and when: before its bytes leave, after that, or once the
# answer is there and nobody has read it.
STRIKES = {
    "intent written": (UNASSIGN, "before"),
    "bytes sent": (UNASSIGN, "after"),
    "answer unread": (UNASSIGN, "answered"),
    "off server": ("P* /api/mdm/dep*", "before"),
    "put-back waiting": (ASSIGN, "before"),
    "put-back unread": (ASSIGN, "answered"),
}
# What the real clock would stretch: the same in little.
EXTRA = """\
rate: {apple_read: 3000/min, apple_write: 3000/min, uem: 3000/min}
timeouts: {settle: 1s, sync: 1m, sync_gap: 1s}
poll: {apple: 500ms, uem: 500ms}
batch: {apple: 2}
"""
SLOW_S = 0.5
AT_ONCE = 4  # worlds: each of them waits most of the time
SIM = ("--clock-rate", "20")


def is_stopped(process):
    with open(f"/proc/{process.pid}/stat") as f:
        return f.read().rsplit(")", 1)[1].split()[0] == "T"


def is_over(process):
    """Without taking its exit status from who waits for it."""
    with open(f"/proc/{process.pid}/stat") as f:
        return f.read().rsplit(")", 1)[1].split()[0] in "ZX"


def has_answer(process, port):
    """Something has come from the simulator and was not read."""
    inodes = set()
    for fd in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
        link = os.readlink(fd)
        if link.startswith("socket:["):
            inodes.add(link[8:-1])
    for line in pathlib.Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()[1:]:
        part = line.split()
        if (part[9] in inodes and int(part[2].split(":")[1], 16) == port
                and int(part[4].split(":")[1], 16)):
            return True
    return False


def wait_until(holds, patience):
    while not patience.is_over():
        if holds():
            return True
        time.sleep(0.001)
    return False


class SlowWay:
    """Between the programs and the simulator: what goes there takes its time, now more, now less."""

    def __init__(self, port):
        self.to, self.port = port, 0
        self.loop, ready = asyncio.new_event_loop(), threading.Event()
        self.thread = threading.Thread(target=self.run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()

    def run(self, ready):
        server = self.loop.run_until_complete(asyncio.start_server(self.meet, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()
        server.close()
        self.loop.run_until_complete(self.let_go())

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    async def let_go(self):
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def carry(self, source, sink, slow):
        try:
            while piece := await source.read(65536):
                await asyncio.sleep(random.uniform(0, SLOW_S) * slow)
                sink.write(piece)
                await sink.drain()
        except OSError:
            pass  # one of them was killed
        sink.close()

    async def meet(self, source, sink):
        await asyncio.sleep(random.uniform(0, SLOW_S))
        far_source, far_sink = await asyncio.open_connection("127.0.0.1", self.to)
        await asyncio.gather(self.carry(source, far_sink, True), self.carry(far_source, sink, False))


def fullest(times, window_ms):
    """The most that came in any window."""
    times, first, most = sorted(times), 0, 0
    for i, t in enumerate(times):
        while t - times[first] > window_ms:
            first += 1
        most = max(most, i + 1 - first)
    return most


class Suite:
    def __init__(self, build):
        self.build = build
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="depmend-beside-"))
        world.make_keys(self.top)
        self.good = self.bad = 0
        self.struck = collections.Counter()
        self.lock = threading.Lock()

    def check(self, what, *wrong):
        with self.lock:
            self.good += not wrong
            self.bad += bool(wrong)
            for w in wrong:
                print(f"not ok: {what}: {w}", flush=True)

    def world(self):
        return world.World(self.build, self.top, extra=EXTRA, sim=SIM)

    def read(self, w, name, under=()):
        """What is wrong; nothing: it ended well."""
        process = w.start(command=READERS[name], now="", under=under)
        patience = w.patience(process, 40)
        status = w.finish(process)
        said = [] if status in FINE else [f"{name} ended {status}: {w.said()}"]
        return said + [f"{name} took {patience.used():.0f} s"] * patience.is_over()

    def stop_at(self, w, path, when, at=1):
        """An apply that stands there; None: it was not met."""
        apply = w.start(now="", max_wait="5m", shim={
            "path": path, "at": at, "signal": int(signal.SIGSTOP), "after": int(when != "before")})
        patience = w.patience(apply)
        met = wait_until(lambda: is_over(apply) or is_stopped(apply), patience)
        if met and when == "answered" and not is_over(apply):
            met = wait_until(lambda: has_answer(apply, w.port), patience)
        if met and not is_over(apply):
            return apply
        apply.kill()
        apply.wait()
        return None

    def one(self, phase, name, at):
        with self.world() as w:
            apply = self.stop_at(w, *STRIKES[phase], at)
            if not apply:
                return ["the apply was not met there: " + w.said()]
            wrong = self.read(w, name)
            if not is_stopped(apply):
                wrong.append("the apply went on beside it")
            with self.lock:
                self.struck[phase] += 1
            apply.send_signal(signal.SIGCONT)
            status = w.finish(apply)
            w.runs = 1
            wrong += [f"the apply ended {status}: {w.said()}"] * (status != 0)
            return wrong + w.check_moves() + [f"{s} is off its server" for s in w.stranded()]

    def one_round(self, w):
        names = ["plan", "explain", "export", "doctor", "plan"]
        running = [(x, w.start(command=READERS[x], now=""), w.runs) for x in names]
        ended = [(x, w.finish(process), run) for x, process, run in running]
        return [f"{x} ended {status}: {w.said(run)}" for x, status, run in ended
                if status not in FINE]

    def second_writer(self):
        """In another network namespace, as another container has it, on the same state."""
        alone = ("unshare", "-rn") if os.geteuid() else ("unshare", "-n")
        probe = subprocess.run([*alone, "true"], stderr=subprocess.DEVNULL, check=False)
        with self.world() as w:
            apply = self.stop_at(w, *STRIKES["intent written"])
            if not apply:
                return ["the apply was not met: " + w.said()]
            wrong = []
            rooms = [(), alone] if probe.returncode == 0 else [()]
            for under in rooms:
                status = w.finish(w.start(now="", under=under))
                wrong += [f"a second writer ended {status}: {w.said()}"] * (status != 11)
                wrong += ["it was not told of the first"] * (
                    f"process {apply.pid} on" not in w.said())
            lock = next((w.folder / "state").glob("*/lock"))
            wrong += ["others can open the lock"] * bool(lock.stat().st_mode & 0o77)
            lock.unlink()  # as of a leftover
            for under in rooms:
                status = w.finish(w.start(now="", under=under))
                wrong += [f"without the file it ended {status}: {w.said()}"] * (status != 11)
            apply.kill()
            apply.wait()
            again = w.start(now="", max_wait="5m")
            went_on = wait_until(lambda: is_over(again) or "continuing run" in w.said(),
                                 w.patience(again))
            wrong += ["a killed holder's lock: " + w.said()] * (not went_on or is_over(again))
            again.kill()
            again.wait()
            return wrong

    def six_plans(self, n, window_s):
        """One is killed in the middle, and another comes."""
        extra = f"rate: {{apple_read: {n}/{window_s}s, uem: {n}/{window_s}s}}"
        with world.World(self.build, self.top, extra=extra) as w:
            way = SlowWay(w.port)
            settings = w.folder / "depmend.yaml"
            settings.write_text(settings.read_text().replace(f":{w.port}", f":{way.port}"))
            plans = [w.start(command=READERS["plan"], now="") for _ in range(6)]
            time.sleep(window_s * 1.5)
            plans[0].kill()
            plans.append(w.start(command=READERS["plan"], now=""))
            ends = [p.wait() for p in plans]
            seen = [a for a in w.audit() if a["kind"] == "request" and "token" not in a["path"]]
            most = {}
            for service in ("apple", "uem"):
                times = [a["t"] for a in seen if a["service"] == service]
                most[service] = fullest(times, window_s * 1000), len(times)
            way.stop()
        print(f"six plans beside each other, {n} in {window_s} s, at most and in all: {most}",
              flush=True)
        wrong = [f"{service} saw {m} in {window_s} s" for service, (m, _) in most.items() if m > n]
        wrong += [f"{service} saw too few to tell" for service, (m, _) in most.items() if m < n]
        return wrong + [f"a plan ended {status}" for status in ends[1:] if status not in FINE]

    def tried(self, what, do, *args):
        try:
            self.check(what, *do(*args))
        except Exception:  # one that breaks is a failure, and the others go on
            self.check(what, traceback.format_exc())

    def all(self, n, n_rounds):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for i in range(n):
                phase = list(STRIKES)[i % len(STRIKES)]
                name = list(READERS)[i // len(STRIKES) % len(READERS)]
                pool.submit(self.tried, f"{name} at '{phase}'", self.one, phase, name,
                            1 + i // 7 % 2)
        # By one clock: beside one that is quicker a token is soon too old.
        with world.World(self.build, self.top, extra=EXTRA) as w:
            for i in range(n_rounds):
                self.tried(f"five side by side, round {i + 1}", self.one_round, w)
        self.tried("a second writer", self.second_writer)
        n, window_s = os.environ.get("BESIDE_RATE", "8/5").split("/")
        self.tried("six plans", self.six_plans, int(n), int(window_s))


def main():
    suite = Suite(sys.argv[1])
    try:
        suite.all(int(os.environ.get("BESIDE", "12")), int(os.environ.get("BESIDE_ROUNDS", "2")))
    finally:
        shutil.rmtree(suite.top, ignore_errors=True)
    print("struck: " + ", ".join(f"{n} x {p}" for p, n in suite.struck.items()))
    print(f"{suite.good} passed, {suite.bad} failed")
    return suite.bad > 0


if __name__ == "__main__":
    sys.exit(main())
