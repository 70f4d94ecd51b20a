"""Worlds on the real clock: several requests of a process under way at once, processes side by
side, and nobody who says whose turn it is. Short timeouts, many small activities. The history comes
from the simulator's log alone, so that only what it shows can be judged; there is no shrinking.
"""
import json
import os
import random
import shutil
import signal
import subprocess
import time
import types

import history
import world

SETTLE, ACTIVITY, REQUEST = 300, 3000, 2000
LONGEST_S = 120   # whoever was killed between an intent and its first byte is waited for a minute and more
MORE_SETTINGS = """\
timeouts: {activity: 3s, sync: 10s, sync_gap: 2s, settle: 300ms, request: 2s}
poll: {apple: 60ms, uem: 60ms}
"""
AFTERWARDS = b"""\
version: 1
admins:
  - {after: 1ms, do: set, knobs: {apple.activity_time: 50ms, uem.sync_time: 80ms}}
"""
RUNS = 4


def begin_of(line):
    return types.SimpleNamespace(method=line["method"], path=line["path"],
                                 body=line.get("sent", "").encode())


class Real:
    def __init__(self, tools, seed):
        self.tools, self.seed, self.rng = tools, seed, random.Random(seed)
        self.folder = os.path.join(tools.top, f"r{os.getpid()}")
        self.client = f"BUSINESSAPI.{seed:08x}.{os.getpid()}"
        self.fired, self.ends, self.killed, self.signals = [], [], set(), {}
        self.n = 0
        rng = self.rng
        self.devices = {}
        for i in range(rng.randint(4, 12)):
            job = rng.choice(["rebuild", "rebuild", "move", "delete", "assign"])
            home = "" if job == "assign" else rng.choice(world.SERVERS[:2])
            target = world.SERVERS[2] if job in ("move", "assign") else ""
            self.devices[f"C02WORLD{i:03d}"] = (job, home, target)

    def now(self):
        return int(time.time() * 1000)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    def prepare(self):
        rng = self.rng
        shutil.rmtree(self.folder, ignore_errors=True)
        os.mkdir(self.folder, 0o700)
        for name in ("apple.pem", "code", "secret"):
            os.link(os.path.join(self.tools.top, name), os.path.join(self.folder, name))
        tokens = "\n".join(f"    - {{server: {s}, group: {s.upper()}}}" for s in world.SERVERS)
        text = world.SETTINGS.format(client=self.client, previous="", tokens=tokens, limit=500,
                                     writes=100000, batch=rng.choice([1, 1, 3]))
        text = text.replace(":80", f":{self.tools.services.port}").replace("60/min", "60000/min")
        self.write("depmend.yaml", text + MORE_SETTINGS)
        self.write("rules.yaml", world.RULES.format(name="world", waves="100%"))
        self.write("protected.csv", "C02STAYED00\n")
        self.write("in.csv", "Serial,Job,Target\n" + "".join(
            f"{s},{'move' if job == 'assign' else job},{target}\n"
            for s, (job, _, target) in self.devices.items()))
        fleet = "serial,server\n" + "".join(f"{s},{home}\n" for s, (_, home, _) in
                                            self.devices.items())
        fleet += "".join(f"C02STAYED{i:02d},{s}\n" for i, s in enumerate(world.SERVERS * 3))
        life = rng.choice([50, 200, 600])
        body = {"fleet": fleet, "servers": world.SERVERS, "seed": self.seed,
                "set": [f"apple.activity_time={life}ms", "uem.sync_time=80ms",
                        f"apple.visibility_lag={rng.choice([0, 100])}ms"],
                "scenario": self.scenario(), "audit": os.path.join(self.folder, "audit.ndjson")}
        self.tools.services.ask("POST", "/sim/reset", 0, json.dumps(body).encode())
        truth = json.loads(self.tools.services.ask("GET", "/sim/state", 0))
        self.server_ids = {v["id"]: v["name"] for v in truth["servers"]}

    def scenario(self):
        """What goes wrong at the services."""
        rng, lines = self.rng, []
        if rng.random() < 0.4:
            self.fired.append(["lost", "sent", 0, 0])
            lines.append("faults:\n  - {activity: '*', nth: %d, do: %s, applied: %s}" % (
                rng.randint(1, 4), rng.choice(["reset", "close", "truncate"]),
                rng.choice(["yes", "no"])))
        if rng.random() < 0.3:
            serial = rng.choice(sorted(self.devices))
            self.fired.append(["half", serial, 0, 0])
            lines.append("overrides:\n  - {activity: '*', nth: %d, knobs: {apple.failing: %s}}" % (
                rng.randint(1, 4), serial))
        if rng.random() < 0.4:
            serial = rng.choice(sorted(self.devices))
            self.fired.append(["move", serial, 0, 0])
            lines.append("admins:\n  - {after: %dms, do: %s, serials: [%s]}" % (
                rng.randint(100, 2500), rng.choice(["assign", "unassign", "release"]), serial))
        return "version: 1\n" + "\n".join(lines) + "\n"

    # --- processes ---

    def start(self, name, *argv):
        self.n += 1
        env = {"PATH": "/usr/bin:/bin", "HOME": self.folder, "LC_ALL": "C.UTF-8"}
        with open(os.path.join(self.folder, f"said.{self.n}.{name}"), "wb") as f:
            p = subprocess.Popen([self.tools.depmend, *argv, "--settings", "depmend.yaml"],
                                 cwd=self.folder, env=env, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=f)
        p.name = f"{name}{self.n}"
        return p

    def apply(self, *more):
        return self.start("apply", "apply", "in.csv", "--rules", "rules.yaml", "--yes",
                          "--max-wait", "30s", *more)

    def finish(self, p, final=False):
        try:
            p.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
            return [f"B {p.name} hangs"]
        rows = None
        if p.name.startswith("apply") and p.returncode >= 0:
            rows = history.rows_of(os.path.join(self.folder, "in.result.csv"))
        self.ends.append({"kind": "end", "t": self.now(), "proc": p.name, "status": p.returncode,
                          "rows": rows, "named": None, "final": final,
                          "signals": self.signals.get(p.name, 0), "killed": p.name in self.killed,
                          "planned": None})
        return []

    def disturb(self, p):
        """Something happens to the process, or beside it."""
        rng = self.rng
        time.sleep(rng.uniform(0.01, 1.5))
        deed = rng.choice(["kill", "term", "reader", "second", "nothing"])
        self.fired.append([deed, "", 0, 0])
        others = []
        if deed == "kill":
            self.killed.add(p.name)
            p.kill()
        elif deed == "term":
            self.signals[p.name] = 1
            p.send_signal(signal.SIGTERM)
        elif deed == "reader":
            for argv in (["plan", "in.csv", "--rules", "rules.yaml", "--out", "plan.csv"],
                         ["runs"], ["export", "--out", "live.csv"]):
                others.append(self.start("reader", *argv))
        elif deed == "second":
            others.append(self.apply("--out", "second.csv"))
            others[-1].name = f"second{self.n}"
        return others

    def happen(self):
        bad = []
        self.prepare()
        for turn in range(RUNS):
            p = self.apply()
            others = self.disturb(p) if turn < 2 else []
            bad += self.finish(p, final=turn == RUNS - 1)
            for q in others:
                bad += self.finish(q)
            if turn == 1:
                self.tools.services.ask("POST", "/sim/heal?activities=end", 0)
                self.tools.services.ask("POST", "/sim/scenario", 0, AFTERWARDS)
                time.sleep(0.3)
        return bad, self.as_history()

    # --- as the oracle wants it ---

    def as_history(self):
        harmless = {"kill", "term", "reader", "second", "nothing", "lost"}
        harmed = {d[1] for d in self.fired if d[0] not in harmless}
        devices = {s: {
            "job": job, "home": home, "put_back": job == "rebuild",
            "wanted": {"rebuild": home, "move": target, "assign": target, "delete": ""}[job],
            "from": {"rebuild": ["", home], "move": [home, ""], "assign": [""]}.get(job, [""]),
            "disturbed": s in harmed} for s, (job, home, target) in self.devices.items()}
        facts = {"devices": devices, "clients": [self.client], "settle": SETTLE, "fresh": 60_000,
                 "request": REQUEST, "activity": ACTIVITY, "window": 3600_000, "writes": 100000,
                 "limit": 500, "skewed": False, "amnesia": [], "cut_off": True, "records": {}, "server_ids": self.server_ids, "seed": self.seed,
                 "fired": self.fired, "maybe_unknown": bool(self.killed)}
        with open(os.path.join(self.folder, "audit.ndjson"), encoding="utf-8") as f:
            events = self.events(f, facts)
        events = sorted(events + self.ends, key=lambda e: e["t"])
        return {"facts": facts, "events": events}

    @staticmethod
    def events(lines, facts):
        events, n = [], 0
        for text in lines:
            line = json.loads(text)
            t = line["t"]
            if line["kind"] == "effect":
                events.append(history.as_effect(line, facts))
            if line["kind"] != "request" or line["service"] == "dep":
                continue
            n += 1
            request, write = begin_of(line), None
            if request.path == "/v1/auditEvents":
                events.append({"kind": "asked", "t": t, "proc": "real"})
            told = line.get("told")
            body = told if isinstance(told, str) else json.dumps(told)
            broken = line.get("fault") in ("reset", "close", "truncate", "hang")
            if request.method != "GET" and request.body:
                write = history.as_write(request)
            if write:
                doc = told if line["status"] == 201 and not broken else None
                events.append({"kind": "send", "t": t, "checked": t, "n": n, "boot": 0,
                               "proc": "real", **write})
                events.append({"kind": "reply", "t": t, "n": n, "proc": "real",
                               "status": None if broken else line["status"],
                               "activity": doc["data"]["id"] if doc else None})
            elif line["status"] == 200 and not broken:
                read, end = history.as_read(request, body), history.as_told(request, body)
                if read:
                    events.append({"kind": "read", "t": t, "begin": t, "proc": "real", **read})
                if end:
                    events.append({"kind": "told", "t": t, "proc": "real", **end})
        return events
