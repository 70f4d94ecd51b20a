"""A world to crash in: a simulator of its own, settings, 40 devices to mend, and what has to hold.

Checks return sentences about what is wrong; none: all is well.
"""
import collections
import csv
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import time
import uuid

SERVERS = ["WS1 EMEA", "WS1 Americas", "WS1 APAC"]
CHANGE = "/v1/orgDeviceActivities"
LONGEST_S = 60  # a run takes a second; one that hangs is a failure, not a wait
STARVED_S = 600  # and however busy the machine is, it is over then

RULES = """\
version: 1
name: crash
columns: {serial: Serial}
waves: [40%, 100%]
rules:
  - {name: keep, match: {csv.Job: keep}, do: [skip]}
  - {name: rebuild, match: {csv.Job: rebuild}, do: [unassign, sync, reassign, sync]}
  - {name: move, match: {csv.Job: move}, do: [{reassign: {to: {column: Target}}}, sync]}
  - {name: delete, match: {csv.Job: delete}, do: [delete_from_lifecycle]}
"""

SETTINGS = """\
version: 1
tenant: crash
apple:
  organization: business
  client_id: {client}
  private_key: {{file: apple.pem}}
  url: http://127.0.0.1:{port}
  token_url: http://127.0.0.1:{port}/auth/oauth2/token
uem:
  url: http://127.0.0.1:{port}
  tenant_code: {{file: code}}
  tokens:
    - {{server: WS1 EMEA, group: WS1EMEA}}
    - {{server: WS1 Americas, group: WS1AMERICAS}}
    - {{server: WS1 APAC, group: WS1APAC}}
  auth: {{oauth: {{token_url: "http://127.0.0.1:{port}/connect/token", client_id: depmend,
    client_secret: {{file: secret}}}}}}
limits: {{percent: 100}}
state: state
{extra}
"""

# In the store: REQUEST_INTENT, REQUEST_ACCEPTED and REQUEST_UNKNOWN; RUN_ACTIVE; STEP_REASSIGN.
OPEN_STATES, REFUSED, RUN_ACTIVE, KIND_REASSIGN = "(0, 1, 3)", 2, 0, 1

BYSTANDER = "C02STAY000"


def clock(hour):
    """Some hours after midnight."""
    return f"virtual:2026-11-{22 + hour // 24}T{hour % 24:02d}:00:00Z"


Device = collections.namedtuple("Device", "serial job home target")


def devices():
    """Fifteen to rebuild, ten to move, eight to delete, four to assign, three to leave alone."""
    jobs = ["rebuild"] * 15 + ["move"] * 10 + ["delete"] * 8 + ["assign"] * 4
    jobs += ["keep"] * 2 + ["there"]
    for i, job in enumerate(jobs):
        home = "" if job == "assign" else SERVERS[i % 3]
        targets = {"move": SERVERS[(i + 1) % 3], "assign": SERVERS[i % 3], "there": home}
        yield Device(f"C02CRSH{i:03d}", job, home, targets.get(job, ""))


DEVICES = {d.serial: d for d in devices()}


def expected_moves(device):
    """What Apple is to do to the device, once each."""
    return {
        "rebuild": [("unassign", device.home, ""), ("assign", "", device.home)],
        "move": [("assign", device.home, device.target)],
        "assign": [("assign", "", device.target)],
        "delete": [("unassign", device.home, "")],
    }.get(device.job, [])


def make_keys(folder):
    """One key for every world: making one takes longer than a run."""
    pem, pub = folder / "apple.pem", folder / "apple.pub"
    with open(os.open(pem, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout"],
                       stdout=f, check=True)
    subprocess.run(["openssl", "ec", "-in", pem, "-pubout", "-out", pub], check=True,
                   stderr=subprocess.DEVNULL)


class Hangs(RuntimeError):
    """A run did not come to its end."""


class Patience:
    """So many seconds. What the processes stood ready and got no processor is not counted."""

    def __init__(self, seconds, *processes):
        self.seconds, self.processes = seconds, [p for p in processes if p]
        self.started, self.before = time.monotonic(), self.starved()

    def starved(self):
        ret = 0
        for p in self.processes:
            try:
                ret += int(pathlib.Path(f"/proc/{p.pid}/schedstat").read_text().split()[1]) / 1e9
            except (OSError, IndexError):
                pass  # over by now, or a kernel that does not count it
        return ret

    def used(self):
        took = time.monotonic() - self.started
        return took - max(0, self.starved() - self.before)

    def is_over(self):
        return self.used() > self.seconds or time.monotonic() - self.started > STARVED_S


class World:
    """One fleet, one simulator, one state; a `with` block ends and removes it."""

    def __init__(self, build, top, scenario=None, sim=(), extra="", keep_sim_state=False,
                 rules=RULES):
        """scenario: a page, or the name of one. extra: more lines of settings."""
        self.build, self.top = pathlib.Path(build).resolve(), pathlib.Path(top)
        self.folder = self.top / uuid.uuid4().hex
        self.extra, self.rules = extra, rules
        self.client = f"BUSINESSAPI.{uuid.uuid4()}"  # names the lock, which counts machine-wide
        self.sim, self.port = None, 0
        self.runs = 0
        self.put_back = set()  # by an early end: the next run may take them off again
        self.result = self.folder / "in.result.csv"
        self.folder.mkdir()
        shutil.copy(self.top / "apple.pem", self.folder)
        for name in ("code", "secret"):
            with open(os.open(self.folder / name, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
                f.write(name)
        self._write_inputs()
        self.sim_options = ["--apple-key", self.top / "apple.pub", *(str(o) for o in sim)]
        self.sim_options += ["--state", "sim.db"] if keep_sim_state else []
        self.sim_start(scenario)

    def another(self, scenario=None):
        return type(self)(self.build, self.top, scenario)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sim_kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write_inputs(self):
        bystanders = [(f"C02STAY{i:03d}", SERVERS[i % 3]) for i in range(12)]
        with open(self.folder / "fleet.csv", "w") as f:
            f.write("serial,server\n")
            for serial, server in [(d.serial, d.home) for d in DEVICES.values()] + bystanders:
                f.write(f"{serial},{server}\n")
        with open(self.folder / "in.csv", "w") as f:
            f.write('Serial,Job,Target,"Note, with a comma"\n')
            for d in DEVICES.values():
                job = "move" if d.job in ("assign", "there") else d.job
                f.write(f'{d.serial},{job},{d.target},"kept ""as is"""\n')
            f.write(f'{bystanders[0][0]},nothing,,\n')
        (self.folder / "rules.yaml").write_text(self.rules)

    # --- the simulator ---

    def sim_start(self, scenario=None):
        port_file = self.folder / "port"
        port_file.unlink(missing_ok=True)
        if not scenario or "\n" in scenario:
            (self.folder / "scenario.yaml").write_text(scenario or "version: 1\n")
            scenario = "scenario.yaml"
        with open(self.folder / "sim.log", "a") as log:
            self.sim = subprocess.Popen(
                [self.build / "depmend-sim", "--fleet", "fleet.csv", "--listen",
                 f"127.0.0.1:{self.port}", "--port-file", "port", "--audit", "audit.ndjson",
                 "--uem-client", "depmend:secret", "--tenant-code", "code", "--scenario",
                 scenario, *self.sim_options],
                cwd=self.folder, stdout=log, stderr=subprocess.STDOUT)
        text = ""
        while not text.endswith("\n"):
            time.sleep(0.005)
            text = port_file.read_text() if port_file.exists() else ""
            if self.sim.poll() is not None:
                raise RuntimeError("no simulator: " + (self.folder / "sim.log").read_text())
        self.port = int(text)
        (self.folder / "depmend.yaml").write_text(
            SETTINGS.format(client=self.client, port=self.port, extra=self.extra))

    def sim_restart(self, scenario=None):
        """At the same address; where it was if it keeps its state."""
        self.sim_kill()
        self.sim_start(scenario)

    def sim_kill(self):
        if self.sim:
            self.sim.kill()
            self.sim.wait()
        self.sim = None

    # --- the tool ---

    def start(self, *options, shim=None, under=(), max_wait="48h", now=clock(3),
              command=None, program=None):
        """under: a command that runs another one. command: instead of apply. program: instead of
        the one that was built."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8",
               "DEPMEND_CLOCK": now, "DEPMEND_SETTINGS": "depmend.yaml",
               "ASAN_OPTIONS": "verify_asan_link_order=0"}
        if shim is not None:
            if not (self.build / "crash" / "shim.so").exists():
                raise SystemExit(f"{self.build}/crash/shim.so is missing: make it first")
            env["LD_PRELOAD"] = str(self.build / "crash" / "shim.so")
            env.update({f"CRASH_{k.upper()}": str(v) for k, v in shim.items()})
        command = command or ("apply", "in.csv", "--rules", "rules.yaml", "--yes", "--allow",
                              "percent=100", "--max-wait", max_wait, *options)
        self.runs += 1
        with open(self.folder / f"err.{self.runs}", "w") as said:
            return subprocess.Popen(
                [*under, program or self.build / "depmend", *command],
                cwd=self.folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=said)

    def finish(self, process):
        """The exit status; negative: the signal that ended it."""
        status = self.await_end(process)
        if status >= 0 and self.result.exists():
            self.put_back.update(r["Serial"] for r in self.rows()
                                 if r.get("depmend_reason", "").startswith("run.put_back"))
        return status

    def patience(self, process, seconds=LONGEST_S):
        return Patience(seconds, process, self.sim)

    def await_end(self, process):
        patience = self.patience(process)
        while True:
            try:
                return process.wait(1)
            except subprocess.TimeoutExpired:
                if patience.is_over():
                    process.kill()
                    process.wait()
                    raise Hangs("the run hangs; it said: " + self.said()) from None

    def apply(self, *options, **more):
        return self.finish(self.start(*options, **more))

    def said(self, run=0):
        return (self.folder / f"err.{run or self.runs}").read_text()

    def database(self):
        found = list((self.folder / "state").glob("*/depmend.db"))
        return found[0] if found else None

    def peek(self):
        """A connection to a copy, so that looking leaves the log and its pages as they are."""
        original = self.database()
        if not original:
            return None
        copy = self.folder / "peek.db"
        for suffix in ("", "-wal", "-journal"):
            pathlib.Path(f"{copy}{suffix}").unlink(missing_ok=True)
            if pathlib.Path(f"{original}{suffix}").exists():
                shutil.copy(f"{original}{suffix}", f"{copy}{suffix}")
        pathlib.Path(f"{copy}-shm").unlink(missing_ok=True)
        return sqlite3.connect(copy)

    def emergency(self):
        """What stands in the emergency file, and the ledger does not know yet."""
        ret = []
        for path in (self.folder / "state").glob("*/emergency"):
            head, _, rest = path.read_bytes().partition(b"\n")
            while len(head) == 73:
                n = int(head[:8], 16)
                ret.append(json.loads(rest[:n]))
                head, _, rest = rest[n + 1:].partition(b"\n")
        return ret

    # --- what the services saw ---

    def audit(self):
        """Lines of requests and effects; the last one may still be on its way."""
        with open(self.folder / "audit.ndjson") as f:
            for line in f:
                if line.endswith("\n"):
                    yield json.loads(line)

    def moves(self):
        """Per serial, in order, what we told Apple to do, whether or not that changed anything."""
        ret = collections.defaultdict(list)
        for a in self.audit():
            if (a["kind"] == "effect" and a["what"] in ("assign", "unassign", "strip", "release")
                    and a["actor"] == self.client):
                ret[a["serial"]].append((a["what"], a["before"], a["after"]))
        return ret

    def is_change(self, request):
        return (request["method"], request["path"]) == ("POST", CHANGE)

    def changes(self):
        """Times of the requests that change something at Apple. What the simulator carries out
        later than it came has a second line then."""
        ret, late = [], []
        for a in self.audit():
            if a["kind"] != "request" or not self.is_change(a):
                continue
            what = a["path"], a["digest"]
            if "fault" not in a and what in late:
                late.remove(what)
                continue
            ret.append(a["t"])
            if a.get("applied") == "late":
                late.append(what)
        return ret

    def where(self):
        """Serial -> server it is on now."""
        ret = {s: d.home for s, d in DEVICES.items()}
        for a in self.audit():
            if a["kind"] == "effect" and a["what"] in ("assign", "unassign") and a["effective"]:
                ret[a["serial"]] = a["after"]
        return ret

    def stranded(self):
        """Devices that are off a server they have to go back to. Whom somebody else took off first is
        his to put back."""
        where, theirs = self.where(), set()
        for a in self.audit():
            if a["kind"] == "effect" and a["what"] in ("assign", "unassign") and a["effective"]:
                (theirs.discard if a["actor"] == self.client else theirs.add)(a["serial"])
        return [s for s, d in DEVICES.items()
                if d.job == "rebuild" and not where[s] and s not in theirs]

    # --- what has to hold ---

    def rows(self):
        with open(self.result, newline="") as f:
            return list(csv.DictReader(f))

    def outcomes(self):
        return {r["Serial"]: r["depmend_outcome"] for r in self.rows()}

    def check_result(self, wanted=None):
        """Complete and in order, every input column as it was; wanted: outcome by serial."""
        bad = []
        with open(self.folder / "in.csv", newline="") as f:
            given = list(csv.DictReader(f))
        if not self.result.exists():
            return ["there is no result CSV"]
        rows = self.rows()
        if [{k: r[k] for k in given[0]} for r in rows] != given:
            bad.append("the result CSV does not hold the input's rows in order")
        for r in rows:
            if wanted and r["depmend_outcome"] not in wanted(r["Serial"]):
                bad.append(f"{r['Serial']} ended {r['depmend_outcome']} ({r['depmend_reason']}), "
                           f"not {' or '.join(wanted(r['Serial']))}")
        return bad

    def check_moves(self, again=()):
        """Everything was done, and once; but what was put back in between, and `again`, may have
        been done several times as a whole."""
        moves, bad = self.moves(), []
        for serial, device in DEVICES.items():
            wanted, got = expected_moves(device), moves[serial]
            times = len(got) // len(wanted) if wanted else 0
            if got != wanted and (serial not in self.put_back | set(again) or times == 0
                                  or got != wanted * times):
                bad.append(f"{device.job} {serial}: {got}")
        bad += [f"{s} was touched: {moves[s]}" for s in moves if s not in DEVICES]
        return bad

    def check_told(self):
        """After an orderly end: what is off its server is called in_flight."""
        outcomes = self.outcomes() if self.result.exists() else {}
        return [f"{s} is off its server and called {outcomes.get(s, 'nothing')}"
                for s in self.stranded() if outcomes.get(s) != "in_flight"]

    def check_store(self, settled=True, rows=True):
        """settled: nothing is left to do. rows: every run has the rows of in.csv."""
        db = self.peek()
        if not db:
            return ["there is no store"] if settled else []
        try:
            bad = list(check_whole(db))
            if not has_tables(db):  # ended before the schema was there
                return bad + ["a change was sent without a store"] * bool(self.changes())
            bad += [*check_chain(db), *check_intents(db, self), *check_stranded(db, self)]
            bad += check_rows(db) if rows else ()
            bad += check_settled(db) if settled else ()
            return bad
        except sqlite3.DatabaseError as e:
            return [f"the store cannot be read: {e}"]
        finally:
            db.close()

    def has_run(self, condition="1"):
        db = self.peek()
        if not db:
            return False
        try:
            return bool(has_tables(db) and
                        db.execute(f"SELECT 1 FROM run WHERE {condition}").fetchone())
        finally:
            db.close()

    def run_is_over(self):
        return self.has_run(f"state <> {RUN_ACTIVE}")


# --- what has to hold in the store ---

def has_tables(db):
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'event'").fetchone()


def check_whole(db):
    for (line,) in db.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield f"integrity_check: {line}"


def check_chain(db):
    """The digest of each event covers the one before."""
    before = b""
    for n, run, at, kind, text, digest in db.execute(
            "SELECT id, run, at, kind, text, hash FROM event ORDER BY id"):
        before = hashlib.sha256(b"%s\n%d %d %s\n%s" % (
            before, run, at, kind.encode(), text.encode())).hexdigest().encode()
        if before.decode() != digest:
            yield f"the audit trail is broken at event {n}"
            return


def check_intents(db, world):
    """No change without an intent of its own, no more than a second older: so long one may wait for
    a connection after another was refused. And none without one that names the device."""
    intents = collections.Counter(t for (t,) in db.execute("SELECT intent FROM request"))
    intents.update(r["at"] for r in world.emergency() if "devices" in r)
    late = collections.Counter(world.changes()) - intents
    free = sorted((intents - collections.Counter(world.changes())).elements())
    for t in sorted(late.elements()):
        own = next((i for i in free if t - 1000 <= i <= t), None)
        if own is None:
            yield f"a change was sent at {t} without an intent"
        else:
            free.remove(own)
    named = {s for (s,) in db.execute("SELECT serial FROM request_device")}
    for s in set(world.moves()) - named:
        yield f"{s} was changed, and no intent names it"


def check_rows(db):
    """Every row of the input is in each run, and every device belongs to one row."""
    for run, n in db.execute("SELECT run, count(*) FROM row GROUP BY run HAVING count(*) <> ?",
                             (len(DEVICES) + 1,)):
        yield f"run {run} has {n} rows"
    for (serial,) in db.execute(
            "SELECT v.serial FROM device v LEFT JOIN row r USING(run, serial) "
            "GROUP BY v.run, v.serial HAVING count(r.n) <> 1"):
        yield f"{serial} belongs to more rows than one, or to none"


def check_stranded(db, world):
    """What is off its server is known to be on its way: unsettled, with an intent that names it."""
    known = {s for (s,) in db.execute(
        "SELECT v.serial FROM device v JOIN request_device d ON d.serial = v.serial "
        "JOIN request q ON q.id = d.request AND q.run = v.run WHERE v.finished IS NULL")}
    for s in world.stranded():
        if s not in known:
            yield f"{s} is off its server, and the store does not know"


def check_settled(db):
    for (name,) in db.execute("SELECT name FROM run WHERE state = ?", (RUN_ACTIVE,)):
        yield f"run {name} is still active"
    for serial, results in db.execute("SELECT serial, results FROM device WHERE finished IS NULL "
                                      "AND run = (SELECT max(id) FROM run)"):
        yield f"{serial} is not settled ({results})"
    for n, state in db.execute(f"SELECT id, state FROM request WHERE state IN {OPEN_STATES}"):
        yield f"request {n} is still open (state {state})"
