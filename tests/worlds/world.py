"""One random world: who is in it, what is to be done, what goes wrong and when; then it happens,
under a conductor, and becomes a history.

All that is random is drawn from a tape of choices, so that a world can be told again and made
smaller: 0 is always the plainest choice, and what a shortened tape lacks is 0.
"""
import collections
import ctypes
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time

import conductor
import history
import meanwhile

START = 1_795_000_000_000
MINUTE, HOUR = 60_000, 3600_000
DAY = 24 * HOUR
SERVERS = ["Alpha", "Beta", "Gamma"]
SETTLE, FRESH, REQUEST, ACTIVITY = 60_000, 60_000, 60_000, 30 * MINUTE
PATIENCE = 72 * HOUR    # of the world with its processes, before it heals
AFTERWARDS = 48 * HOUR

# What may go wrong, by kind; a seed enables one to three kinds.
KINDS = {
    "ends": ["kill", "reboot"],
    "stops": ["term", "int", "hup", "twice"],
    "sleeps": ["suspend", "freeze", "clock_step"],
    "people": ["move", "take_off", "release", "return", "profile", "meddle"],
    "servers": ["rename_server", "delete_server", "recreate_server"],
    "records": ["wipe", "unenroll", "enroll", "delete_record"],
    "slow": ["late", "stuck", "outlasts"],
    "half": ["half", "fails", "unlogged", "ignored", "stops_half"],
    "stale": ["stale", "lag"],
    "lists": ["partial", "shifting", "clamped", "cut", "repeated"],
    "refusals": ["refused", "refused_first", "refused_all"],
    "busy": ["too_many", "unavailable"],
    "lost": ["lost", "never_arrives", "arrives_late", "lost_5xx"],
    "others": ["reader", "second_writer", "other_rules", "undo"],
    "state": ["restored"],
    "guards": ["protected", "damaged_list", "pause", "limit", "new_account"],
    "facts": ["cover", "regroup", "in_service", "unreadable", "new_rules"],
}
DEEDS = {deed: kind for kind, deeds in KINDS.items() for deed in deeds}
# Beyond what the services are assumed to do at worst, or what makes times incomparable.
SKEWS = {"clock_step"}
# Deeds that may keep a device from what its row wants, without anybody being at fault.
HARMLESS = {"kill", "reboot", "term", "int", "hup", "twice", "suspend", "freeze", "clock_step",
            "late", "stale", "lag", "clamped", "too_many", "unavailable", "lost",
            "arrives_late", "lost_5xx", "never_arrives", "reader", "second_writer"}
# ... or that leave open whether a request was carried out.
CUT_OFF = {"kill", "reboot", "clock_step", "twice", "freeze", "suspend", "lost", "arrives_late", "lost_5xx",
           "never_arrives"}
PHASES = ["unsent", "intent", "sent", "accepted", "hidden", "visible", "terminal", "proved",
          "custody"]

SETTINGS = """\
version: 1
tenant: world
apple:
  organization: business
  client_id: {client}{previous}
  private_key: {{file: apple.pem}}
  url: http://127.0.0.1:80
  token_url: http://127.0.0.1:80/auth/oauth2/token
uem:
  url: http://127.0.0.1:80
  tenant_code: {{file: code}}
  tokens:
{tokens}
  auth: {{oauth: {{token_url: "http://127.0.0.1:80/connect/token", client_id: depmend,
    client_secret: {{file: secret}}}}}}
limits: {{devices: {limit}, percent: 100, release: 20, wipe: 20, delete_record: 20}}
rate: {{apple_read: 60/min, apple_write: {writes}/hour}}
batch: {{apple: {batch}}}
protect: {{file: protected.csv}}
state: state
"""

RULES = """\
version: 1
name: {name}
columns: {{serial: Serial}}
waves: [{waves}]
rules:
  - {{name: keep, match: {{csv.Job: keep}}, do: [skip]}}
  - {{name: rebuild, match: {{csv.Job: rebuild}}, do: [unassign, sync, reassign, sync]}}
  - {{name: move, match: {{csv.Job: move}}, do: [{{reassign: {{to: {{column: Target}}}}}}, sync]}}
  - {{name: delete, match: {{csv.Job: delete}}, do: [delete_from_lifecycle]}}
  - {{name: release, match: {{csv.Job: release}}, do: [delete_from_lifecycle, release]}}
  - {{name: wipe, match: {{csv.Job: wipe}}, do: [{{wipe: {{kind: device}}}}]}}
""" + meanwhile.RETIRE.replace("{", "{{").replace("}", "}}")
OTHER_RULES = """\
version: 1
name: other
columns: {serial: Serial}
rules:
  - {name: rest, match: {always: true}, do: [skip]}
"""
JOBS = ["rebuild", "rebuild", "rebuild", "move", "delete", "assign", "wipe", "release", "retire"]


# What a disturbance can hang on: phases of a change, and which change it is.
STEPS = {"UNASSIGN_DEVICES": ["rebuild", "retire"], "ASSIGN_DEVICES": ["rebuild"],
         "RELEASE_DEVICES": ["release", "retire"], "WIPE": ["wipe"], "BACK": ["retire"]}
# The way back of a device that was only to leave begins with one of these.
CALL_OFF = ["cover", "in_service", "regroup", "protected"]


def cells():
    """All that can be reached: deed, phase, step."""
    ret = []
    for deed in DEEDS:
        ret.append((deed, "unsent", "-"))
        ret.append((deed, "custody", "UNASSIGN_DEVICES"))
        ret += [(deed, phase, "WIPE") for phase in ("intent", "sent", "accepted")]
        ret += [(deed, phase, step) for phase in PHASES[1:-1]
                for step in ("UNASSIGN_DEVICES", "ASSIGN_DEVICES", "RELEASE_DEVICES")]
        # Of a request that has not left nobody can tell whether it is a way back.
        ret += [(deed, phase, "BACK") for phase in PHASES[2:-1]]
    return ret


class Tape:
    def __init__(self, seed, values=None):
        self.rng, self.values, self.used = random.Random(seed), values, []

    def pick(self, n):
        if self.values is None:
            v = self.rng.randrange(n)
        else:
            v = self.values[len(self.used)] % n if len(self.used) < len(self.values) else 0
        self.used.append(v)
        return v

    def of(self, items):
        return items[self.pick(len(items))]


class Plan:
    """Everything that is decided before the world begins."""

    def __init__(self, tape, aim=None):
        pick, of = tape.pick, tape.of
        n = 1 + pick(4)
        servers = SERVERS[:1 + pick(3)]
        self.servers = servers
        self.devices = {}
        for i in range(n):
            job = of(JOBS)
            home = "" if job == "assign" else of(servers)
            target = of(servers) if job in ("move", "assign") else ""
            job = "keep" if job == "move" and target == home else job
            self.devices[f"C02WORLD{i:03d}"] = (job, home, target)
        self.batch = 1 + pick(3)
        self.writes = 2 + pick(3)
        self.activity_ms = of([10_000, 90_000, 10 * MINUTE])
        self.lag_ms = of([0, 15_000, 40_000])
        self.server_lag_ms = of([0, 15_000])
        self.early = pick(2)
        self.waves = of(["100%", "1, 100%", "50%, 100%"])
        self.max_wait = of(["48h", "6h", "40m"])
        self.pause_ms = of([MINUTE, 31 * MINUTE, 3 * HOUR])
        self.again = of(["same", "same", "other", "result"])
        kinds = sorted(KINDS)
        chosen = sorted({of(kinds) for _ in range(pick(4))})
        self.disturbances = []
        for _ in range(pick(7) if chosen else 0):
            deed = of(KINDS[of(chosen)])
            phase = of(PHASES)
            self.disturbances.append((deed, phase, 1 + pick(4), pick(1 << 16), None))
        if aim and pick(50):    # 0, the plainest: without
            deed, phase, step = aim
            if step in STEPS:
                first = sorted(self.devices)[0]
                self.devices[first] = (of(STEPS[step]), servers[0], "")
            self.disturbances = self.disturbances[:2] + [(deed, phase, 1, pick(1 << 16), step)]
            if step == "BACK":
                self.call_off(tape)
        self.limit = 500
        self.kinds = chosen

    def call_off(self, tape):
        """Its release is not allowed any more when it is off: so it has a way back."""
        self.disturbances = self.disturbances[-1:] + [
            (tape.of(CALL_OFF), tape.of(["hidden", "visible", "terminal"]), 1, tape.pick(1 << 16),
             "UNASSIGN_DEVICES")]


class World(meanwhile.Meanwhile):
    def __init__(self, tools, tape, turns, seed, aim=None):
        self.tools, self.turns, self.seed = tools, turns, seed
        self.plan = Plan(tape, aim)
        self.rng = random.Random(seed)
        self.folder = os.path.join(tools.top, f"w{os.getpid()}")
        self.client = "BUSINESSAPI." + hashlib.md5(
            f"{seed} {os.getpid()}".encode()).hexdigest()
        self.clients, self.next_client = [self.client], None
        self.pending = list(self.plan.disturbances)
        self.disturbed, self.fired, self.covered = set(), [], []
        self.n_writes = self.n_commits = 0
        self.proved = set()
        self.steps = {}         # activity or request -> (which write, its type)
        self.of_step = collections.Counter()
        self.nth_of_step = {}   # write -> the how manieth of its type
        self.ended_at = {}      # write -> when its end was told
        self.saved_state, self.saved_at = None, 0
        self.amnesia = []       # from when to when the state that is used knows nothing
        self.n_processes = 0
        self.meddlers = []
        self.skewed = False
        self.main = None
        self.signals = {}
        self.killed = set()
        self.records = {}

    # --- files ---

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def write_settings(self, servers):
        plan = self.plan
        tokens = "\n".join(f"    - {{server: {s}, group: {g}}}" for s, g in servers)
        previous = ", ".join(self.clients[:-1])
        self.write("depmend.yaml", SETTINGS.format(
            client=self.clients[-1], tokens=tokens, limit=plan.limit, writes=plan.writes,
            batch=plan.batch,
            previous=f"\n  previous_client_ids: [{previous}]" if previous else ""))

    def prepare(self):
        plan = self.plan
        shutil.rmtree(self.folder, ignore_errors=True)
        os.mkdir(self.folder, 0o700)
        for name in ("apple.pem", "code", "secret"):
            os.link(os.path.join(self.tools.top, name), os.path.join(self.folder, name))
        self.write_settings([(s, s.upper()) for s in SERVERS])
        rules = RULES.format(name="world", waves=plan.waves)
        if not self.tools.knows_coverage:
            rules = rules.replace(meanwhile.COVERAGE, "")
        self.write("rules.yaml", rules)
        self.write("other.yaml", OTHER_RULES)
        self.write("protected.csv", "C02STAYED00\n")
        rows = "".join(f"{s},{'move' if job == 'assign' else job},{target}\n"
                       for s, (job, _, target) in plan.devices.items())
        self.write("in.csv", "Serial,Job,Target\n" + rows)
        fleet = "serial,server,listed,profile,enrollment_status,coverage,coverage_end\n"
        for s, (job, home, _) in plan.devices.items():
            status = {"wipe": "Enrolled", "retire": "Unenrolled"}.get(job, "")
            covered = "expired,2026-02-01" if job == "retire" else ","
            fleet += f"{s},{home},,{'Corporate' if home else ''},{status},{covered}\n"
        for i, s in enumerate(SERVERS * 3):
            fleet += f"C02STAYED{i:02d},{s},,,,,\n"
        knobs = {"apple.activity_time": plan.activity_ms, "apple.visibility_lag": plan.lag_ms,
                 "apple.server_lag": plan.server_lag_ms}
        if plan.early:
            knobs["apple.land_early"] = plan.activity_ms // 2
        body = {"fleet": fleet, "servers": SERVERS, "profiles": ["Corporate"], "seed": self.seed,
                "set": [f"{k}={v}ms" for k, v in knobs.items()],
                "audit": os.path.join(self.folder, "audit.ndjson")}
        self.tools.services.ask("POST", "/sim/reset", START, json.dumps(body).encode())

    # --- processes ---

    def command(self, *argv):
        return [self.tools.depmend, *argv, "--settings", "depmend.yaml", "--progress", "none"]

    def apply(self, rules="rules.yaml", csv="in.csv", extra=()):
        return self.command("apply", csv, "--rules", rules, "--yes", "--max-wait",
                            self.plan.max_wait, *extra)

    def start(self, name, argv):
        self.n_processes += 1
        # The lock's wait and the like are nobody's business here; the folder is.
        here = os.getcwd()
        os.chdir(self.folder)
        try:
            return self.c.start(f"{name}{self.n_processes}", argv)
        finally:
            os.chdir(here)

    def finish(self, p, final=False):
        """What the process left behind, as of its end."""
        rows = None
        if p.name.startswith("apply") and p.status >= 0:
            path = "in.result.result.csv" if p.name.startswith("applyresult") else "in.result.csv"
            rows = history.rows_of(os.path.join(self.folder, path))
        self.c.note("finished", name=p.name, status=p.status, rows=rows, named=self.named(),
                    final=final, signals=self.signals.get(p.name, 0),
                    killed=p.name in self.killed, planned=history.continued(self.said(p)))

    def named(self):
        """Serials that `status` names; None: there is no such command, or no need to ask."""
        if not self.tools.has_status or all(d["server"] for d in self.c.truth()["devices"]):
            return None
        got = subprocess.run(self.command("status", "--json"), cwd=self.folder, check=False,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return sorted(set(re.findall(r"C02WORLD\d{3}", got.stdout.decode(errors="replace"))))

    # --- what happens when ---

    def choose(self, n):
        return self.turns.pick(n)

    def draw(self, low, high):
        return self.rng.randint(low, high)

    def watch(self, event, e):
        getattr(self, "on_" + event, lambda e: None)(e)

    def on_commit(self, e):
        if e["process"] is self.main:
            self.n_commits += 1
            self.moment("unsent", (self.n_commits + 7) // 8, None, e["process"])

    def on_sending(self, e):
        line = e["text"].rstrip(b"\0").decode(errors="replace").split(" ")
        if line[0] == "POST" and line[1].startswith("/v1/orgDeviceAct"):
            step = line[-1]
        elif line[0] == "POST" and line[1].startswith("/api/mdm/devices/"):
            step = "WIPE"
        else:
            return
        self.nth_of_step[self.n_writes + 1] = self.of_step[step] + 1
        self.moment("intent", self.n_writes + 1, step, e["process"])

    def on_request(self, e):
        r = e["request"]
        write = history.as_write(r)
        if write:
            self.n_writes += 1
            step = self.step_of(write)
            self.of_step[step] += 1
            self.nth_of_step[self.n_writes] = self.of_step[step]
            self.steps[r.n] = self.n_writes, step

    def step_of(self, write):
        """BACK: of devices that were only to leave."""
        jobs = {self.plan.devices.get(s, ("",))[0] for s in write["serials"]}
        back = write["type"] == "ASSIGN_DEVICES" and jobs and jobs <= set(meanwhile.LEAVING)
        return "BACK" if back else write["type"]

    def on_reached(self, e):
        r = e["request"]
        if self.meddlers and r.method == "GET" and r.path.endswith("/relationships/devices"):
            self.do_move(self.meddlers.pop(), r.process)
        if e["request"].n in self.steps:
            nth, step = self.steps[e["request"].n]
            self.moment("sent", nth, step, e["request"].process)

    def on_reply(self, e):
        r, t = e["request"], self.c.now
        if r.n in self.steps and e["status"] and e["status"] < 300:
            nth, step = self.steps[r.n]
            doc = history.parsed(e["body"]) if e["status"] == 201 else None
            if doc and "data" in doc:
                self.steps[doc["data"]["id"]] = nth, step
            life = self.plan.activity_ms
            landing = t + (life // 2 if self.plan.early else life)
            seen = landing + self.plan.lag_ms + self.plan.server_lag_ms
            self.c.at(t + 200, self.moment, "accepted", nth, step, r.process)
            self.c.at(landing + 300, self.moment, "hidden", nth, step, r.process)
            self.c.at(seen + 500, self.moment, "visible", nth, step, r.process)
            return
        told = history.as_told(r, e["body"])
        if told and told["status"] in history.TERMINAL and told["activity"] in self.steps:
            nth, step = self.steps[told["activity"]]
            if nth not in self.ended_at:
                self.ended_at[nth] = t
                self.c.at(t, self.moment, "terminal", nth, step, r.process)
                for later in (10_000, self.draw(1, 40) * MINUTE):
                    self.c.at(t + later, self.moment, "custody", nth, step, r.process)
        elif history.as_read(r, e["body"]):
            for nth in [n for n in self.ended_at if n not in self.proved]:
                self.proved.add(nth)
                step = next((s for n, s in self.steps.values() if n == nth), None)
                self.c.at(t + 200, self.moment, "proved", nth, step, r.process)

    def moment(self, phase, nth, step, process):
        if self.healed:
            return
        for d in self.pending[:]:
            deed, of, which, _, aimed = d
            at = nth if aimed in (None, "-") else self.nth_of_step.get(nth)
            if of == phase and which == at and aimed in (None, "-", step):
                self.pending.remove(d)
                self.fire(d, step, process)

    # --- what goes wrong ---

    def fire(self, d, step, process):
        deed, phase, _, x, _ = d
        self.fired.append(d)
        self.covered.append((deed, phase, step or "-"))
        getattr(self, "do_" + deed)(random.Random(x), process)
        if deed in SKEWS:
            self.skewed = True

    def someone(self, rng, everybody=False):
        serial = rng.choice(sorted(self.plan.devices))
        self.disturbed.add(serial)
        return serial

    def all_disturbed(self):
        self.disturbed.update(self.plan.devices)

    def kill_one(self, p):
        if p and not p.over:
            self.killed.add(p.name)
            self.c.kill(p)

    def do_kill(self, rng, p):
        self.kill_one(p)

    def do_reboot(self, rng, p):
        for q in self.c.running():
            self.killed.add(q.name)
        self.c.reboot()
        self.c.note("boot")

    def send_signal(self, p, which):
        p = p if p and not p.over else next(iter(self.c.running()), None)
        if p:
            self.signals[p.name] = self.signals.get(p.name, 0) + 1
            self.c.stop(p, which)

    def do_term(self, rng, p):
        self.send_signal(p, signal.SIGTERM)

    def do_int(self, rng, p):
        self.send_signal(p, signal.SIGINT)

    def do_hup(self, rng, p):
        self.send_signal(p, signal.SIGHUP)

    def do_twice(self, rng, p):
        self.send_signal(p, signal.SIGTERM)
        self.c.at(self.c.now + rng.choice([1500, 30_000]), self.send_again, p)

    def send_again(self, p):
        if p and not p.over:
            self.send_signal(p, signal.SIGTERM)
            self.killed.add(p.name)     # it may end at once: nothing is owed then

    def do_suspend(self, rng, p):
        self.c.suspend(rng.choice([90_000, 40 * MINUTE, 5 * HOUR]))
        self.c.note("paused")

    def do_freeze(self, rng, p):
        if p and not p.over:
            p.suspended = self.c.now + rng.choice([90_000, 40 * MINUTE, 3 * HOUR])
            self.c.note("paused")

    def do_clock_step(self, rng, p):
        """While the process runs, or between this one and the next."""
        self.c.step += rng.choice([-HOUR, -2 * MINUTE, 2 * MINUTE, HOUR, DAY])
        self.c.note("step")
        if rng.random() < 0.5:
            self.kill_one(p)

    def admin(self, deed, **more):
        fields = "".join(f", {k}: {v}" for k, v in more.items())
        self.c.scenario(f"version: 1\nadmins:\n  - {{after: 1ms, do: {deed}{fields}}}\n")

    def person(self, rng, deed, **more):
        self.admin(deed, serials=f"[{self.someone(rng)}]", **more)

    def do_move(self, rng, p):
        self.person(rng, "assign", server=rng.choice(self.plan.servers))

    def do_meddle(self, rng, p):
        """While a look goes on: after its list was made, before it is whole."""
        self.meddlers.append(rng)

    def do_take_off(self, rng, p):
        self.person(rng, "unassign")

    def do_release(self, rng, p):
        self.person(rng, "release")

    def do_return(self, rng, p):
        self.person(rng, "return")

    def do_profile(self, rng, p):
        self.person(rng, "profile", profile="Corporate")

    def do_wipe(self, rng, p):
        self.person(rng, "wipe")

    def do_unenroll(self, rng, p):
        self.person(rng, "unenroll")

    def do_enroll(self, rng, p):
        self.person(rng, "enroll")

    def do_delete_record(self, rng, p):
        self.person(rng, "delete_record")

    def server_deed(self, rng, deed, **more):
        server = rng.choice(self.plan.servers)
        self.disturbed.update(s for s, (_, home, target) in self.plan.devices.items()
                              if server in (home, target))
        self.admin(deed, server=server, **more)

    def do_rename_server(self, rng, p):
        self.server_deed(rng, "rename_server", name=f"Renamed{len(self.fired)}")

    def do_delete_server(self, rng, p):
        """One stays: of an organization without any no settings are right."""
        if len(self.servers_now()) > 1:
            self.server_deed(rng, "delete_server")

    def do_recreate_server(self, rng, p):
        self.server_deed(rng, "recreate_server")

    def override(self, rng, what, **knobs):
        """The next one that fits is otherwise."""
        text = ", ".join(f"{k.replace('__', '.')}: {v}" for k, v in knobs.items())
        self.c.scenario(f"version: 1\noverrides:\n  - {{{what}, nth: 1, knobs: {{{text}}}}}\n")

    def order(self, rng, **knobs):
        self.override(rng, "activity: '*'", **knobs)

    def do_late(self, rng, p):
        self.order(rng, apple__activity_time=rng.choice(["20m", "40m", "3h"]))

    def do_stuck(self, rng, p):
        self.all_disturbed()
        self.order(rng, apple__activity_end="never", apple__land_early=rng.choice(["0s", "5s"]))

    def do_outlasts(self, rng, p):
        self.all_disturbed()
        self.order(rng, apple__activity_time="5h", apple__land_early=rng.choice(["4h", "1s"]))

    def do_half(self, rng, p):
        self.order(rng, apple__failing=self.someone(rng))

    def do_ignored(self, rng, p):
        self.order(rng, apple__ignored=self.someone(rng))

    def do_fails(self, rng, p):
        self.all_disturbed()
        self.order(rng, apple__activity_end="failed")

    def do_stops_half(self, rng, p):
        self.all_disturbed()
        self.order(rng, apple__activity_end="stopped")

    def do_unlogged(self, rng, p):
        self.order(rng, apple__activity_end="unlogged")

    def window(self, rng, knobs, ms):
        """For a while; then as before."""
        on = ", ".join(f"{k}: {v}" for k, (v, _) in knobs.items())
        off = ", ".join(f"{k}: {v}" for k, (_, v) in knobs.items())
        self.c.scenario(f"version: 1\nadmins:\n  - {{after: 1ms, do: set, knobs: {{{on}}}}}\n"
                        f"  - {{after: {ms}ms, do: set, knobs: {{{off}}}}}\n")

    def do_stale(self, rng, p):
        """One answer, or all for a while, as of before."""
        age = rng.choice(["20s", "55s"])
        what = rng.choice([None, "/v1/orgDevices*", "*/relationships/*"])
        if what:
            self.override(rng, f"service: apple, method: GET, path: '{what}'", apple__stale=age)
        else:
            self.window(rng, {"apple.stale": (age, "0s")}, rng.choice([20_000, 50_000, 90_000]))

    def do_lag(self, rng, p):
        self.window(rng, {"apple.visibility_lag": ("40s", f"{self.plan.lag_ms}ms")},
                    rng.choice([5 * MINUTE, 3 * HOUR]))

    def lists(self, rng, **knobs):
        self.override(rng, rng.choice(["service: apple, path: /v1/orgDevices",
                                       "path: '*/relationships/devices'",
                                       "service: uem, path: '*/devices'"]), **knobs)

    def do_partial(self, rng, p):
        self.lists(rng, page__without=self.someone(rng))

    def do_shifting(self, rng, p):
        self.all_disturbed()
        self.lists(rng, page__clamp=2, page__shift=1)

    def do_clamped(self, rng, p):
        self.window(rng, {"page.clamp": (rng.choice([1, 2, 3]), 0)}, 3 * HOUR)

    def do_cut(self, rng, p):
        self.all_disturbed()
        self.lists(rng, page__clamp=2, page__cut=1)

    def do_repeated(self, rng, p):
        self.all_disturbed()
        self.lists(rng, page__clamp=2, page__repeat=1)

    def refuse(self, rng, how, n):
        serials = sorted(self.plan.devices)[:n] if n else [self.someone(rng)]
        self.disturbed.update(serials)
        self.order(rng, apple__refused_serials="'" + " ".join(serials) + "'",
                   apple__refusal=how)

    def do_refused(self, rng, p):
        self.refuse(rng, "named", 0)

    def do_refused_first(self, rng, p):
        self.refuse(rng, "first", 2)

    def do_refused_all(self, rng, p):
        self.refuse(rng, "named", 2)

    def reply(self, what, **more):
        text = "".join(f", {k}: {v}" for k, v in more.items())
        self.c.scenario(f"version: 1\nfaults:\n  - {{{what}, nth: 1, do: reply{text}}}\n")

    def do_too_many(self, rng, p):
        self.reply("activity: '*'", status=429, applied="no",
                   retry_after=rng.choice(["'30'", "'1800'", "'7200'"]))

    def do_unavailable(self, rng, p):
        self.reply("service: apple, method: GET", status=503, applied="no")

    def do_lost_5xx(self, rng, p):
        self.reply("activity: '*'", status=rng.choice([500, 503]), body="html",
                   applied=rng.choice(["yes", "no"]))

    def do_lost(self, rng, p):
        self.c.lose.append((rng.choice(["reset", "hang"]), 0))

    def do_arrives_late(self, rng, p):
        self.c.lose.append(("hang", rng.choice([20_000, 50_000])))

    def do_never_arrives(self, rng, p):
        self.reply("activity: '*'", status=502, body="html", applied="no")

    def another(self, name, argv):
        """Not more than four at a time, and not from within the run of another."""
        if len(self.c.running()) < 4 and self.n_processes < 8:
            self.c.at(self.c.now, self.start_before_healed, name, argv)

    def start_before_healed(self, name, argv):
        """The process within which it was to start may have been the last."""
        if not self.healed:
            self.start(name, argv)

    def do_reader(self, rng, p):
        self.another("reader", self.command(*rng.choice([
            ["plan", "in.csv", "--rules", "rules.yaml", "--out", "plan.csv"],
            ["export", "--out", "live.csv"], ["doctor"], ["runs"],
            ["explain", "in.csv", sorted(self.plan.devices)[0], "--rules", "rules.yaml"]])))

    def do_second_writer(self, rng, p):
        self.another("second", self.apply(extra=("--out", "second.csv")))

    def do_other_rules(self, rng, p):
        self.all_disturbed()
        self.another("other", self.apply("other.yaml", extra=("--out", "other.csv")))

    def do_undo(self, rng, p):
        self.all_disturbed()
        found = sorted(n for n in os.listdir(os.path.join(self.folder, "state")))
        run = self.run_name()
        if run and found:
            self.another("undo", self.command("undo", run, "--apply", "--yes", "--out",
                                              "undo.csv"))

    def run_name(self):
        for p in self.c.processes:
            found = re.search(r"^run +(\S+)", self.said(p), re.M)
            if found:
                return found[1]
        return None

    def do_restored(self, rng, p):
        self.all_disturbed()
        state = os.path.join(self.folder, "state")
        if not self.saved_state and os.path.isdir(state):
            self.saved_state = os.path.join(self.folder, f"saved{len(self.fired)}")
            self.saved_at = self.c.now
            shutil.copytree(state, self.saved_state, symlinks=True)

    def restore(self):
        if self.next_client:
            self.clients.append(self.next_client)
            self.write_settings(self.servers_now() if self.healed else
                                [(s, s.upper()) for s in SERVERS])
            self.next_client = None
        if self.saved_state:
            state = os.path.join(self.folder, "state")
            shutil.rmtree(state)
            shutil.copytree(self.saved_state, state, symlinks=True)
            self.saved_state = None
            self.amnesia.append([self.saved_at, self.c.now])

    def do_new_account(self, rng, p):
        """Between two runs: of the organization there is one state."""
        if self.tools.joins_accounts:
            self.all_disturbed()
            self.next_client = self.client + "0" * len(self.clients)

    def do_pause(self, rng, p):
        if self.tools.has_status:
            self.all_disturbed()
            self.another("pause", self.command("pause", "--reason", "a test"))

    # --- the story ---

    def happen(self):
        self.healed = False
        self.prepare()
        self.c = conductor.Conductor(self.folder, self.tools.shim, self.tools.services, START,
                                     self.choose, self.watch, self.draw)
        try:
            self.take_records()
            self.first_part()
            self.heal()
            self.last_part()
        finally:
            self.c.close()
        return self.as_history()

    def take_records(self):
        truth = self.c.truth()
        self.server_ids = {v["id"]: v["name"] for v in truth["servers"]}
        self.records = {str(r["id"]): d["serial"] for d in truth["devices"] for r in d["records"]}

    def go_on(self, until):
        """Until nobody is left; each that ends leaves its files."""
        while self.c.running() and self.c.now < until:
            if not self.c.turn():
                raise conductor.Broken("all wait for ever")
            self.collect()

    def collect(self):
        for p in self.c.processes:
            if p.over and not p.finished:
                p.finished = True
                self.finish(p, p.final)

    def first_part(self):
        end = START + PATIENCE
        csv, rules = "in.csv", "rules.yaml"
        for turn in range(3):
            self.carry_out(self.apply(), end, flags=self.counts() if turn == 0 else [])
            if self.c.running() or self.c.now >= end:
                break
            if not self.fired or (not self.pending and self.main.status == 0):
                break
            self.restore()
            self.c.now += self.plan.pause_ms
            if self.plan.again == "other" and turn == 0:
                self.carry_out(self.apply("other.yaml"), end)
                self.c.now += MINUTE

    def counts(self):
        """Who has read the plan says it at once."""
        jobs = [job for job, _, _ in self.plan.devices.values()]
        n = {"wipe": jobs.count("wipe"), "release": sum(j in meanwhile.LEAVING for j in jobs)}
        return [x for job in n if n[job] for x in ("--confirm", f"{job}={n[job]}")]

    def carry_out(self, argv, end, final=False, flags=()):
        """As a person does who reads what he is told: irreversible steps want a count, and who has
        looked at the failures goes on past a halt."""
        flags = list(flags)
        for _ in range(4):
            self.main = self.start("apply", argv + flags)
            self.main.final = final
            self.go_on(end)
            said = self.said(self.main)
            more = []
            if self.main.status == 64:
                wanted = dict.fromkeys(re.findall(r"--confirm (\w+=\d+)", said))
                more = [x for w in wanted for x in ("--confirm", w)]
            elif self.main.status in (4, 69) and final:
                more = re.findall(
                    r"say (--allow) ((?:organization|restored_state)=yes|fleet=\d+)", said)
                more = [*more[0]] if more else ["--past-halt"] * ("--past-halt" in said)
            if not more or more[-1] in flags:
                return
            flags += more

    @staticmethod
    def said(p):
        with open(p.said, encoding="utf-8", errors="replace") as f:
            return f.read()

    def servers_now(self):
        """As a person puts them down who has read the message."""
        return [(v["name"], v["group"]) for v in self.c.truth()["servers"]
                if v["status"] != "DELETED"]

    def heal(self):
        self.healed = True
        for p in self.c.running():
            p.suspended = 0
        self.c.lose.clear()
        self.meddlers.clear()
        self.tools.services.ask("POST", "/sim/heal?activities=end", self.c.now)
        self.c.step = 0
        self.write("protected.csv", "C02STAYED00\n")
        self.fact("healed")
        self.write_settings(self.servers_now())
        if any(d[0] == "pause" for d in self.fired):
            self.start("resume", self.command("resume"))

    def last_part(self):
        end = self.c.now + AFTERWARDS
        self.go_on(end)
        self.restore()
        # A state from within a pause is paused once more: who is told so lifts it.
        if any(d[0] == "pause" for d in self.fired):
            self.start("resume", self.command("resume"))
            self.go_on(end)
        self.plan.max_wait = "48h"
        for turn in range(7):
            self.c.now += HOUR
            # Each may wait for the whole of --max-wait: for a wipe that never shows.
            self.carry_out(self.apply(), self.c.now + AFTERWARDS + DAY, final=True)
            if not self.main.over:
                raise conductor.Broken(f"{self.main.name} goes on for ever")
            # What was put back early is planned anew by the run after.
            if self.main.status == 0 or (turn > 1 and self.main.status == 3 and
                                         "run.put_back" not in self.said(self.main)):
                break

    def as_history(self):
        devices = {}
        for serial, (job, home, target) in self.plan.devices.items():
            harmful = any(d[0] not in HARMLESS for d in self.fired)
            devices[serial] = {
                "job": job, "home": home,
                "put_back": job == "rebuild",
                "wanted": {"rebuild": home, "move": target, "assign": target, "delete": "",
                           }.get(job),
                "from": {"rebuild": ["", home], "move": [home, ""], "assign": [""]}.get(job, [""]),
                "disturbed": serial in self.disturbed and harmful,
            }
        facts = {"devices": devices, "clients": self.clients, "settle": SETTLE, "fresh": FRESH,
                 "request": REQUEST, "activity": ACTIVITY, "window": HOUR,
                 "writes": self.plan.writes, "limit": self.plan.limit, "skewed": self.skewed,
                 "amnesia": self.amnesia,
                 "cut_off": any(d[0] in CUT_OFF for d in self.fired),
                 "records": self.records, "server_ids": self.server_ids, "seed": self.seed,
                 "fired": [list(d) for d in self.fired]}
        with open(os.path.join(self.folder, "audit.ndjson"), encoding="utf-8") as f:
            audit = f.readlines()
        return history.record(self.c.log, audit, facts)


def die_with_parent():
    """However the worker ends, its simulator does not stay."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Tools:
    """The programs, and one simulator for all worlds of a worker."""

    def __init__(self, build, top, depmend=None, sim=None):
        self.top = top
        self.depmend = depmend or os.path.join(build, "depmend")
        self.shim = os.path.join(build, "worlds", "shim.so")
        port_file = os.path.join(top, f"port{os.getpid()}")
        first = os.path.join(top, "first.csv")
        self.sim = subprocess.Popen(
            [sim or os.path.join(build, "depmend-sim"), "--fleet", first, "--port-file", port_file,
             "--control", "--audit-bodies", "--apple-key", os.path.join(top, "apple.pub"),
             "--uem-client", "depmend:secret", "--tenant-code", "code"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        while not (os.path.exists(port_file) and open(port_file).read().endswith("\n")):
            time.sleep(0.002)
            if self.sim.poll() is not None:
                raise RuntimeError("no simulator")
        with open(port_file, encoding="ascii") as f:
            self.services = conductor.Services(int(f.read()))
        got = subprocess.run([self.depmend, "status", "--help"], check=False,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.has_status = got.returncode == 0
        with open(self.depmend, "rb") as f:
            program = f.read()
        self.joins_accounts = b"previous_client_ids" in program
        self.knows_coverage = b"apple.coverage" in program

    def close(self):
        self.services.close()
        self.sim.kill()
        self.sim.wait()


def make_top(folder):
    """What all worlds share."""
    os.umask(0o077)
    pem, pub = os.path.join(folder, "apple.pem"), os.path.join(folder, "apple.pub")
    with open(pem, "w", encoding="ascii") as f:
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout"],
                       stdout=f, check=True)
    subprocess.run(["openssl", "ec", "-in", pem, "-pubout", "-out", pub], check=True,
                   stderr=subprocess.DEVNULL)
    for name, text in (("code", "code"), ("secret", "secret"), ("first.csv", "serial\n")):
        with open(os.path.join(folder, name), "w", encoding="ascii") as f:
            f.write(text)
