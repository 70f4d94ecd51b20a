#!/usr/bin/env python3
"""Random rules, CSVs and limits against the simulator: what has to hold in each of them.

    property.py BUILD N [FIRST-SEED]

No limit is exceeded and no protected device touched; at no instant are more devices off their
servers than in_flight allows; a wave begins only after the one before was proved; a halt leaves
exactly the waves done; nobody is left off a server. Each triple comes from its seed alone, so that
one that fails can be run again: property.py BUILD 1 SEED
"""
import collections
import contextlib
import csv
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "crash"))
import world  # noqa: E402

SERVERS = world.SERVERS
PROGRAMS = {
    "rebuild": "[unassign, sync, reassign, sync]",
    "bounce": "[unassign, reassign, sync]",
    "move": "[{reassign: {to: {column: Target}}}, sync]",
    "there_and_back": "[unassign, sync, {reassign: {to: {column: Target}}}, sync]",
    "delete": "[delete_from_lifecycle]",
    "take": "[unassign]",
    "take_from": '[{unassign: {from: "WS1 EMEA"}}, sync]',
    "keep": "[skip]",
}
PUT_BACK = {"rebuild", "bounce", "there_and_back"}
BAD = {"failed", "unverified", "held", "drifted"}
LONGEST_S = 120
build = top = None


class Triple:
    """Rules, CSV and limits."""

    def __init__(self, seed):
        r = self.random = random.Random(seed)
        self.seed = seed
        n = r.randint(4, 60)
        self.home = {f"C02PROP{i:03d}": r.choice(SERVERS + [""] * (i % 9 == 8)) for i in range(n)}
        self.home.update((f"C02STAY{i:03d}", server) for i, server in enumerate(SERVERS))
        self.jobs = r.sample(sorted(PROGRAMS), r.randint(1, len(PROGRAMS)))
        self.rows = [(s, r.choice(2 * self.jobs + ["nothing"]), r.choice(SERVERS))
                     for s in r.sample(sorted(self.home)[:n], r.randint(1, n))]
        self.rows += [("C02UNKNOWN1", r.choice(self.jobs), SERVERS[0])] * (seed % 3 == 0)
        self.rows += self.rows[:1] * (seed % 5 == 0)
        self.job = {s: job for s, job, _ in self.rows}
        self.protected = r.sample(sorted(self.home), r.choice([0, 1, n // 5]))
        self.in_flight = r.randint(1, 12)
        self.devices = r.choice([n, n, n, r.randint(1, n)])
        self.rules_devices = r.choice([n, n, r.randint(1, n)])
        self.percent = r.choice([100, 100, r.randint(1, 100)])
        self.waves = r.choice([["100%"], ["10%", "100%"], ["2", "30%", "100%"], ["1", "3", "100%"],
                               [f"{r.randint(1, 60)}%", "100%"]])
        self.halt = r.choice([0, 5, 10, 30, 100])
        self.batch = r.choice([1, 2, 5, 1000])
        self.writes = r.choice(["10/hour", "100/hour", "1000/hour"])
        self.partial = r.choice([0, 0, 0, 2, 3, 5])  # one in so many fails at Apple

    def write(self, folder):
        (folder / "fleet.csv").write_text("serial,server\n" + "".join(
            f"{s},{server}\n" for s, server in self.home.items()))
        (folder / "in.csv").write_text("Serial,Job,Target\n" + "".join(
            ",".join(row) + "\n" for row in self.rows))
        (folder / "protected.csv").write_text("".join(s + "\n" for s in self.protected))
        rules = "".join(f"  - {{name: {j}, match: {{csv.Job: {j}}}, do: {PROGRAMS[j]}}}\n"
                        for j in self.jobs)
        (folder / "rules.yaml").write_text(
            "version: 1\nname: property\ncolumns: {serial: Serial}\n"
            f"limits: {{devices: {self.rules_devices}, percent: 100}}\n"
            f"waves: [{', '.join(self.waves)}]\nhalt: {{failed_percent: {self.halt}}}\n"
            f"rules:\n{rules}")

    def settings(self):
        protect = "protect: {file: protected.csv}\n" if self.protected else ""
        return (f"limits: {{devices: {self.devices}, percent: {self.percent}, "
                f"in_flight: {self.in_flight}}}\nbatch: {{apple: {self.batch}}}\n"
                f"rate: {{apple_write: {self.writes}, apple_read: 600/min}}\n{protect}")

    def most(self):
        """How many devices may be acted on."""
        return min(self.devices, self.rules_devices, max(1, len(self.home) * self.percent // 100))


class Outcome:
    """What became of a triple."""

    def __init__(self, folder, status):
        self.status = status
        with open(folder / "audit.ndjson", encoding="utf-8") as f:
            self.audit = [json.loads(line) for line in f]
        with open(folder / "in.result.csv", encoding="utf-8", newline="") as f:
            self.rows = list(csv.DictReader(f))
        self.wave, self.devices = {}, collections.Counter()
        for db in (folder / "state").glob("*/depmend.db"):
            with contextlib.closing(sqlite3.connect(db)) as store:
                self.wave = dict(store.execute("SELECT serial, wave FROM device"))
        for wave in self.wave.values():
            self.devices[wave] += 1
        self.row = {r["Serial"]: r for r in reversed(self.rows)}
        # (place in the audit, serial, what, before, after)
        self.effects = [(i, a["serial"], a["what"], a["before"], a["after"])
                        for i, a in enumerate(self.audit)
                        if a["kind"] == "effect" and a.get("effective")
                        and a["what"] in ("assign", "unassign", "release", "strip")]
        self.changes = sum(a["kind"] == "request" and a["method"] == "POST"
                           and a["path"] == world.CHANGE for a in self.audit)

    def outcome(self, serial):
        return self.row[serial]["depmend_outcome"]


# --- what has to hold ---

def limits(t, o):
    touched = {e[1] for e in o.effects}
    if len(touched) > t.most():
        yield f"{len(touched)} devices were touched, {t.most()} are allowed"
    pending = sum(r["depmend_outcome"] == "pending" for r in o.rows)
    if not o.wave and o.status == 4 and pending <= t.most():
        yield f"stopped by a guard with {pending} devices of {t.most()}"
    if len(o.wave) > t.most():
        yield f"a run of {len(o.wave)} devices was begun, {t.most()} are allowed"
    if o.status == 4 and not o.wave and o.changes:
        yield "a guard stopped it, and something was sent"


def bystanders(t, o):
    for _, serial, what, _, _ in o.effects:
        if serial in t.protected:
            yield f"{serial} is protected: {what}"
        if serial not in t.job or t.job[serial] in ("keep", "nothing"):
            yield f"{serial} is none of its business: {what}"


def away(t, o):
    off, most = set(), 0
    for _, serial, what, _, _ in o.effects:
        if what == "unassign" and t.job.get(serial) in PUT_BACK:
            off.add(serial)
        elif what == "assign":
            off.discard(serial)
        most = max(most, len(off))
    if most > t.in_flight:
        yield f"{most} were off their servers at once, {t.in_flight} are allowed"
    for serial in off:
        if o.outcome(serial) != "in_flight":
            yield f"{serial} is off its server and called {o.outcome(serial)}"


def once(t, o):
    seen = collections.Counter((serial, what) for _, serial, what, _, _ in o.effects)
    for (serial, what), n in seen.items():
        if n > 1:
            yield f"{serial}: {n} times {what}"


def waves_in_turn(t, o):
    """Effects of a wave come after those of the one before, with a look at a list between."""
    looks = [i for i, a in enumerate(o.audit) if a["kind"] == "request" and a["method"] == "GET"
             and (a["path"].endswith("/devices") or a["path"] == "/v1/orgDevices")]
    by_wave = collections.defaultdict(list)
    for i, serial, *_ in o.effects:
        by_wave[o.wave.get(serial, -1)].append(i)
    order = sorted(by_wave)
    if -1 in by_wave:
        yield "an effect on a device of no wave"
    for one, next_one in zip(order, order[1:]):
        last, first = max(by_wave[one]), min(by_wave[next_one])
        if last > first or not any(last < i < first for i in looks):
            yield f"wave {next_one} began before wave {one} was proved"


def bad_share(o, wave):
    rows = [o.row[s] for s, w in o.wave.items() if w == wave]
    bad = sum(r["depmend_outcome"] in BAD and not r["depmend_reason"].startswith("run.put_back")
              for r in rows)
    return bad * 100, len(rows)


def halt(t, o):
    """Exactly the waves before it are done, and only a wave that went wrong halts."""
    if not o.wave:
        return
    begun = {o.wave[s] for s, r in o.row.items() if s in o.wave
             and r["depmend_outcome"] not in ("pending",)}
    last = max(begun, default=-1)
    for serial, wave in o.wave.items():
        if (o.outcome(serial) == "pending") != (wave > last):
            yield f"{serial} of wave {wave} ended {o.outcome(serial)}; waves up to {last} were begun"
    for wave in range(last + 1):
        bad, n = bad_share(o, wave)
        stops = t.halt < 100 and bad > n * t.halt and wave < max(o.devices)
        if stops != (wave == last and o.status == 4):
            yield f"{bad // 100} of {n} went wrong in wave {wave}: halt at {t.halt} %, status {o.status}"


def rows_settled(t, o):
    given = [row[0] for row in t.rows]
    if [r["Serial"] for r in o.rows] != given:
        yield "the result does not hold the rows in order"
    if o.status not in (0, 3, 4, 5):
        yield f"status {o.status}"


HOLDS = [limits, bystanders, away, once, waves_in_turn, halt, rows_settled]


# --- running one ---

def start_sim(folder, t):
    port_file = folder / "port"
    with open(folder / "sim.log", "w", encoding="utf-8") as log:
        sim = subprocess.Popen(
            [build / "depmend-sim", "--fleet", "fleet.csv", "--port-file", "port", "--audit",
             "audit.ndjson", "--uem-client", "depmend:secret", "--tenant-code", "code",
             "--apple-key", top / "apple.pub", "--set", f"apple.activity_partial={t.partial}"],
            cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    text = ""
    while not text.endswith("\n"):
        time.sleep(0.005)
        text = port_file.read_text() if port_file.exists() else ""
        if sim.poll() is not None:
            raise RuntimeError("no simulator: " + (folder / "sim.log").read_text())
    return sim, int(text)


def make_world(folder, t):
    folder.mkdir()
    shutil.copy(top / "apple.pem", folder)
    for name in ("code", "secret"):
        with open(os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o600), "w",
                  encoding="utf-8") as f:
            f.write(name)
    t.write(folder)


def run_one(seed):
    """Complaints, how the run ended, and what was in it."""
    t = Triple(seed)
    folder = top / str(seed)
    make_world(folder, t)
    sim, port = start_sim(folder, t)
    try:
        settings = world.SETTINGS.replace("limits: {{percent: 100}}\n", "")
        (folder / "depmend.yaml").write_text(settings.format(
            client=f"BUSINESSAPI.{uuid.uuid4()}", port=port, extra=t.settings()))
        env = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8",
               "DEPMEND_CLOCK": "virtual:2026-11-22T03:00:00Z"}
        done = subprocess.run(
            [build / "depmend", "apply", "in.csv", "--settings", "depmend.yaml", "--rules",
             "rules.yaml", "--yes", "--max-wait", "1000h"],
            cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=LONGEST_S, check=False)
    finally:
        sim.kill()
        sim.wait()
    o = Outcome(folder, done.returncode)
    bad = [f"{check.__name__}: {what}" for check in HOLDS for what in check(t, o)]
    shutil.rmtree(folder)
    if bad:
        bad += ["it said: " + done.stderr]
    kind = "guarded" if not o.wave and o.status == 4 else "halted" if o.status == 4 else "ended"
    return seed, bad, kind, len(o.effects), len(o.devices)


def attempt(seed):
    try:
        return run_one(seed)
    except Exception as e:  # one world that cannot be had must not hide the others
        return seed, [f"{type(e).__name__}: {e}"], "broken", 0, 0


def main():
    global build, top
    build = pathlib.Path(sys.argv[1]).resolve()
    count, first = int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1
    failed, kinds, effects, in_waves = 0, collections.Counter(), 0, 0
    top = pathlib.Path(tempfile.mkdtemp())
    try:
        world.make_keys(top)
        with multiprocessing.Pool(2) as pool:
            for seed, bad, kind, n, waves in pool.imap_unordered(
                    attempt, range(first, first + count)):
                kinds[kind] += 1
                effects += n
                in_waves += waves > 1
                if bad:
                    failed += 1
                    print(f"not ok: seed {seed}", *bad[:8], sep="\n    ")
    finally:
        shutil.rmtree(top)
    print(f"{effects} effects; {in_waves} in several waves; " + ", ".join(
        f"{n} {kind}" for kind, n in sorted(kinds.items())))
    if count >= 50 and (effects < count or not kinds["guarded"] or not kinds["halted"]):
        failed += 1
        print("not ok: these triples try nothing")
    print(f"{count - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
