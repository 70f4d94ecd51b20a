"""Owns time and the network of a world: of its processes one runs at a time, and time jumps to the
next event when all of them wait. Knows nothing about what is right (oracle.py does).

Times are milliseconds UTC; what happened stands in Conductor.log, one dict per event:

    request  process method path query body at      its bytes were about to leave
    reached  request at                             the services have it
    reply    request at status body                 it was delivered (status None: the connection broke)
    commit   process at                             something was made durable
    ended    process at status                      negative: the signal
"""
import heapq
import json
import os
import re
import select
import signal
import socket
import struct

HELLO, WAIT, SEND, COMMIT, LOCK = range(5)
ASK, ANSWER = struct.Struct("=iiqq64s"), struct.Struct("=qqqq")
MS = 1_000_000
REAL_S = 20         # a process that neither asks nor ends in this time hangs
DAY = 24 * 3600 * 1000
MAX_ASKS = 60_000   # of a process: it spins
FREE = 600_000      # how long a process may go on at most without being heard of


class Broken(Exception):
    """The world cannot go on: a process hangs, or the simulator has gone."""


class Services:
    """A connection to the simulator."""

    def __init__(self, port):
        self.port, self.sock, self.file = port, None, None

    def open(self):
        self.sock = socket.create_connection(("127.0.0.1", self.port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.settimeout(REAL_S)
        self.file = self.sock.makefile("rb")

    def close(self):
        if self.sock:
            self.file.close()
            self.sock.close()
        self.sock = None

    def exchange(self, raw, now):
        """The request as it came, with the time; ret: status, the reply as it came, its body.
        Status None: it closed the connection instead."""
        head, body = raw.split(b"\r\n\r\n", 1)
        if not self.sock:
            self.open()
        self.sock.sendall(b"%s\r\nX-Sim-Now: %d\r\n\r\n%s" % (head, now, body))
        lines, size, chunked, closes = [], 0, False, False
        while True:
            try:
                line = self.file.readline()
            except ConnectionError:
                line = b""
            if not line:
                self.close()
                return None, b"", b""
            lines.append(line)
            if line == b"\r\n":
                break
            name, _, value = line.lower().partition(b":")
            if name == b"content-length":
                size = int(value)
            chunked = chunked or (name == b"transfer-encoding" and b"chunked" in value)
            closes = closes or (name == b"connection" and b"close" in value)
        status = int(lines[0].split()[1])
        if chunked:
            parts, whole = [], []
            while True:
                line = self.file.readline()
                n = int(line.split(b";")[0], 16)
                parts += [line, self.file.read(n + 2)]
                whole.append(parts[-1][:-2])
                if n == 0:
                    break
            rest, body = b"".join(parts), b"".join(whole)
        else:
            rest = body = self.file.read(size) if size else b""
        if closes:
            self.close()
        return status, b"".join(lines) + rest, body

    def ask(self, method, path, now, body=b""):
        raw = b"%s %s HTTP/1.1\r\nHost: sim\r\nContent-Length: %d\r\n\r\n%s" % (
            method.encode(), path.encode(), len(body), body)
        status, _, told = self.exchange(raw, now)
        if status is None or status >= 300:
            raise Broken(f"{method} {path}: {status} {told[:400]}")
        return told


class Wire:
    """One connection of a process."""

    def __init__(self, sock):
        self.sock, self.got, self.open = sock, b"", True

    def read(self):
        """The next whole request, or None."""
        while self.open:
            try:
                more = self.sock.recv(1 << 16)
            except BlockingIOError:
                break
            except ConnectionError:
                more = b""
            if not more:
                self.close()
            self.got += more
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return None
        size = re.search(rb"(?i)\r\ncontent-length: *(\d+)", self.got[:end])
        end += 4 + (int(size[1]) if size else 0)
        if len(self.got) < end:
            return None
        raw, self.got = self.got[:end], self.got[end:]
        return raw

    def write(self, data):
        self.sock.setblocking(True)
        try:
            self.sock.sendall(data)
        except (ConnectionError, OSError):
            self.close()
        else:
            self.sock.setblocking(False)

    def close(self):
        self.open = False
        self.sock.close()


class Process:
    def __init__(self, name, pid, said):
        self.name, self.pid, self.said = name, pid, said
        self.sock, self.wires = None, []
        self.question, self.text, self.until = HELLO, b"", 0
        self.poked = False      # something has come for it
        self.suspended = 0      # until when
        self.over = self.finished = self.final = False
        self.status = None
        self.asks = self.sends = self.commits = self.sending_at = 0
        self.requests = []      # under way

    def ready(self, now):
        if self.over or self.suspended > now:
            return False
        return self.question != WAIT or self.poked or self.until <= now


class Request:
    def __init__(self, n, process, wire, raw, at):
        self.n, self.process, self.wire, self.raw, self.at = n, process, wire, raw, at
        line, _, rest = raw.partition(b"\r\n")
        self.method, target, _ = line.decode().split(" ", 2)
        self.path, _, self.query = target.partition("?")
        self.body = rest.partition(b"\r\n\r\n")[2]

    def is_write(self):
        return self.method == "POST" and self.path == "/v1/orgDeviceActivities"


class Conductor:
    """choose(n): which of n ready processes goes on. watch(event, dict): told of everything."""

    def __init__(self, folder, shim, services, now, choose, watch, draw):
        self.folder, self.shim, self.services = folder, shim, services
        self.now, self.choose, self.watch, self.draw = now, choose, watch, draw
        self.boot = now - 5 * DAY       # when this machine started
        self.asleep = 0                 # how long it has been suspended since
        self.step = 0                   # how wrong its wall clock is
        self.boots = 0
        self.processes, self.log, self.events, self.n_events = [], [], [], 0
        self.n_requests = 0
        self.lose = []                  # what becomes of the next writes; see reach()
        self.control = self.listener("conductor")
        self.net = self.listener("services")
        self.new_boot()

    def listener(self, name):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.bind(os.path.join(self.folder, name))
        sock.listen(32)
        sock.setblocking(False)
        return sock

    def close(self):
        for p in self.processes:
            if not p.over:
                self.kill(p)
        self.control.close()
        self.net.close()

    def note(self, event, **what):
        what["event"], what["at"] = event, what.get("at", self.now)
        self.log.append(what)
        self.watch(event, what)

    def at(self, when, do, *args):
        heapq.heappush(self.events, (when, self.n_events, do, args))
        self.n_events += 1

    # --- processes ---

    def start(self, name, argv, env=()):
        said = os.path.join(self.folder, f"said.{len(self.processes)}.{name}")
        env = {"PATH": "/usr/bin:/bin", "HOME": self.folder, "LC_ALL": "C.UTF-8",
               "LD_PRELOAD": self.shim, "WORLD_CONDUCTOR": os.path.join(self.folder, "conductor"),
               "WORLD_SERVICES": os.path.join(self.folder, "services"),
               "ASAN_OPTIONS": "verify_asan_link_order=0",
               "WORLD_BOOT_ID": os.path.join(self.folder, "boot_id"), **dict(env)}
        pid = os.posix_spawn(argv[0], argv, env, setpgroup=0, file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, said + ".out", os.O_WRONLY | os.O_CREAT, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, said, os.O_WRONLY | os.O_CREAT, 0o600)])
        p = Process(name, pid, said)
        self.processes.append(p)
        self.note("started", process=p, argv=argv[1:])
        if not select.select([self.control], [], [], REAL_S)[0]:
            raise Broken(f"{name} does not start")
        p.sock, _ = self.control.accept()
        p.sock.settimeout(REAL_S)
        self.take_question(p)
        return p

    def take_question(self, p):
        data = b""
        try:
            while len(data) < ASK.size:
                more = p.sock.recv(ASK.size - len(data))
                if not more:
                    break
                data += more
        except TimeoutError:
            raise Broken(f"{p.name} hangs") from None
        except ConnectionError:
            data = b""
        if len(data) < ASK.size:
            self.reap(p)
            return
        p.question, _, wait, moved, p.text = ASK.unpack(data)
        self.now += moved // MS
        p.asks += 1
        if p.asks > MAX_ASKS:
            raise Broken(f"{p.name} asks without end")
        p.poked = False
        if p.question == WAIT:
            p.until = self.now + max(1, -(-wait // MS)) if wait >= 0 else 1 << 62
        self.take_requests(p)
        if p.question == SEND:
            p.sends += 1
            p.sending_at = self.now     # it may be stopped between this and the bytes
            self.note("sending", process=p, text=p.text)
        elif p.question == COMMIT:
            p.commits += 1
            self.note("commit", process=p)

    def reap(self, p):
        _, status = os.waitpid(p.pid, 0)
        p.over, p.status = True, os.waitstatus_to_exitcode(status)
        if p.sock:
            p.sock.close()
        self.take_requests(p)   # what left before the end arrives
        self.note("ended", process=p, status=p.status)

    def kill(self, p):
        os.kill(p.pid, signal.SIGKILL)
        self.reap(p)

    def stop(self, p, which):
        """A signal that the process notices as soon as it looks."""
        os.kill(p.pid, which)
        p.poked = True

    def running(self):
        return [p for p in self.processes if not p.over]

    # --- the machine ---

    def clocks(self, p):
        boot = self.now - self.boot
        return ANSWER.pack((self.now + self.step) * MS, (boot - self.asleep) * MS, boot * MS,
                           self.free(p) * MS)

    def free(self, p):
        """How long nothing can happen to the process, or to others that it could notice."""
        next_at = self.now + FREE
        if self.events:
            next_at = min(next_at, self.events[0][0])
        for q in self.processes:
            if not q.over and q is not p:
                at = q.until if q.question == WAIT and not q.poked else self.now
                next_at = min(next_at, max(at, q.suspended))
        return max(0, next_at - self.now - 1)

    def new_boot(self):
        self.boot, self.asleep = self.now - 20_000, 0
        self.boots += 1
        with open(os.path.join(self.folder, "boot_id"), "w", encoding="ascii") as f:
            f.write(f"{self.boots:08x}-0000-4000-8000-000000000000\n")

    def reboot(self):
        for p in self.running():
            self.kill(p)
        self.new_boot()

    def suspend(self, ms):
        """The computer sleeps; what is under way elsewhere goes on."""
        self.asleep += ms
        for p in self.running():
            p.suspended = max(p.suspended, self.now + ms)
            p.poked = True

    # --- requests ---

    def take_requests(self, p):
        while True:
            try:
                sock, _ = self.net.accept()
            except BlockingIOError:
                break
            sock.setblocking(False)
            p.wires.append(Wire(sock))
        for wire in p.wires:
            raw = wire.read()
            while raw:
                self.n_requests += 1
                r = Request(self.n_requests, p, wire, raw, self.now)
                r.checked = p.sending_at
                p.requests.append(r)
                self.note("request", process=p, request=r)
                fate = self.lose.pop(0) if r.is_write() and self.lose else (None, 0)
                self.at(self.now + self.draw(5, 120) + fate[1], self.reach, r, fate[0])
                raw = wire.read()
        p.wires = [x for x in p.wires if x.open]

    def reach(self, r, fate):
        """fate: None, or what becomes of the reply: "reset", or "hang" (there never is one)."""
        status, raw, body = self.services.exchange(r.raw, self.now)
        self.note("reached", request=r, status=status, body=body)
        if fate == "hang":
            return
        if fate == "reset":
            status, raw, body = None, b"", b""
        self.at(self.now + self.draw(5, 120), self.deliver, r, status, raw, body)

    def deliver(self, r, status, raw, body):
        p = r.process
        if r in p.requests:
            p.requests.remove(r)
        if p.over or not r.wire.open:
            return
        if status is None:
            r.wire.close()
        else:
            r.wire.write(raw)
        p.poked = True
        # Who slept meanwhile may find that it waited too long, and never look at what came.
        self.note("reply", request=r, status=status, body=body, late=p.suspended > self.now)

    # --- the loop ---

    def turn(self):
        """One process goes on, or time does. False: nothing is left to happen."""
        ready = [p for p in self.processes if p.ready(self.now)]
        if ready:
            p = ready[self.choose(len(ready)) if len(ready) > 1 else 0]
            try:
                p.sock.sendall(self.clocks(p))
            except (BrokenPipeError, ConnectionError):
                pass
            self.take_question(p)
            return True
        ends = [max(p.until, p.suspended) for p in self.processes if not p.over]
        ends += [self.events[0][0]] if self.events else []
        if not ends or min(ends) >= 1 << 62:
            return False
        self.now = max(self.now, min(ends))
        while self.events and self.events[0][0] <= self.now:
            _, _, do, args = heapq.heappop(self.events)
            do(*args)
        return True

    def run(self, until=None):
        """Until all processes are over, or until that moment."""
        while self.running() and (until is None or self.now < until):
            if not self.turn():
                raise Broken("all wait for ever")

    # --- the services, from outside ---

    def truth(self):
        return json.loads(self.services.ask("GET", "/sim/state", self.now))

    def scenario(self, yaml):
        self.services.ask("POST", "/sim/scenario", self.now, yaml.encode())
