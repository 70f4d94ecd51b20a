#!/usr/bin/env python3
"""Random plans, windows, rates and slow services; from the simulator's own record of what took
effect: no device is off its server outside a window, but for a service that does not answer, and
then its row says so.

worlds.py BUILD FOLDER N [SEED]    FOLDER holds apple.pem, apple.pub, tenant-code, uem-secret
"""
import csv
import datetime
import json
import os
import pathlib
import random
import subprocess
import sys
import time
import uuid
import zoneinfo

SERVERS = ["WS1 EMEA", "WS1 Americas", "WS1 APAC"]
GROUPS = ["WS1EMEA", "WS1AMERICAS", "WS1APAC"]
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC"]
JOBS = {
    "rebuild": "[unassign, sync, reassign, sync]",
    "bounce": "[unassign, reassign]",
    "take": "[unassign]",
    "move": "[unassign, sync, {reassign: {to: WS1 APAC}}, sync]",
}
# What answers late, or not as asked; the last ones do not carry out what they accepted.
WEATHER = [[], [], [], ["apple-activity-slow"], ["apple-lag"], ["apple-lag-long"], ["apple-partial"],
           ["apple-rate-limits"], ["lost-reply-500"], ["lost-request-reset"], ["lost-reply-late"],
           ["apple-activity-stopped"], ["apple-activity-never"]]
SILENT = {"apple-activity-stopped", "apple-activity-never", "lost-reply-late"}
RULES = """version: 1
name: windows
columns: {{serial: serial}}
waves: {waves}
rules:
  - {{name: a, match: {{csv.job: a}}, do: {a}}}
  - {{name: b, match: {{csv.job: b}}, do: {b}}}
"""
SETTINGS = """version: 1
tenant: windows
apple: {{client_id: {client}, private_key: {{file: apple.pem}}, url: http://127.0.0.1:{port},
  token_url: http://127.0.0.1:{port}/auth/oauth2/token}}
uem: {{url: http://127.0.0.1:{port}, tenant_code: {{file: tenant-code}}, tokens: [{tokens}],
  auth: {{oauth: {{token_url: http://127.0.0.1:{port}/connect/token, client_id: depmend,
    client_secret: {{file: uem-secret}}}}}}}}
limits: {{devices: 500, percent: 100, in_flight: {in_flight}}}
rate: {{apple_write: {rate}/hour}}
batch: {{apple: {batch}}}
state: state-{seed}
{windows}
"""


class World:
    def __init__(self, build, folder, seed):
        self.build, self.folder, self.seed = build, folder, seed
        self.r = r = random.Random(seed)
        self.weather = r.choice(WEATHER)
        self.zone = r.choice(ZONES)
        first = r.randrange(0, 24 * 60, 15)
        long = r.choice([r.randrange(15, 120, 15), r.randrange(120, 480, 15), r.randrange(300, 900, 15)])
        self.window = first, (first + long) % 1440
        # Nights in which clocks are changed are among them.
        day = r.choice(["2026-11-22", "2026-10-24", "2027-03-27", "2026-10-31", "2027-03-13"])
        self.start = datetime.datetime.fromisoformat(day + "T00:00:00+00:00") + \
            datetime.timedelta(minutes=r.randrange(0, 1440, 7))
        self.until = None
        if r.random() < 0.3:
            self.until = self.start + datetime.timedelta(minutes=r.randrange(-30, 600))
        self.use_window = self.until is None or r.random() < 0.7
        self.serials = {}

    def path(self, name):
        return f"{self.folder}/{name}-{self.seed}"

    def write(self):
        r = self.r
        n = r.choice([r.randrange(1, 6), r.randrange(4, 30)])
        with open(self.path("fleet.csv"), "w", encoding="utf-8") as fleet, \
                open(self.path("in.csv"), "w", encoding="utf-8") as rows:
            fleet.write("serial,server,enrollment_status\n")
            rows.write("serial,job\n")
            for i, server in enumerate(SERVERS):
                fleet.write(f"C02STAY{i:03d},{server},Enrolled\n")
            for i in range(n):
                serial = f"C02RND{i:06d}"
                fleet.write(f"{serial},{r.choice(SERVERS[:2])},Enrolled\n")
                rows.write(f"{serial},{r.choice('ab')}\n")
        with open(self.path("rules.yaml"), "w", encoding="utf-8") as f:
            f.write(RULES.format(a=JOBS[r.choice(list(JOBS))], b=JOBS[r.choice(list(JOBS))],
                                 waves=r.choice(["[100%]", "[1, 100%]", "[2, 50%, 100%]"])))

    def settings(self, port):
        a, b = self.window
        text = f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d} {self.zone}"
        with open(self.path("depmend.yaml"), "w", encoding="utf-8") as f:
            f.write(SETTINGS.format(
                client="BUSINESSAPI." + str(uuid.uuid4()), port=port, seed=self.seed,
                tokens=", ".join(f"{{server: {s}, group: {g}}}" for s, g in zip(SERVERS, GROUPS)),
                rate=self.r.choice([4, 10, 60]), batch=self.r.choice([2, 5, 1000]),
                in_flight=self.r.choice([1, 10, 200]),
                windows=f'windows: ["{text}"]' if self.use_window else ""))

    def simulate(self):
        port = self.path("port")
        args = [f"{self.build}/depmend-sim", "--fleet", self.path("fleet.csv"), "--port-file", port,
                "--audit", self.path("audit"), "--apple-key", f"{self.folder}/apple.pub",
                "--uem-client", "depmend:secret", "--tenant-code", "code", "--seed", str(self.seed)]
        for name in self.weather:
            args += ["--scenario", name]
        with open(self.path("sim.log"), "wb") as log:
            sim = subprocess.Popen(args, stdout=log, stderr=log)  # pylint: disable=consider-using-with
        while not os.path.exists(port) or not os.path.getsize(port):
            if sim.poll() is not None:
                sys.exit(f"seed {self.seed}: the simulator ended")
            time.sleep(0.01)
        return sim, int(pathlib.Path(port).read_text(encoding="utf-8"))

    def apply(self, at):
        clock = at.strftime("virtual:%Y-%m-%dT%H:%M:%SZ")
        args = [f"{self.build}/depmend", "apply", self.path("in.csv"), "--rules",
                self.path("rules.yaml"), "--settings", self.path("depmend.yaml"), "--yes", "--max-wait",
                "20h", "--out", self.path("out.csv"), "--past-halt"]
        if self.until:
            args += ["--until", self.until.strftime("%Y-%m-%dT%H:%M:%SZ")]
        done = subprocess.run(args, env={**os.environ, "DEPMEND_CLOCK": clock}, capture_output=True,
                              text=True, check=False, timeout=120)
        pathlib.Path(self.path("err")).write_text(done.stderr, encoding="utf-8")
        return done.returncode

    # --- what has to hold ---

    def is_open(self, ms):
        when = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)
        if self.until and when > self.until:
            return False
        if not self.use_window:
            return True
        local = when.astimezone(zoneinfo.ZoneInfo(self.zone))
        minute, (a, b) = local.hour * 60 + local.minute, self.window
        return a <= minute < b if a < b else minute >= a or minute < b

    def periods(self):
        """Off and back, by serial; back None: it still is off."""
        off, found = {}, []
        with open(self.path("audit"), encoding="utf-8") as lines:
            for line in lines:
                e = json.loads(line)
                if e["kind"] != "effect" or not e["effective"]:
                    continue
                if e["what"] == "unassign":
                    off[e["serial"]] = e["t"]
                elif e["what"] == "assign" and e["serial"] in off:
                    found.append((e["serial"], off.pop(e["serial"]), e["t"]))
        return found + [(serial, t, None) for serial, t in off.items()]

    def rows(self):
        with open(self.path("out.csv"), encoding="utf-8", newline="") as f:
            return {row["serial"]: row for row in csv.DictReader(f)}

    def faults(self, status):
        rows = self.rows()
        for serial, off, back in self.periods():
            row = rows[serial]
            permanent = "reassign" not in row["depmend_steps"]
            if not self.is_open(off):
                yield f"{serial} was taken off at {off}, outside its window"
            if permanent:
                continue
            if not set(self.weather) & SILENT:
                end = back if back else off + 10 ** 9
                if any(not self.is_open(t) for t in range(off, end, 60000)):
                    yield f"{serial} was off from {off} to {back}, past its window"
            elif back is None and row["depmend_outcome"] not in ("in_flight", "unverified"):
                yield f"{serial} is off and its row says {row['depmend_outcome']}"
        for serial, row in rows.items():
            if "run.window" in row["depmend_reason"] and (row["depmend_outcome"] != "pending" or (
                    self.use_window and "the next window opens at 20" not in row["depmend_reason"])):
                yield f"{serial}: {row['depmend_outcome']}, {row['depmend_reason']}"
        if status not in (0, 3, 5, 75):
            yield f"it ended with {status}"

    def run(self):
        self.write()
        sim, port = self.simulate()
        try:
            self.settings(port)
            found = []
            for i in range(2):  # the second goes on where the first left
                status = self.apply(self.start + datetime.timedelta(hours=13 * i))
                found += self.faults(status)
                waits = sum("run.window" in r["depmend_reason"] for r in self.rows().values())
            return found, len(self.periods()), waits
        finally:
            sim.kill()
            sim.wait()


def main():
    build, folder, n = os.path.abspath(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    first = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    bad = off = waiting = 0
    for seed in range(first, first + n):
        world = World(build, folder, seed)
        found, periods, waits = world.run()
        off += periods
        waiting += waits > 0
        bad += bool(found)
        for fault in found[:3]:
            print(f"seed {seed} ({world.weather}, {world.window}, {world.zone}, until {world.until}): {fault}")
    print(f"worlds={n} bad={bad} off={off} waiting={waiting}")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
