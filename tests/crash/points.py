"""What is done to a world, suite by suite; each point is (name, function, its options).

Options that World takes itself: scenario, sim, extra, keep_sim_state, rules.
"""
import collections
import contextlib
import errno
import fnmatch
import random
import signal
import sqlite3
import time

import world
from world import DEVICES

CHANGE = "POST " + world.CHANGE
DONE, SOME_FAILED, UNVERIFIED, NO_SERVICE, TEMPORARY = 0, 3, 5, 69, 75

# Of an undisturbed run of `build`. calls: as the shim names them. disk: how many fit the globs of
# DISK. old: calls of an earlier program, if there is one (upgrade.py).
Recorded = collections.namedtuple("Recorded", "build calls disk changes reads old")


def wanted_outcome(serial):
    job = DEVICES[serial].job if serial in DEVICES else "nothing"
    others = {"keep": ["skipped"], "there": ["unchanged"], "nothing": ["unmatched"]}
    return others.get(job, ["done"])


def wanted_again(serial):
    """A run that was over already, but for its result: another one finds nothing to do."""
    return wanted_outcome(serial) + ["unchanged"]


def all_done(w, wanted=wanted_outcome):
    return w.check_moves() + w.check_result(wanted) + w.check_store() + w.check_told()


def ends(status, *expected):
    return [] if status in expected else [f"a run ends {status}"]


def all_done_again(w):
    """What was put back before an early end is planned anew by the next run."""
    back = {r["Serial"] for r in w.rows() if r["depmend_reason"].startswith("run.put_back")}
    bad = [f"{s} ended {o}" for s, o in w.outcomes().items()
           if o in ("failed", "pending", "in_flight", "unverified") and s not in back]
    if back:
        bad += ends(w.apply(), DONE)
    return bad + all_done(w, wanted_again)


def stratified(calls, n):
    """n numbers of calls, evenly from each kind, at least one of each."""
    kinds = collections.defaultdict(list)
    for at, (call, path) in enumerate(calls, 1):
        kinds[call, CHANGE in path, ".db" in path].append(at)
    picked = set()
    for members in kinds.values():
        share = max(1, round(n * len(members) / len(calls)))
        picked.update(members[(2 * k + 1) * len(members) // (2 * share)] for k in range(share))
    for at, (_, path) in enumerate(calls, 1):  # the moments around a change matter most
        if CHANGE in path and len(picked) < n:
            picked.update((at, at + 1))
    draw = random.Random(1)
    while len(picked) < n:
        picked.add(draw.randrange(1, len(calls) + 1))
    return sorted(picked)


# --- killed ---

def killed(w, at, torn=0, again=0):
    """At the N-th call; again > 0: the run after that as well."""
    bad, wanted = [], wanted_outcome
    status = w.apply(shim={"at": at, "torn": torn})
    for shim in ([{"at": again}] if again else []) + [None]:
        if status == -signal.SIGKILL:
            bad += w.check_store(settled=False)
            wanted = wanted_again if w.run_is_over() else wanted
            status = w.apply(shim=shim)
    return bad + ends(status, DONE) + all_done(w, wanted)


def kill_points(recorded, everything):
    if everything:
        points = [(at, 0) for at in range(1, len(recorded.calls) + 2)]
        points += [(at, 1) for at, (call, _) in enumerate(recorded.calls, 1)
                   if call in ("write", "pwrite", "send")]
    else:
        points = [(at, int(i % 3 == 0)) for i, at in enumerate(stratified(recorded.calls, 60))]
    for at, torn in points:
        yield f"kill {at}{' torn' if torn else ''}", killed, {"at": at, "torn": torn}


def kill_twice_points(recorded, everything):
    draw, n = random.Random(2), len(recorded.calls)
    for _ in range(100 if everything else 12):
        at, again = draw.randrange(1, n + 1), draw.randrange(1, n + 1)
        yield f"kill {at}, then {again}", killed, {"at": at, "again": again}


def killed_after(w, ms):
    """Without the shim, at whatever moment that is."""
    process = w.start()
    time.sleep(ms / 1000)
    process.kill()
    return goes_on(w, w.finish(process))


def goes_on(w, status):
    bad = w.check_store(settled=False)
    wanted = wanted_again if w.run_is_over() else wanted_outcome
    if status == -signal.SIGKILL:
        status = w.apply()
    return bad + ends(status, DONE) + all_done(w, wanted)


def stray_points(_, everything):
    for i in range(20):
        yield f"kill after {4 * i + 2} ms", killed_after, {"ms": 4 * i + 2}


SYSTEM_CALLS = {"pwrite": "pwrite64", "fdatasync": "fdatasync", "send": "sendto",
                "recv": "recvfrom"}


def killed_in(w, call, nth):
    """By strace, which sees what libraries do behind libc's back."""
    status = w.apply(under=["strace", "-qq", "-o", "trace", "-e", f"trace={call}", "-e",
                            f"inject={call}:signal=KILL:when={nth}"])
    return ends(status, -signal.SIGKILL) + goes_on(w, status)


def trace_points(recorded, everything):
    seen = collections.Counter(call for call, _ in recorded.calls)
    for call, traced in SYSTEM_CALLS.items():
        for i in range(5 if everything else 1):
            nth = 1 + (2 * i + 1) * seen[call] // 10
            yield f"strace {traced} {nth}", killed_in, {"call": traced, "nth": nth}


def superseded(w, at):
    """Killed; then another input is applied: the earlier run is settled and put back first."""
    if w.apply(shim={"at": at}) != -signal.SIGKILL:
        return []
    first, given = w.folder / "first.csv", w.folder / "in.csv"
    given.rename(first)
    given.write_text(f"Serial,Job,Target\n{world.BYSTANDER},keep,\n")
    bad = ends(w.apply(), DONE) + w.check_store(rows=False)
    bad += [f"{s} is off its server though another run took over" for s in w.stranded()]
    if w.outcomes() != {world.BYSTANDER: "skipped"}:
        bad.append(f"the other run says {w.outcomes()}")
    first.rename(given)
    bad += ends(w.apply(), DONE)
    return bad + w.check_moves(again=DEVICES) + w.check_result(wanted_again)


def intents_of(path):
    """How many changes a store promises, each with its devices."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        (n,) = db.execute("SELECT count(DISTINCT request) FROM request_device").fetchone()
        return n


def in_order(w):
    """A change that leaves has its intent in what a power cut would leave of the store; all else
    that was written before is on the disk."""
    log, synced, unsynced, kept, sent = w.folder / "log", w.folder / "synced", set(), None, 0
    synced.mkdir()
    bad = ends(w.apply(shim={"log": log, "synced": synced}), DONE)
    for line in log.read_text().splitlines():
        _, call, path = line.split(" ", 2)
        # lock: who holds it; counter: what is lost of it tells nothing wrong
        if call == "pwrite" and not path.endswith(("-shm", "-wal", "/lock", ".counter")):
            unsynced.add(path)
        elif call in ("fsync", "fdatasync"):
            unsynced.discard(path)
        elif call == "SYNCED":
            kept = path
        elif call == "send" and CHANGE in path:
            sent += 1
            bad += [f"{p} is not synced before {line}" for p in unsynced]
            if not kept or intents_of(kept) < sent:
                bad.append(f"change {sent} leaves, and a power cut would take its intent: {line}")
    return bad + (["no change was sent"] if not sent else [])


def order_points(_, everything):
    yield "order of writing, syncing and sending", in_order, {}


def supersede_points(recorded, everything):
    for at in stratified(recorded.calls, 200 if everything else 16):
        yield f"supersede {at}", superseded, {"at": at}


# --- replies that do not come ---

FORMS = {
    "reset": "do: reset", "close": "do: close", "truncated": "do: truncate",
    "500": "do: reply, status: 500", "502": "do: reply, status: 502, body: html",
    "no answer": "do: hang, delay: 200ms",
}
APPLIED = {
    "applied": "applied: yes", "lost": "applied: no", "late": "applied: late, late: 5m",
    "very late": "applied: late, late: 28m",  # just before patience with it ends
}
# The first of two readings after patience has ended still shows the old state, the second does not; the
# audit events, which would tell, come too late.
JUST_IN_TIME = """\
version: 1
knobs: {apple.visibility_lag: 140s, apple.event_delay: 24h}
faults:
  - {service: apple, method: POST, path: /v1/orgDeviceActivities, nth: [1, 5, 9], do: reset,
     applied: late, late: 1785s}
"""


def unanswered(w):
    return ends(w.apply(), DONE) + all_done(w)


def lost_points(recorded, everything):
    forms = [(f, a) for f in FORMS for a in APPLIED]
    for i in range(3 * len(forms) if everything else len(forms)):
        form, applied = forms[i % len(forms)]
        nth = [1 + i * 7 % recorded.changes]
        if i % 5 == 4:  # and one more in the same run
            nth.append(nth[0] % recorded.changes + 2)
        yield (f"lost {form}, {applied} {nth}", unanswered, {"scenario":
               "version: 1\nfaults:\n  - {service: apple, method: POST, path: "
               f"{world.CHANGE}, nth: {nth}, {FORMS[form]}, {APPLIED[applied]}}}\n"})
    yield "lost, applied just in time", unanswered, {"scenario": JUST_IN_TIME}
    yield "lost, and the first reading fails", misread, {"scenario": SEEN_LATE}


# Seen 15 seconds after the second reading.
SEEN_LATE = JUST_IN_TIME.replace("140s", "195s").replace("[1, 5, 9]", "1")


def misread(w):
    """A reading that fails is none of the two that a verdict needs: finds out which one is the
    first after patience has ended, and lets it fail in a second world."""
    w.apply()
    lists = [a["t"] for a in w.audit() if a["kind"] == "request" and a["method"] == "GET"
             and a["path"].startswith("/v1/mdmServers/")]
    late = w.changes()[0] + 1890 * 1000  # timeouts.request and timeouts.activity, and a little less
    nth = [i for i, t in enumerate(lists, 1) if late <= t < late + 60 * 1000]
    if not nth:
        return ["nobody looked when patience ended"]
    with w.another(SEEN_LATE + "  - {service: apple, method: GET, path: /v1/mdmServers/*, nth: "
                   f"{nth}, do: reply, status: 404, body: json, applied: no}}\n") as second:
        return unanswered(second)


def simulator_dies(w, nth):
    """Killed when it has taken the N-th change, and restarted where it was."""
    process = w.start()
    while process.poll() is None and len(w.changes()) < nth:
        time.sleep(0.0005)
    # Hours pass while a simulator starts; nobody is away so long.
    process.send_signal(signal.SIGSTOP)
    w.sim_restart()
    process.send_signal(signal.SIGCONT)
    status = w.finish(process)
    bad = w.check_store(settled=False) + w.check_told()
    for _ in range(3):
        if status in (UNVERIFIED, NO_SERVICE, TEMPORARY):
            status = w.apply()
    return bad + ends(status, DONE, SOME_FAILED) + all_done_again(w)


def restart_points(recorded, everything):
    for nth in range(1, recorded.changes + 1, 1 if everything else 4):
        yield f"restart {nth}", simulator_dies, {"nth": nth, "keep_sim_state": True}


# From the N-th change on, for good.
LOSSES = {
    "uem 401": "{service: uem, do: reply, status: 401, body: json, applied: no}",
    "uem 403": "{service: uem, do: reply, status: 403, body: json, applied: no}",
    "uem 503": "{service: uem, do: reply, status: 503, body: html, applied: no}",
    "uem reset": "{service: uem, do: reset, applied: no}",
    "apple 401": "{service: apple, path: /v1/*, do: reply, status: 401, body: json, applied: no}",
    "apple 403": "{service: apple, method: POST, path: /v1/*, do: reply, status: 403, body: json, "
                 "applied: no}",
    "apple reads 503": "{service: apple, method: GET, do: reply, status: 503, body: html, "
                       "applied: no}",
    "apple reads 404": "{service: apple, method: GET, path: /v1/mdm*, do: reply, status: 404, "
                       "body: json, applied: no}",
    "apple close": "{service: apple, do: close, applied: no}",
}


def loses(w, nth, what):
    """A service is lost after the N-th change, and is there again for the next run."""
    process = w.start()
    while process.poll() is None and len(w.changes()) < nth:
        time.sleep(0.0005)
    process.send_signal(signal.SIGSTOP)
    w.sim_restart(f"version: 1\nfaults:\n  - {LOSSES[what]}\n")
    process.send_signal(signal.SIGCONT)
    status = w.finish(process)
    bad = w.check_store(settled=False) + w.check_told()
    if what.startswith("uem"):
        bad += [f"{s} was not put back though Apple was there" for s in w.stranded()]
    w.sim_restart()
    for _ in range(3):  # what was refused or could not be read is planned anew
        if status != DONE:
            status = w.apply("--past-halt")
    return bad + ends(status, DONE) + w.check_moves(again=DEVICES) + w.check_store()


def loss_points(recorded, everything):
    for i, what in enumerate(LOSSES):
        for nth in range(1 + i % 3, recorded.changes, 2 if everything else 8):
            yield f"loss of {what} {nth}", loses, {"what": what, "nth": nth, "keep_sim_state": True}


def unreliable(w, reads, changes):
    """Reads fail now and then: a few more of them, and no change more."""
    bad = unanswered(w)
    if len(w.changes()) != changes:
        bad.append(f"{len(w.changes())} changes instead of {changes}")
    n = sum(a["kind"] == "request" and a["method"] == "GET" for a in w.audit())
    return bad + ([f"{n} reads instead of {reads}"] if n > 1.6 * reads + 10 else [])


def error_points(recorded, everything):
    for seed in range(20 if everything else 3):
        yield (f"errors {seed}", unreliable,
               {"reads": recorded.reads, "changes": recorded.changes, "sim": ["--seed", seed], "scenario":
                "version: 1\nfaults:\n  - {method: GET, chance: 30%, do: reply, status: 503, "
                "body: html, applied: no}\n"})


# --- disks ---

# A result has no name before it is whole; nor have files of the state, which lie elsewhere.
DISK = {"state": "*/state/*", "ledger": "*/depmend.db*", "result": "*/" + 32 * "?" + "/#*"}


def disk_fails(w, name, at, error, once):
    """Nothing new is sent once the state cannot be written; devices come back by the emergency file
    where that can be written. The result is whole or as it was."""
    log = w.folder / "log"
    w.result.write_text("an earlier result\n")
    status = w.apply(shim={"path": DISK[name], "at": at, "fail": error, "once": once, "log": log})
    if status == DONE:  # it cost nothing: a checkpoint, the token's cache
        return all_done(w)
    bad = ends(status, 73, 74) + w.check_store(settled=False)
    rest = log.read_text().partition("STRIKE")[2]
    # Rates, and what tells an older state: intents are in the ledger.
    if any(name in rest.partition("\n")[0] for name in ("shared.db", ".counter")):
        rest = rest.partition("depmend.db")[2]
    if name != "result" and (f"{CHANGE} UNASSIGN" in rest or (CHANGE in rest and name == "state"
                                                              and not once)):
        bad.append("a change was sent after the state could not be written")
    if name == "ledger":
        bad += [f"{s} was not put back" for s in w.stranded()]
    if w.result.read_text() == "an earlier result\n":
        w.result.unlink()
    elif name == "result":
        bad.append("the result was replaced though it could not be written")
    else:
        bad += w.check_result() + w.check_told()
    if w.emergency():
        return bad + ends(w.apply(), DONE, SOME_FAILED) + all_done_again(w)
    wanted = wanted_again if w.run_is_over() else wanted_outcome
    return bad + ends(w.apply(), DONE) + all_done(w, wanted)


def answers_to_take_off(calls):
    """Writes to the ledger soon after something was taken off its server: what else was to leave does not."""
    n, sent = 0, False
    for call, path in calls:
        if call != "send" and fnmatch.fnmatch(path, DISK["ledger"]):
            n += 1
            if sent:
                yield from (n, n + 6, n + 12)
            sent = False
        sent |= call == "send" and path.startswith(f"{CHANGE} UNASSIGN")


def disk_points(recorded, everything):
    for at in answers_to_take_off(recorded.calls):  # others are on their way, and come back as well
        yield (f"disk, off its server {at}", disk_fails,
               {"name": "ledger", "at": at, "error": errno.ENOSPC, "once": 0})
    for error in (errno.ENOSPC, errno.EIO):
        for name, n in recorded.disk.items():
            for at in range(1, n + 1, 1 if everything else max(1, n // 15)):
                yield (f"disk {name} {errno.errorcode[error]} {at}", disk_fails,
                       {"name": name, "at": at, "error": error, "once": int(error == errno.EIO)})


# --- signals ---

def after_strike(log):
    """What was sent after the signal, and how many changes before; None: it never came."""
    lines = log.read_text().splitlines()
    at = next((i for i, line in enumerate(lines) if "STRIKE" in line), None)
    if at is None:
        return None, 0
    return ([line.split(" ", 2)[2] for line in lines[at:] if " send " in line],
            sum(CHANGE in line for line in lines[:at]))


def only_put_backs(w, sent, n_before):
    """The very next request may have been on its way; other changes only put devices back."""
    changes = [i for i, s in enumerate(sent) if s.startswith(CHANGE)]
    if not changes:
        return
    db = w.peek()
    requests = db.execute("SELECT q.kind, group_concat(d.serial) FROM request q "
                          "JOIN request_device d ON d.request = q.id "
                          f"WHERE NOT (q.state = {world.REFUSED} AND q.sent IS NULL) "
                          "GROUP BY q.id ORDER BY q.id").fetchall()  # without the withdrawn
    db.close()
    for k, i in enumerate(changes):
        kind, serials = requests[n_before + k]
        if i > 0 and (kind != world.KIND_REASSIGN
                      or any(DEVICES[s].job != "rebuild" for s in serials.split(","))):
            yield f"after the signal a change of {serials} was sent"


def left_behind(w):
    """Off its server though the write limit had room for a put-back to each server."""
    if len(w.changes()) + len(world.SERVERS) > 10:
        return []
    db = w.peek()
    under_way = {s for (s,) in db.execute(
        "SELECT d.serial FROM request_device d JOIN request q ON q.id = d.request "
        f"WHERE q.state IN {world.OPEN_STATES}")}
    db.close()
    return [f"{s} was left behind" for s in w.stranded() if s not in under_way]


def stopped(w, at, number, again=0):
    """An orderly end; again > 0: unless a second signal comes there."""
    log = w.folder / "log"
    status = w.apply(shim={"at": at, "signal": number, "again": again, "log": log})
    sent, n_before = after_strike(log)
    if sent is None or status == DONE:  # too late to matter
        return ends(status, DONE) + all_done(w)
    if status == -number and not w.has_run():
        status = 128 + number  # so early that nobody watches for signals yet
    bad = ends(status, 128 + number) + w.check_store(settled=False)
    bad += only_put_backs(w, sent, n_before)
    if w.has_run() and not again:
        bad += w.check_result() + w.check_told() + left_behind(w)
    return bad + ends(w.apply(), DONE, SOME_FAILED) + all_done_again(w)


def signal_points(recorded, everything):
    for i, at in enumerate(stratified(recorded.calls, 200 if everything else 24)):
        number = (signal.SIGTERM, signal.SIGINT)[i % 2]
        yield f"{number.name} {at}", stopped, {"at": at, "number": int(number)}
        if i % 4 == 0:
            again = at + 1 + i % 9
            yield (f"{number.name} {at}, then {again}", stopped,
                   {"at": at, "number": int(number), "again": again})


# --- patience ---

def impatient(w, max_wait, runs):
    """So many runs, an hour after each other, leave nobody off a server; a patient one ends it."""
    bad = []
    for hour in range(3, 3 + runs):
        status = w.apply(max_wait=max_wait, now=world.clock(hour))
        bad += ends(status, DONE, SOME_FAILED, TEMPORARY)
        bad += w.check_told() + w.check_store(settled=False)
        bad += [f"{s} is off its server when run {w.runs} has ended" for s in w.stranded()]
        if status == DONE or bad:
            break
    if status != DONE and max_wait != "1m":  # a sync takes as long as that
        bad.append(f"not done after {runs} runs: {collections.Counter(w.outcomes().values())}")
    for _ in range(3):
        if status != DONE and not bad:
            status = w.apply(now=world.clock(3 + runs))
    return bad + all_done(w, wanted_again)


def wait_points(recorded, everything):
    for rate in ("2/hour", "3/hour", "4/hour", "7/hour", "10/hour"):
        for max_wait in ("1m", "20m", "59m", "70m", "3h"):
            for batch in (1000, 4) if everything else (1000,):
                yield (f"wait {rate}, {max_wait}, batches of {batch}", impatient,
                       {"max_wait": max_wait, "runs": 6 if max_wait == "1m" else 48,
                        "extra": f"rate: {{apple_write: {rate}}}\nbatch: {{apple: {batch}}}"})


SUITES = {
    "order": order_points, "kill": kill_points, "twice": kill_twice_points, "stray": stray_points,
    "trace": trace_points, "supersede": supersede_points, "lost": lost_points,
    "restart": restart_points, "loss": loss_points, "errors": error_points, "disk": disk_points,
    "signal": signal_points, "wait": wait_points,
}
