"""Judges a history by what the README promises: one effect at a time, true rows, nobody forgotten,
fresh looks, never worse, irreversible once, limits over time, honest exit statuses.

Each check gets a Story and yields sentences about what is wrong.
"""
import bisect
import calendar
import re
import time

import late

MINUTE, HOUR = 60_000, 3600_000
DAY = 24 * HOUR
SLACK = 1000            # evidence has whole seconds, and waits of a second are none
FINE = {"done", "unchanged", "skipped", "noted", "waiting", "unmatched", "protected", "duplicate"}
SOME_FAILED = {"failed", "restored", "invalid", "held", "manual", "undecided"}
OPEN = {"unverified", "drifted", "in_flight"}
# Outcomes under which a device may be off its server in the end: each names it and what to do.
NAMED_OFF = {"in_flight", "unverified", "held", "manual", "failed"}
STATUSES = {0, 3, 4, 5, 11, 64, 65, 66, 69, 73, 74, 75, 77, 78, 129, 130, 143}
TERMINAL = {"COMPLETED", "STOPPED", "FAILED"}
TAKES, PUTS, RELEASES = "UNASSIGN_DEVICES", "ASSIGN_DEVICES", "RELEASE_DEVICES"


class Story:
    """A history with its threads sorted out."""

    def __init__(self, history):
        self.facts, self.events = history["facts"], history["events"]
        self.settle, self.fresh = self.facts["settle"], self.facts["fresh"]
        self.sends, self.by_activity, self.told, self.places = [], {}, {}, {}
        self.commits, self.moves, self.reads, self.boots = {}, {}, {}, []
        self.names, self.polled, self.planned, self.accepted_at = {}, set(), {}, {}
        self.deleted = []   # servers: when, and by which name
        self.heard = {}     # when replies came to a process
        self.asked = {}     # when a process asked Apple what others did
        self.audits = []    # what Apple told of others
        for serial, d in self.facts["devices"].items():
            self.places[serial] = [(0, d["home"])]
        for e in self.events:
            getattr(self, "see_" + e["kind"], lambda e: None)(e)

    def see_send(self, e):
        e = {**e, "status": None, "replied": None, "activity": None, "reached": None}
        self.sends.append(e)

    def find(self, n):
        return next((s for s in reversed(self.sends) if s["n"] == n), {})

    def see_reached(self, e):
        self.find(e["n"]).update(reached=e["t"], taken=e["status"])

    def see_reply(self, e):
        s = self.find(e["n"])
        s.update(status=e["status"], replied=e["t"], activity=e["activity"],
                 late=e.get("late", False))
        if e["activity"] and "t" in s:
            self.by_activity[e["activity"]] = s

    def see_accepted(self, e):
        self.accepted_at.setdefault(e["t"], set()).add(e["activity"])

    def see_told(self, e):
        self.polled.add(e["activity"])
        if e["status"] in TERMINAL:
            self.told.setdefault(e["activity"], e["t"])

    def see_commit(self, e):
        self.commits.setdefault(e["proc"], []).append(e["t"])

    def see_boot(self, e):
        self.boots.append(e["t"])

    def see_asked(self, e):
        self.asked.setdefault(e["proc"], []).append(e["t"])

    def see_audit(self, e):
        self.audits.append(e)

    def see_heard(self, e):
        self.heard.setdefault(e["proc"], []).append(e["t"])

    def see_start(self, e):
        self.planned.setdefault(e["proc"], e["t"])

    def see_end(self, e):
        if e["planned"] is not None:
            self.planned[e["proc"]] = e["planned"]

    def see_read(self, e):
        for serial in e["shown"]:
            self.reads.setdefault(serial, []).append(e)
        for serial, d in self.facts["devices"].items():
            # To be missing says something on the list of the server it came from only.
            at = self.facts["server_ids"].get(e["server"])
            if at and at == d["home"] and serial not in e["shown"]:
                self.reads.setdefault(serial, []).append(e)

    def see_effect(self, e):
        if e["what"] == "server-rename":
            names = self.same(e["before"]) | {e["after"]}
            self.names.update({n: names for n in names})
        if e["what"] == "server-delete":
            self.deleted.append((e["t"], e["before"]))
        if e["what"] in ("assign", "unassign", "release", "vanish", "migrate", "return"):
            if e["effective"]:
                self.moves.setdefault(e["serial"], []).append(e)
                to = e["after"] if e["what"] in ("assign", "migrate") else ""
                self.places.setdefault(e["serial"], [(0, "")]).append((e["t"], to))

    def same(self, name):
        """All names that this server has had."""
        return self.names.get(name, {name})

    def home_gone(self, serial, t):
        """Whether the server that it was taken from is deleted; another of its name is not it."""
        m = [m for m in self.moves.get(serial, []) if m["t"] <= t][-1]
        return any(m["t"] <= at <= t and name in self.same(m["before"])
                   for at, name in self.deleted)

    def place(self, serial, t):
        at = self.places.get(serial, [(0, "")])
        return at[bisect.bisect_right([x[0] for x in at], t) - 1][1]

    def places_between(self, serial, begin, end):
        at = self.places.get(serial, [(0, "")])
        return {self.place(serial, begin)} | {p for t, p in at if begin <= t <= end}

    def others_moved(self, serial, begin, end):
        return any(begin <= m["t"] <= end and not m["ours"] for m in self.moves.get(serial, []))

    def touched(self, serial):
        return any(e["kind"] == "effect" and e["serial"] == serial and not e["ours"] and
                   not e["what"].startswith("sync") for e in self.events)

    def asked_since_look(self, s, serial):
        """Whether the process asked, after it had begun to look, what others did meanwhile."""
        reads = [e for e in self.reads.get(serial, [])
                 if e["proc"] == s["proc"] and e["t"] <= s["checked"]]
        own = [e["begin"] for e in reads]
        # On the real clock nobody tells the processes apart: the last look may be a reader's.
        # Else the last, or one before it that nothing was waited for since: what was read after
        # that, such as facts, only adds to it.
        since = own[-1:] + [e["begin"] for e in reads if e["t"] >= self.busy_since(s)]
        return not own or any(b <= t <= s["checked"] for b in (own if s["proc"] == "real" else since)
                              for t in self.asked.get(s["proc"], []))

    def busy_since(self, s):
        """Since when its process has had an answer at least every two seconds, until it left."""
        since = s["checked"]
        for t in reversed(self.heard.get(s["proc"], [])):
            if t <= s["checked"]:
                if since - t > 2 * SLACK:
                    break
                since = t
        return since

    def was_told(self, s, serial, begin):
        """Whether Apple's audit trail told the process, after its look had begun and before it
        sent, what somebody had done to the device since then."""
        return any(a["proc"] == s["proc"] and serial in a["moved"] and a["t"] <= s["checked"] and
                   self.others_moved(serial, begin, a["begin"]) for a in self.audits)

    def last_look(self, serial, t, where=False):
        """The last read that shows the device, or the list it might stand on, ended by then.
        where: and tells on which server it is."""
        for e in reversed(self.reads.get(serial, [])):
            if e["t"] <= t and not (where and e["shown"].get(serial, "") is None):
                return e
        return None

    # --- what was known ---

    def is_known(self, s, by):
        """Whether the activity's id survived: it came, and the process lived to write it down."""
        if not s["activity"] or s["replied"] > by["t"]:
            return False
        if self.facts.get("maybe_unknown") or s["late"]:
            return s["activity"] in self.polled     # whether it was written down nobody can tell
        return s["proc"] == by["proc"] or any(
            t >= s["replied"] for t in self.commits.get(s["proc"], [])
            if t <= by["t"])

    def open_since(self, s, by):
        """None when the change s is closed, as far as told, when `by` leaves; else why not."""
        t = by["t"]
        if s["status"] is not None and 400 <= s["status"] < 500 and s["replied"] <= t:
            return None
        told = self.told.get(s["activity"]) if s["activity"] else None
        if told is not None and told <= t:
            return None
        if self.is_known(s, by):
            return "its activity was never told to have ended"
        if s["status"] is not None and s["status"] >= 500:
            last = s["replied"]
        else:
            last = s["t"] + self.facts["request"]
        # A new boot begins the time anew, unless somebody noted before that it was over.
        for boot in [b for b in self.boots if last < b <= t]:
            over = last + self.facts["activity"] - SLACK
            if any(over <= c < boot for noted in self.commits.values() for c in noted):
                return None
            last = boot
        if t - last >= self.facts["activity"] - SLACK:
            return None
        return f"its outcome is open for {(t - last) // 1000} s only"

    def forgotten(self, s, t):
        """Whether the state that was used at t is older than the request s."""
        return any(saved <= (s["replied"] or 1 << 62) and s["t"] <= restored <= t
                   for saved, restored in self.facts["amnesia"])

    def beyond(self, serial):
        """Whether a request whose activity nobody knew acted later than services are assumed to:
        what no client can close."""
        for m in self.moves.get(serial, []):
            s = self.by_activity.get(m["activity"]) or next(
                (x for x in self.sends if x["reached"] and
                 m["activity"] in self.accepted_at.get(x["reached"], ())), None)
            if m["ours"] and s and m["t"] - s["t"] > self.facts["activity"] and (
                    not self.is_known(s, {"t": m["t"], "proc": ""}) or
                    self.forgotten(s, 1 << 62)):
                return True
        return False

    def was_in_vain(self, s, serial, t):
        """A release that had not happened at t and, as its end was told or its time was over, never
        would: that can be read. Nobody can read whether a wipe is on its way. One without a reply
        that is carried out later than that no client can tell."""
        return s["type"] == RELEASES and not any(
            m["ours"] and m["what"] == "release" and s["t"] <= m["t"] <= t
            for m in self.moves.get(serial, []) if m["activity"] in self.activities_of(s))

    def activities_of(self, s):
        """Also those whose id the client never got to know."""
        return {s["activity"]} - {None} or self.accepted_at.get(s["reached"], set())

    def is_open(self, serial, t):
        by = {"t": t, "proc": ""}
        return any(serial in s["serials"] and s["t"] <= t and s["service"] == "apple" and
                   self.open_since(s, by) for s in self.sends)

    def refused(self, serial, t):
        return any(serial in s["serials"] and s["t"] <= t and s["type"] == PUTS and
                   s["status"] is not None and s["status"] >= 400 for s in self.sends)

    def is_put_back(self, s):
        return s["type"] == PUTS and all(
            any(x["type"] == TAKES and serial in x["serials"] and x["t"] < s["t"]
                for x in self.sends) for serial in s["serials"])


def clock(t):
    return time.strftime("%dT%H:%M:%S", time.gmtime(t / 1000))


def o1_one_effect(story):
    for i, s in enumerate(story.sends):
        if s["service"] != "apple":
            continue
        for before in story.sends[:i]:
            both = set(before["serials"]) & set(s["serials"])
            if before["service"] != "apple" or not both or story.forgotten(before, s["t"]):
                continue
            why = story.open_since(before, s)
            if why:
                yield (f"O1 {s['type']} of {','.join(sorted(both))} left at {clock(s['t'])} "
                       f"({s['proc']}) while {before['type']} of {clock(before['t'])} "
                       f"({before['proc']}) was open: {why}")


def evidence_time(row):
    found = re.findall(r"list:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z", row.get("evidence", ""))
    if not found:
        return None
    return max(calendar.timegm(time.strptime(t, "%Y-%m-%dT%H:%M:%S")) for t in found) * 1000


def taken_from(story, serial, t):
    """Where it was when it was taken off, maybe by somebody else's hand. The look was within a
    second from t on: of what was done in it, it may have seen all or nothing."""
    taken = [m for m in story.moves.get(serial, [])
             if m["ours"] and m["what"] == "unassign" and m["t"] < t + SLACK]
    before = [m["before"] for m in taken if m["t"] <= t] or [story.facts["devices"][serial]["home"]]
    return {before[-1]} | {m["before"] for m in taken if m["t"] > t}


def o2_true_rows(story):
    for e in story.events:
        if e["kind"] != "end" or not e["rows"] or story.facts["skewed"]:
            continue
        for serial, row in e["rows"].items():
            if is_called_drifted(story, e, serial):
                yield f"O2 {serial} is called drifted, and nobody else has touched it"
            d = story.facts["devices"].get(serial)
            t = evidence_time(row)
            if not d or row.get("outcome") != "done" or t is None or story.beyond(serial):
                continue
            if d["wanted"] is None:
                continue
            wanted = taken_from(story, serial, t) if d["put_back"] else {d["wanted"]}
            shown = story.places_between(serial, t - story.settle - SLACK, t + SLACK)
            if not any(story.same(w) & shown for w in wanted):
                yield (f"O2 {serial} is called done by a look of {clock(t)}, when it was on "
                       f"{'/'.join(sorted(p or 'no server' for p in shown))}, not on "
                       f"{'/'.join(sorted(wanted)) or 'none'}")
            for m in story.moves.get(serial, []):
                s = story.by_activity.get(m["activity"])
                if m["ours"] and s and s["t"] < t < m["t"] - SLACK:
                    yield (f"O2 {serial} is called done by a look of {clock(t)}; our own "
                           f"{m['what']} of {clock(s['t'])} came into effect only at "
                           f"{clock(m['t'])}")


def is_called_drifted(story, e, serial):
    """Although nobody else did anything to it: a stale page said so."""
    d = story.facts["devices"].get(serial)
    return d and not d["disturbed"] and e["rows"][serial].get("outcome") == "drifted" and not (
        story.touched(serial))


def off_by_us(story, serial, t):
    """Since when the device is off because we took it off, to be put back; None: it is not."""
    d = story.facts["devices"].get(serial)
    if not d or not d["put_back"] or story.place(serial, t):
        return None
    past = [m for m in story.moves.get(serial, []) if m["t"] <= t]
    if not past or past[-1]["what"] != "unassign" or not past[-1]["ours"]:
        return None
    return past[-1]["t"]


def nobody_told(story, e, serial):
    """The state is older than what took it off, and no service answered this process: it ended in
    failure, and the next one asks."""
    return e["status"] != 0 and any(
        s["type"] == TAKES and serial in s["serials"] and story.forgotten(s, e["t"])
        for s in story.sends) and not any(
        r["proc"] == e["proc"] for reads in story.reads.values() for r in reads)


def o3_custody(story):
    for e in story.events:
        if e["kind"] != "end" or e["killed"] or e["rows"] is None:
            continue
        for serial in story.facts["devices"]:
            since = off_by_us(story, serial, e["t"])
            if since is None or story.beyond(serial) or nobody_told(story, e, serial):
                continue
            row = e["rows"].get(serial, {})
            named = serial in e["named"] if e["named"] is not None else None
            silent = {"skipped", "unmatched", "protected", "noted", "pending", "undecided"}
            if row.get("outcome") in silent and named:
                continue    # another run's row; status says what is open
            if row.get("outcome") in FINE | {"drifted", "restored", "pending"} and row:
                yield (f"O3 {e['proc']} ended with {serial} off its server since {clock(since)}, "
                       f"and calls it {row.get('outcome')} ({row.get('reason', '')[:60]})")
            elif named is False:
                yield (f"O3 {e['proc']} ended with {serial} off its server since {clock(since)}, "
                       "and status does not know")
            if e["status"] == 0:
                yield f"O3 {e['proc']} ended 0 with {serial} off its server"
            # No guard, limit, pause or list may stand in the way of a put-back.
            if e["status"] in (3, 4, 78) and not e["signals"] and not story.is_open(
                    serial, e["t"]) and not story.refused(serial, e["t"]) and not story.home_gone(
                        serial, e["t"]):
                yield (f"O3 {e['proc']} ended {e['status']} with {serial} off its server, and "
                       "nothing stood in the way of putting it back")


def waited(story, s):
    """How long the process had been idle when the change left: for its turn, or as Apple asked."""
    heard = story.heard.get(s["proc"], [])
    n = bisect.bisect_right(heard, s["checked"])
    return s["checked"] - heard[n - 1] if n else 0


def o4_fresh_look(story):
    for s in story.sends:
        if s["service"] != "apple":
            continue
        if waited(story, s) > 2 * SLACK:
            yield (f"O4 {s['type']} of {','.join(s['serials'])} left at {clock(s['checked'])} "
                   f"({s['proc']}) after it had waited for {waited(story, s) // 1000} s, on a "
                   "look of before")
        if s["type"] == RELEASES:
            continue
        for serial in s["serials"]:
            at = s["checked"]   # a stop between the last check and the bytes nobody can see
            look = story.last_look(serial, at, where=s["type"] == TAKES)
            if not look:
                yield f"O4 {s['type']} of {serial} left at {clock(at)} without any look"
            elif not story.asked_since_look(s, serial):
                yield (f"O4 {s['type']} of {serial} left at {clock(at)} ({s['proc']}), and what "
                       "others did since the look was not asked")
            elif at - look["t"] > story.fresh + SLACK:
                yield (f"O4 {s['type']} of {serial} left at {clock(at)} ({s['proc']}) on a "
                       f"look that ended {(at - look['t']) // 1000} s before")


def o5_never_worse(story):
    for e in story.events:
        if e["kind"] != "effect" or not e["ours"] or not e["activity"]:
            continue
        s = story.by_activity.get(e["activity"]) or next(
            (x for x in reversed(story.sends)
             if e["serial"] in x["serials"] and x["t"] <= e["t"]), None)
        if not s:
            continue
        look = story.last_look(e["serial"], s["t"])
        begin = look["begin"] if look else s["t"]
        told = look and story.was_told(s, e["serial"], begin)
        if not told and story.others_moved(e["serial"], begin - story.settle, e["t"]):
            continue    # nobody can see that in time
        planned = story.planned.get(s["proc"], 1 << 62) + SLACK
        if e["what"] == "strip":
            yield f"O5 {e['serial']} lost its profile at {clock(e['t'])}: assigned where it was"
        d = story.facts["devices"].get(e["serial"])
        if d and e["what"] == "assign" and e["effective"] and e["before"] not in d["from"] and (
                story.others_moved(e["serial"], planned, e["t"])):
            yield (f"O5 {e['serial']} was on {e['before']}, by somebody else's hand, and was "
                   f"assigned to {e['after']} at {clock(e['t'])}")
        if d and d["put_back"] and e["what"] == "assign" and e["effective"] and (
                taken_off_by_others(story, e["serial"], planned, e["t"])):
            yield (f"O5 {e['serial']} was taken off by somebody else, before we looked for our own "
                   f"change, and was assigned to {e['after']} at {clock(e['t'])}")


def taken_off_by_others(story, serial, planned, t):
    """Whether it was off by somebody else's hand when a look for our unassign showed it so: what was
    done after that look, nobody can tell from the unassign itself."""
    last = [m for m in story.moves.get(serial, []) if m["t"] < t][-1:]
    if not last or last[0]["ours"] or last[0]["what"] != "unassign" or last[0]["t"] < planned:
        return False
    for s in story.sends:
        if s["type"] == TAKES and serial in s["serials"] and planned - 2 * SLACK <= s["t"] < t:
            look = story.last_look(serial, s["t"])
            return bool(look) and last[0]["t"] + story.settle < look["begin"]
    return True


def o6_once(story):
    sent, lives = {}, {}
    for e in story.events:
        if e["kind"] == "effect" and e["what"] in ("return", "enroll"):
            lives[e["serial"]] = lives.get(e["serial"], 0) + 1
        if e["kind"] != "send" or e["type"] not in (RELEASES, "WIPE", "DELETE"):
            continue
        s = story.find(e["n"])
        if s["status"] is not None and 400 <= s["status"] < 500:
            continue
        s = {**s, **e}
        serials = e["serials"] or [story.facts["records"].get(str(e["record"]), "?")]
        for serial in serials:
            key = e["type"], serial, e.get("record"), lives.get(serial, 0)
            before = sent.get(key)
            if before and not story.forgotten(before, e["t"]) and not (
                    story.was_in_vain(before, serial, e["t"]) and not story.open_since(before, e)):
                yield (f"O6 {e['type']} of {serial} left at {clock(e['t'])}, and before at "
                       f"{clock(before['t'])}")
            sent[key] = s


def o7_limits(story):
    f = story.facts
    if f["skewed"] or f["amnesia"]:
        return
    writes = [s for s in story.sends if s["service"] == "apple"]
    for i, s in enumerate(writes):
        n = sum(1 for x in writes[:i + 1] if x["checked"] > s["checked"] - f["window"])
        if n > f["writes"]:
            yield f"O7 {n} changes left within the window that ends at {clock(s['t'])}"
        touched = {serial for x in writes[:i + 1] if x["t"] > s["t"] - DAY
                   and not story.is_put_back(x) for serial in x["serials"]}
        if len(touched) > f["limit"] and not story.is_put_back(s):
            yield f"O7 {len(touched)} devices were changed in the 24 h before {clock(s['t'])}"


def o8_statuses(story):
    for e in story.events:
        if e["kind"] != "end" or e["killed"]:
            continue
        status = e["status"]
        if status in (-1, -2, -15) and e["signals"]:
            continue    # it had not begun yet
        if status not in STATUSES:
            yield f"O8 {e['proc']} ended with status {status}"
            continue
        if status > 128 and not e["signals"]:
            yield f"O8 {e['proc']} ended with status {status}, and nobody sent a signal"
        if not e["rows"]:
            continue
        outcomes = {r.get("outcome") for r in e["rows"].values()}
        if status == 0 and outcomes - FINE:
            yield f"O8 {e['proc']} ended 0 with rows {'/'.join(sorted(outcomes - FINE))}"
        if status == 3 and (outcomes & OPEN or not outcomes & SOME_FAILED):
            yield f"O8 {e['proc']} ended 3 with rows {'/'.join(sorted(outcomes))}"
        # Rows of other rules may all be fine, and yet something is open: also what a process that
        # was killed between its intent and the first byte may have sent, for all anyone knows.
        killed = any(x["kind"] == "end" and x["killed"] and x["t"] <= e["t"]
                     for x in story.events)
        if status == 5 and not outcomes & OPEN and not killed and not any(
                s["t"] <= e["t"] for s in story.sends):
            yield f"O8 {e['proc']} ended 5 with rows {'/'.join(sorted(outcomes))}"


def final(story):
    """After the world has healed: on a server or named, and something was done at all."""
    ends = [e for e in story.events if e["kind"] == "end" and e["final"]]
    if not ends:
        return
    last = ends[-1]
    rows = last["rows"] or {}
    halted = last["status"] == 4 and any(
        r.get("reason", "").startswith("run.halted") for r in rows.values())
    if last["status"] not in (0, 3, 5) and not (halted and story.facts["fired"]):
        yield f"F the world has healed, and {last['proc']} still ends {last['status']}"
    for serial, d in story.facts["devices"].items():
        row = rows.get(serial, {})
        outcome = row.get("outcome")
        since = off_by_us(story, serial, last["t"])
        if story.beyond(serial):
            continue
        if since is not None and not d["disturbed"]:
            yield f"F {serial} is off its server since {clock(since)}, and stays ({outcome})"
        elif since is not None and outcome not in NAMED_OFF:
            yield f"F {serial} is off its server since {clock(since)}, and is called {outcome}"
        if outcome == "pending" and halted and d["disturbed"]:
            continue    # named: somebody has to look at the failures first
        if outcome in (None, "pending", "planned", "restored") or (
                outcome in OPEN and not d["disturbed"]):
            yield f"F {serial} ends {outcome} ({row.get('reason', '')[:80]})"
        if outcome in ("held", "unverified") and d["job"] in ("wipe", "release") and (
                story.facts["cut_off"]):
            continue    # whether it left nobody knows: a person decides
        if not d["disturbed"] and d["job"] != "keep" and outcome not in ("done", "unchanged"):
            yield f"F {serial} was left in peace and ends {outcome} ({row.get('reason', '')[:80]})"
        if not d["disturbed"] and d["job"] != "keep" and not any(
                serial in s["serials"] or s["type"] in ("WIPE", "DELETE") for s in story.sends):
            yield f"F {serial} should have been {d['job']}, and nothing was ever sent"


CHECKS = (o1_one_effect, o2_true_rows, o3_custody, o4_fresh_look, o5_never_worse, o6_once,
          o7_limits, o8_statuses, final) + late.CHECKS


def judge(history):
    story = Story(history)
    return [sentence for check in CHECKS for sentence in check(story)]
