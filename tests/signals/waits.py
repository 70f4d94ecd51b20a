#!/usr/bin/python3
"""Each kind of wait, in a process of its own, side by side: how much processor time it takes, how
soon a signal is answered, and what becomes of the devices. What is measured is depmend: a wait is
watched once it has begun, and while a process stood ready and got no processor nobody could answer.

    waits.py BUILD ROOT WORK
"""
import csv
import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import termios
import threading
import time
import traceback
import uuid

BUILD, ROOT, WORK = (pathlib.Path(a).resolve() for a in sys.argv[1:4])
SANITIZED = "dev" in BUILD.name
WATCHED_S = 10
CPU_MS = 20 * (5 if SANITIZED else 1)
NOTICED_S = 1.0
BEGINS_S = 300  # whatever is waited for before something is measured

results = []
lock = threading.Lock()


def check(what, good, seen=""):
    with lock:
        results.append(bool(good))
        if not good:
            print(f"not ok: {what} {seen}", flush=True)


# --- services that keep a client waiting ---

class Waiting(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    down = 0  # how often one that is down was asked

    def do_POST(self):
        Waiting.down += self.path.startswith("/down")
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/mute"):
            time.sleep(600)
        status = 429 if self.path.startswith("/later") else 503
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "600")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *a):
        pass


def serve():
    s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Waiting)
    s.daemon_threads = True
    threading.Thread(target=s.serve_forever, daemon=True).start()
    return s.server_address[1]


WAITING = serve()

# --- a world of its own for each ---

RULES = """version: 1
name: signals
waves: [100%]
rules:
  - name: rebuild
    match: {apple.status: ASSIGNED}
    do: [unassign, sync, reassign]
"""


class World:
    def __init__(self, name, uem=True, sim=(), settings="", **replace):
        self.folder = WORK / name
        self.folder.mkdir()
        for f in ("apple.pem", "apple.pub", "tenant-code", "uem-secret"):
            (self.folder / f).write_bytes((WORK / f).read_bytes())
            (self.folder / f).chmod(0o600)
        (self.folder / "rules.yaml").write_text(RULES)
        with open(ROOT / "samples/fleet.csv") as f:
            self.serials = [r["serial"] for r in csv.DictReader(f)
                            if r["server"] == "WS1 EMEA" and not r["released"]][:3]
        (self.folder / "in.csv").write_text("serial\n" + "\n".join(self.serials) + "\n")
        port = self.folder / "port"
        self.audit = self.folder / "audit.ndjson"
        self.sim = subprocess.Popen(
            [BUILD / "depmend-sim", "--fleet", ROOT / "samples/fleet.csv", "--port-file", port,
             "--audit", self.audit, "--apple-key", self.folder / "apple.pub", *sim],
            stdout=subprocess.DEVNULL, stderr=open(self.folder / "sim.log", "w"))
        until = time.monotonic() + 30
        while not (port.exists() and port.read_text().strip()):
            assert time.monotonic() < until, "the simulator did not start"
            time.sleep(0.05)
        text = (ROOT / "samples/depmend.yaml").read_text()
        if not uem:
            text = re.sub(r"(?ms)^uem:.*?(?=^\S)", "", text)
        text = text.replace("127.0.0.1:8080", "127.0.0.1:" + port.read_text().strip())
        text = re.sub(r"BUSINESSAPI\.\S*", f"BUSINESSAPI.{uuid.uuid4()}", text)
        for old, new in replace.items():
            text, n = re.subn(rf"(?m)^( *{old}:).*$", lambda m: f"{m[1]} {new}", text, count=1)
            assert n == 1, old
        (self.folder / "depmend.yaml").write_text(text + settings + "\n")

    def effects(self, what):
        n = 0
        for line in self.audit.read_text().splitlines():
            e = json.loads(line)
            n += e["kind"] == "effect" and e["what"] == what and e["effective"]
        return n

    def stop(self):
        self.sim.kill()
        self.sim.wait()


class Run:
    """depmend under way; with a terminal when it shall ask."""

    def __init__(self, world, *args, terminal=False, stdin=False, env=None, unread=None,
                 stdout=subprocess.DEVNULL):
        self.world = world
        self.said = b""
        self.arrived = []  # (when, text so far)
        ours, theirs = unread or (os.openpty() if terminal else os.pipe())
        self.fd = ours
        self.p = subprocess.Popen(
            [BUILD / "depmend", *args], cwd=world.folder, stdout=stdout,
            stdin=theirs if terminal else subprocess.PIPE if stdin else subprocess.DEVNULL,
            stderr=theirs,
            start_new_session=True, env={**os.environ, **(env or {}),
                                         "DEPMEND_SETTINGS": "depmend.yaml"},
            preexec_fn=(lambda: None) if not terminal else self.own_terminal)
        os.close(theirs)
        self.reader = threading.Thread(target=self.read, daemon=True)
        if not unread:
            self.reader.start()

    @staticmethod
    def own_terminal():
        import fcntl
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def read(self):
        while True:
            try:
                more = os.read(self.fd, 65536)
            except OSError:
                more = b""
            if not more:
                return
            self.said += more
            self.arrived.append((time.monotonic(), self.said.decode(errors="replace")))

    def text(self):
        return self.said.decode(errors="replace")

    def await_text(self, wanted, since, seconds):
        """When it came, in seconds since then; None: it did not."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for at, said in list(self.arrived):
                if at >= since and re.search(wanted, said):
                    return at - since
            time.sleep(0.01)
        return None

    def await_end(self, since, seconds):
        """When, in seconds since then; not reaped yet, so that what it was kept from can be read."""
        while os.waitid(os.P_PID, self.p.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            if time.monotonic() > since + seconds:
                return None
            time.sleep(0.005)
        return time.monotonic() - since

    def starved(self):
        """Seconds that it, who reads what it says, who measures, and the simulator stood ready for a
        processor."""
        tasks = [f"/proc/{p.pid}/task/{p.pid}" for p in (self.p, self.world.sim)]
        tasks += [f"/proc/self/task/{t}" for t in (self.reader.native_id, threading.get_native_id())]
        ret = 0
        for task in tasks:
            try:
                ret += int(pathlib.Path(task, "schedstat").read_text().split()[1]) / 1e9
            except (OSError, IndexError):
                pass  # the reader is at its end
        return ret

    def cpu_ms(self):
        """By the scheduler's own count: the ticks of /proc/PID/stat charge ten milliseconds to whoever
        runs when one falls, and that is chance for a process that runs for microseconds. The clock of
        another process is clock_getcpuclockid(3)'s, which Python does not offer."""
        return time.clock_gettime_ns((~self.p.pid << 3) | 2) / 1e6

    def signal(self, sig):
        self.starved_before = self.starved()
        now = time.monotonic()
        self.p.send_signal(sig)
        return now

    def in_time(self, took, seconds):
        """Whether it was, and what to say if not."""
        starved = self.starved() - self.starved_before
        return took is not None and took - starved <= seconds, (
            f"after {took} s, {starved:.1f} s of them ready without a processor, load "
            f"{os.getloadavg()[0]:.0f}; it said: {self.text()}")


def await_that(condition):
    until = time.monotonic() + BEGINS_S
    while not condition():
        assert time.monotonic() < until, "what was waited for did not come"
        time.sleep(0.05)


def await_quiet(run, quiet_s):
    """It has come to the wait: asleep, and for so long it has taken no processor time to speak of."""
    until = time.monotonic() + BEGINS_S
    since, used = time.monotonic(), run.cpu_ms()
    while run.p.poll() is None and time.monotonic() - since < quiet_s:
        assert time.monotonic() < until, f"it never waits: {run.text()}"
        time.sleep(0.05)
        stat = pathlib.Path(f"/proc/{run.p.pid}/stat").read_text()
        if run.cpu_ms() - used > 2 or stat.rsplit(")", 1)[1].split()[0] != "S":
            since, used = time.monotonic(), run.cpu_ms()


def quiet_wait(name, run, before_s=1.0):
    """The wait has begun; it takes next to nothing while nothing happens."""
    await_quiet(run, before_s)
    check(f"{name}: it waits", run.p.poll() is None, run.text())
    if run.p.poll() is not None:
        return False
    used = run.cpu_ms()
    time.sleep(WATCHED_S)
    used = run.cpu_ms() - used
    print(f"{name}: {used:.0f} ms of processor time in {WATCHED_S} s", flush=True)
    check(f"{name}: at most {CPU_MS} ms of processor time", used <= CPU_MS, f"{used:.0f} ms")
    return True


def noticed(name, run, sig):
    """The first signal: answered within a second."""
    since = run.signal(sig)
    took = run.await_text("stopping", since, 60)
    print(f"{name}: {signal.Signals(sig).name} answered after "
          f"{-1 if took is None else took * 1000:.0f} ms", flush=True)
    check(f"{name}: answered within a second", *run.in_time(took, NOTICED_S))
    check(f"{name}: how to quit", "again to quit now" in run.text(), run.text())
    return since


def ends(name, run, since, sig, seconds=NOTICED_S):
    took = run.await_end(since, seconds + 60)
    print(f"{name}: ended after {-1 if took is None else took * 1000:.0f} ms", flush=True)
    check(f"{name}: over within {seconds} s", *run.in_time(took, seconds))
    status = run.p.poll()
    run.reader.join(60)  # until all of it was read
    told = sig if sig in (signal.SIGHUP, signal.SIGINT) else signal.SIGTERM
    check(f"{name}: status", status == 128 + told, f"{status}: {run.text()}")


def stopped(name, run, sig, seconds=NOTICED_S):
    if quiet_wait(name, run):
        ends(name, run, noticed(name, run, sig), sig, seconds)


def url(path):
    return f"http://127.0.0.1:{WAITING}{path}"


# --- the waits: nothing is off, so the first signal ends them ---

def token_in_flight():
    w = World("token", token_url=url("/mute"))
    stopped("in flight", Run(w, "export"), signal.SIGINT)
    w.stop()


def retry_after():
    w = World("later", token_url=url("/later"))
    stopped("Retry-After", Run(w, "export"), signal.SIGTERM)
    w.stop()


def back_off():
    w = World("503", token_url=url("/down"))
    run = Run(w, "export")
    # Its waits grow, and a try itself is no wait: the one after the sixth is of 16 seconds at least.
    await_that(lambda: Waiting.down >= 6)
    if quiet_wait("retry back-off", run, 0.5):
        ends("retry back-off", run, noticed("retry back-off", run, signal.SIGHUP), signal.SIGHUP)
    w.stop()


def rate():
    w = World("rate", settings="rate: {apple_read: 1/hour}")
    stopped("rate", Run(w, "export"), signal.SIGINT)
    w.stop()


def another_run():
    """For the lock that a run holds which waits itself."""
    w = World("lock", settings="rate: {apple_read: 1/hour}")
    apply = ("apply", "in.csv", "--rules", "rules.yaml", "--yes")
    first = Run(w, *apply)
    await_quiet(first, 1)
    second = Run(w, *apply, "--wait-lock", "10m")
    stopped("another run", second, signal.SIGTERM)
    check("another run: what is off is the first one's", "put back" not in second.text(),
          second.text())
    check("another run: it goes on", first.p.poll() is None, first.text())
    first.p.kill()
    first.p.wait()
    w.stop()


def secret_command():
    mark = f"6{uuid.uuid4().int % 100000}"
    w = World("secret", private_key=f'{{command: [sleep, "{mark}"]}}')
    run = Run(w, "export")
    stopped("secret command", run, signal.SIGTERM)
    check("secret command: it is gone", subprocess.run(
        ["pgrep", "-f", f"^sleep {mark}$"], capture_output=True).returncode == 1)
    w.stop()


def input_by_pipe():
    """A list that never ends; nothing has begun, so that there is nothing to end in order."""
    name = "input by a pipe"
    w = World("pipe")
    run = Run(w, "apply", "-", "--rules", "rules.yaml", "--yes", "--out", "out.csv", stdin=True)
    if quiet_wait(name, run):
        since = run.signal(signal.SIGINT)
        ends(name, run, since, signal.SIGINT)
        check(f"{name}: it says so", "stopped at once" in run.text(), run.text())
    w.stop()


def notify():
    w = World("notify", settings="notify: {url: {file: ping}}")
    (w.folder / "ping").write_text(url("/mute"))
    (w.folder / "ping").chmod(0o600)
    run = Run(w, "apply", "in.csv", "--rules", "rules.yaml", "--yes", "--allow", "percent=100")
    await_quiet(run, 0.5)
    ends("notify", run, noticed("notify", run, signal.SIGINT), signal.SIGINT, 11.5)
    w.stop()


def prompt(name, how):
    w = World(name.replace(" ", "-"))
    run = Run(w, "apply", "in.csv", "--rules", "rules.yaml", "--allow", "percent=100",
              terminal=True, env={"TERM": "xterm"})
    await_that(lambda: "[y/N]" in run.text() or run.p.poll() is not None)
    if quiet_wait(name, run):
        run.starved_before, since = run.starved(), time.monotonic()
        if how == "key":
            os.write(run.fd, b"\x03")
        else:
            since = run.signal(signal.SIGINT)
        took = run.await_text("stopping", since, 60)
        check(f"{name}: answered within a second", *run.in_time(took, NOTICED_S))
        ends(name, run, since, signal.SIGINT)
        check(f"{name}: nothing was sent", w.effects("unassign") == 0)
        check(f"{name}: a line of its own", re.search(r"\[y/N\] (\^C)?\r?\nstopping", run.text()),
              run.text())
    w.stop()


# --- the waits with devices off their server ---

def off_server(name, sig, uem=False, sim=(), settings="", waits_for="unassign", seconds=40):
    """The first signal puts back what is off; nothing else is sent."""
    w = World(name.replace(" ", "-"), uem=uem, sim=sim,
              settings="poll: {apple: 1s, uem: 300s}\n" + settings)
    run = Run(w, "apply", "in.csv", "--rules", "rules.yaml", "--yes", "--allow", "percent=100")
    await_that(lambda: (w.audit.exists() and w.effects(waits_for) == len(w.serials)) or
               run.p.poll() is not None)
    for passing in ("USR1", "USR2", "VTALRM", "PROF", "IO", "STKFLT", "RTMIN", "RTMAX"):
        run.p.send_signal(getattr(signal, "SIG" + passing, 0))
    if quiet_wait(name, run, 3):  # until it is proved
        since = noticed(name, run, sig)
        if sig in (signal.SIGXCPU, signal.SIGPWR):  # never the second
            time.sleep(1.2)
            run.p.send_signal(sig)
        check(f"{name}: what it does",
              f"putting {len(w.serials)} devices back on their server" in run.text(), run.text())
        ends(name, run, since, sig, seconds)
        check(f"{name}: all are back", w.effects("assign") == len(w.serials), w.effects("assign"))
    w.stop()


def way_home_waits():
    """No read is left for the look before the way back: said within a second, with until when, after a
    signal and by the run after it."""
    name = "way home"
    w = World("home", uem=False, sim=["--set", "apple.activity_time=5s"],
              settings="poll: {apple: 1s}\nsync: {wait: 10m}\nrate: {apple_read: 8/1m}")
    apply = ("apply", "in.csv", "--rules", "rules.yaml", "--yes", "--allow", "percent=100")
    run = Run(w, *apply)
    await_that(lambda: run.p.poll() is not None or
               w.audit.exists() and w.effects("unassign") == len(w.serials))
    await_quiet(run, 3)
    for first in (True, False):
        since = time.monotonic()    # the second says it at once
        waits = run if first else Run(w, *apply)
        if first:
            since = waits.signal(signal.SIGTERM)
        took = waits.await_text(r"waiting for Apple until \d\d:\d\d", since, 10)
        waits.starved_before = waits.starved()
        check(f"{name}: what it waits for, and until when", *waits.in_time(
            took, NOTICED_S if first else 3 * NOTICED_S))
        waits.signal(signal.SIGKILL)
        waits.p.wait(BEGINS_S)
        page = w.folder / "depmend.yaml"
        page.write_text(page.read_text().replace("8/1m", "1/1m"))
    w.stop()


def second_signal():
    """An activity that takes its time: the first is obeyed slowly, the second at once."""
    name = "second signal"
    w = World("second", uem=False, sim=["--scenario", "apple-activity-never"],
              settings="sync: {wait: 1s}")
    run = Run(w, "apply", "in.csv", "--rules", "rules.yaml", "--yes", "--allow", "percent=100")
    await_that(lambda: w.audit.exists() and '"/v1/orgDeviceActivities"' in w.audit.read_text())
    if not quiet_wait(name, run):
        return
    noticed(name, run, signal.SIGHUP)
    run.signal(signal.SIGTERM)  # too early: the same wish
    time.sleep(1.2)
    run.signal(signal.SIGHUP)  # never the second
    time.sleep(0.3)
    check(f"{name}: SIGHUP is none, nor one that comes at once", run.p.poll() is None, run.text())
    since = run.signal(signal.SIGTERM)
    ends(name, run, since, signal.SIGTERM)
    last = (run.text().splitlines() or [""])[-1]
    check(f"{name}: it names what stays off", last.startswith("stopped at once: ") and
          all(s in last for s in w.serials) and "depmend apply in.csv" in last, last)
    w.stop()


def in_flight_change():
    name = "change in flight"
    w = World("change", uem=False, sim=["--scenario", "lost-request-timeout"],
              settings="sync: {wait: 1s}")
    run = Run(w, "apply", "in.csv", "--rules", "rules.yaml", "--yes", "--allow", "percent=100")
    await_that(lambda: run.p.poll() is not None or
               "orgDeviceActivities" in w.audit.read_text() if w.audit.exists() else False)
    if not quiet_wait(name, run):
        return
    noticed(name, run, signal.SIGINT)
    time.sleep(1.2)
    check(f"{name}: its answer is waited for", run.p.poll() is None, run.text())
    ends(name, run, run.signal(signal.SIGINT), signal.SIGINT)
    check(f"{name}: it names what may stay off",
          all(s in run.text().splitlines()[-1] for s in w.serials), run.text())
    w.stop()


def nobody_reads(name, ends_of, read_on, sig):
    """A pager's pipe that is full, a terminal that stands still: what is off comes back all the same,
    with a signal and without one; nothing that was said is lost."""
    w = World(name.replace(" ", "-"), uem=False, sim=["--set", "apple.activity_time=2s"],
              settings="poll: {apple: 1s}\nsync: {wait: 1s}\ntimeouts: {settle: 1s}")
    ours, theirs = ends_of()
    run = Run(w, "apply", "in.csv", "--rules", "rules.yaml", "--yes", "--allow", "percent=100",
              "-v", unread=(ours, os.dup(theirs)))
    await_that(lambda: run.p.poll() is not None or
               w.audit.exists() and w.effects("unassign") == len(w.serials))
    if sig:
        run.signal(sig)
    result = w.folder / "in.result.csv"
    until = time.monotonic() + 60
    while time.monotonic() < until and not result.exists():
        time.sleep(0.05)
    check(f"{name}: all are back", w.effects("assign") == len(w.serials), w.effects("assign"))
    check(f"{name}: the result is there", result.exists())
    check(f"{name}: it has more to say", run.p.poll() is None, f"{run.p.poll()}")
    read_on(theirs)
    os.close(theirs)
    run.reader.start()
    status = run.p.wait(BEGINS_S)
    run.reader.join(60)
    check(f"{name}: status", status == (128 + sig if sig else 0), f"{status}: {run.text()[-500:]}")
    check(f"{name}: all of it", re.search(r"sandbox: [^$]*GET [^$]*\nstatus   \d+: ",
                                         run.text().replace("\r", "")), run.text())
    w.stop()


def full_pipe():
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    try:
        while True:
            os.write(theirs, bytes(4096))
    except BlockingIOError:
        os.set_blocking(theirs, True)
    return ours, theirs


def still_terminal():
    ours, theirs = os.openpty()
    termios.tcflow(theirs, termios.TCOOFF)  # as Ctrl-S does
    return ours, theirs


def output_unread(*options):
    """Who reads the standard output stands still: the run is over all the same, and another begins."""
    name = "output " + " ".join(options)
    w = World(name.replace(" ", ""), uem=False, sim=["--set", "apple.activity_time=2s"],
              settings="poll: {apple: 1s}\nsync: {wait: 1s}\ntimeouts: {settle: 1s}")
    apply = ("apply", "in.csv", "--rules", "rules.yaml", "--yes", "--allow", "percent=100")
    ours, theirs = full_pipe()
    run = Run(w, *apply, *options, stdout=theirs)
    os.close(theirs)
    await_that(lambda: w.audit.exists() and w.effects("assign") == len(w.serials))
    again = Run(w, *apply, "--wait-lock", "1m")
    check(f"{name}: another one ends", again.p.wait(BEGINS_S) == 0, again.text())
    check(f"{name}: it has more to say", run.p.poll() is None, run.text())
    ends(name, run, run.signal(signal.SIGINT), signal.SIGINT)
    os.close(ours)
    w.stop()


def cut_file():
    """Somebody cuts a mapped file of the state short: no death by a signal, and the next one puts
    back."""
    name = "cut file"
    w = World("cut", uem=False, settings="poll: {apple: 1s}\nsync: {wait: 10m}")
    apply = ("apply", "in.csv", "--rules", "rules.yaml", "--yes", "--allow", "percent=100")
    run = Run(w, *apply)
    await_that(lambda: run.p.poll() is not None or
               w.audit.exists() and w.effects("unassign") == len(w.serials))
    await_quiet(run, 3)
    for shm in (w.folder / "state").glob("*/*-shm"):
        os.truncate(shm, 0)
    run.signal(signal.SIGTERM)
    run.p.wait(BEGINS_S)
    run.reader.join(60)
    check(f"{name}: status", run.p.returncode == 74, f"{run.p.returncode}: {run.text()}")
    check(f"{name}: what happened, and what stays off", "was cut short by another" in run.text() and
          all(s in run.text().splitlines()[-1] for s in w.serials), run.text())
    again = Run(w, *apply)
    await_quiet(again, 3)
    again.signal(signal.SIGTERM)
    again.p.wait(BEGINS_S)
    check(f"{name}: the next one puts back", w.effects("assign") == len(w.serials), again.text())
    w.stop()


CASES = [
    token_in_flight, input_by_pipe, retry_after, back_off, rate, another_run, secret_command, notify,
    lambda: prompt("prompt", "kill"), lambda: prompt("prompt key", "key"),
    lambda: off_server("sync command", signal.SIGINT,
                       settings='sync: {command: [sleep, "600"], wait: 1s}'),
    lambda: off_server("sync wait", signal.SIGTERM, settings="sync: {wait: 10m}"),
    lambda: off_server("quit key", signal.SIGQUIT, settings="sync: {wait: 10m}"),
    lambda: off_server("processor limit", signal.SIGXCPU, settings="sync: {wait: 10m}"),
    lambda: off_server("sync gap", signal.SIGHUP, uem=True, sim=["--scenario", "uem-sync-lost"]),
    second_signal, in_flight_change, cut_file, way_home_waits,
    lambda: output_unread("--json"), lambda: output_unread("--out", "-"),
    lambda: nobody_reads("nobody reads", full_pipe, lambda fd: None, None),
    lambda: nobody_reads("still terminal", still_terminal,
                         lambda fd: termios.tcflow(fd, termios.TCOON), signal.SIGTERM),
]


def one(case):
    try:
        case()
    except Exception:  # a case that breaks is a failure, and the others go on
        check("a case broke", False, traceback.format_exc())


def main():
    threads = [threading.Thread(target=one, args=(c,)) for c in CASES]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed", flush=True)
    os._exit(0 if all(results) else 1)


main()
