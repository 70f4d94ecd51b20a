"""The oracle's own test: clean histories, each falsified in one place, have to be found wrong, and
wrong in that respect. Four at least for each thing that it looks for.
"""
import copy
import time

import oracle
import world

HOME, OTHER = "Alpha", "Beta"
SECOND, MINUTE, HOUR = 1000, 60_000, 3600_000


class Fixed(world.Tape):
    """A world without surprises: these devices, one run."""

    def __init__(self, jobs):
        super().__init__(1, [])
        self.jobs = jobs


def play(tools, jobs, writes=4, batch=3):
    """A history of these jobs (serial -> job, home, target) in a quiet world."""
    w = world.World(tools, Fixed(jobs), world.Tape(2, []), 1)
    w.plan.devices, w.plan.servers = jobs, [HOME, OTHER]
    w.plan.batch, w.plan.writes = batch, writes
    return w.happen()


A, B = "C02WORLD000", "C02WORLD001"


def rebuild(tools):
    return play(tools, {A: ("rebuild", HOME, "")})


def move(tools):
    return play(tools, {A: ("move", HOME, OTHER)})


def two(tools):
    return play(tools, {A: ("rebuild", HOME, ""), B: ("rebuild", HOME, "")})


def irreversible(tools):
    return play(tools, {A: ("wipe", HOME, ""), B: ("release", HOME, "")})


def leaving(tools):
    return play(tools, {A: ("retire", HOME, ""), B: ("release", HOME, "")})


# --- handles on a history ---

class Handle:
    def __init__(self, story):
        self.story = copy.deepcopy(story)
        self.events, self.facts = self.story["events"], self.story["facts"]

    def all(self, kind, **what):
        return [e for e in self.events
                if e["kind"] == kind and all(e[k] == v for k, v in what.items())]

    def one(self, kind, **what):
        return self.all(kind, **what)[0]

    def drop(self, kind, **what):
        gone = self.all(kind, **what)
        self.events[:] = [e for e in self.events if e not in gone]

    def add(self, e, **change):
        self.events.append({**copy.deepcopy(e), **change})
        return self.events[-1]

    def sends(self, of):
        return self.all("send", type=of)[0]

    def activity(self, of):
        n = self.sends(of)["n"]
        return self.one("reply", n=n)["activity"]

    def last_end(self):
        return self.all("end")[-1]

    def row(self, serial=A):
        return self.last_end()["rows"][serial]

    def done_row(self, serial=A):
        return next(e for e in self.all("end")
                    if e["rows"][serial]["outcome"] == "done")["rows"][serial]

    def judged(self):
        self.events.sort(key=lambda e: e["t"])
        return oracle.judge(self.story)


TAKE, PUT = oracle.TAKES, oracle.PUTS
PLANTED = []


def planted(code, history):
    def add(do):
        PLANTED.append((code, history, do))
        return do
    return add


# --- one effect ---

@planted("O1", rebuild)
def sent_twice_at_once(h):
    s = h.sends(TAKE)
    h.add(s, n=9001, t=s["t"] + 2 * SECOND)


@planted("O1", rebuild)
def put_back_before_the_end(h):
    told = [e for e in h.all("told", activity=h.activity(TAKE)) if e["status"] == "COMPLETED"]
    h.sends(PUT)["t"] = told[0]["t"] - 1


@planted("O1", rebuild)
def the_end_was_never_told(h):
    h.drop("told", activity=h.activity(TAKE), status="COMPLETED")


@planted("O1", rebuild)
def the_reply_was_lost(h):
    s, activity = h.sends(TAKE), h.activity(TAKE)
    h.one("reply", n=s["n"]).update(status=None, activity=None)
    h.drop("told", activity=activity)


@planted("O1", rebuild)
def a_reboot_does_not_end_the_wait(h):
    s, activity, put = h.sends(TAKE), h.activity(TAKE), h.sends(PUT)
    h.one("reply", n=s["n"]).update(status=None, activity=None)
    h.drop("told", activity=activity)
    for e in h.events:
        if e["t"] >= put["t"]:
            e["t"] += HOUR
    h.add({"kind": "boot"}, t=put["t"] - 10 * MINUTE)


# --- true rows ---

@planted("O2", move)
def it_never_came_into_effect(h):
    h.one("effect", what="assign")["effective"] = False


@planted("O2", move)
def it_went_elsewhere(h):
    h.one("effect", what="assign")["after"] = "Gamma"


@planted("O2", move)
def it_came_into_effect_after_the_look(h):
    h.one("effect", what="assign")["t"] += 2 * HOUR


@planted("O2", move)
def somebody_moved_it_long_before_the_look(h):
    e = h.one("effect", what="assign")
    h.done_row()["evidence"] = "list:2026-11-18T23:00:00Z"
    h.add(e, t=e["t"] + HOUR, before=OTHER, after=HOME, ours=False, activity=None)


@planted("O2", rebuild)
def the_put_back_never_came_into_effect(h):
    h.one("effect", what="assign")["effective"] = False


# --- custody ---

def strand(h, outcome, status, named):
    h.drop("effect", what="assign")
    end = h.last_end()
    end["rows"][A]["outcome"], end["status"], end["named"] = outcome, status, named
    end["rows"][A]["evidence"] = ""


@planted("O3", rebuild)
def off_and_called_done(h):
    strand(h, "done", 3, None)


@planted("O3", rebuild)
def off_and_called_pending(h):
    strand(h, "pending", 4, None)


@planted("O3", rebuild)
def off_and_not_in_status(h):
    strand(h, "in_flight", 5, [])


@planted("O3", rebuild)
def off_and_status_zero(h):
    strand(h, "in_flight", 0, [A])


# --- fresh look ---

@planted("O4", rebuild)
def no_look_at_all(h):
    h.drop("read")


@planted("O4", rebuild)
def the_looks_are_two_minutes_older(h):
    put = h.sends(PUT)
    for e in h.all("read"):
        if e["t"] <= put["t"]:
            e["t"] -= 2 * MINUTE


@planted("O4", rebuild)
def it_left_later(h):
    put = h.sends(PUT)
    put["checked"] += 10 * MINUTE
    for e in h.events:
        if e["t"] >= put["t"]:
            e["t"] += 10 * MINUTE


@planted("O4", rebuild)
def it_left_after_a_wait_of_half_a_minute(h):
    put = h.sends(PUT)
    at = put["t"]
    put["checked"] += 30 * SECOND
    for e in h.events:
        if e is put or e["t"] > at:
            e["t"] += 30 * SECOND


@planted("O4", two)
def the_look_was_at_somebody_else(h):
    put = h.sends(PUT)
    for e in h.all("read"):
        if put["t"] - 5 * MINUTE < e["t"] <= put["t"]:
            e["shown"].pop(B, None)
            e["server"] = ""


# --- never worse ---

def moved_by_others(h, before_ms):
    """Somebody else put it elsewhere, and we put it back on top of that."""
    e = h.one("effect", what="assign")
    h.add(e, t=h.sends(PUT)["t"] - before_ms, before="", after="Gamma", ours=False, activity=None)
    e["before"] = "Gamma"


@planted("O5", rebuild)
def it_lost_its_profile(h):
    h.add(h.one("effect", what="assign"), what="strip")


@planted("O5", rebuild)
def overridden_an_hour_later(h):
    for e in h.all("read"):
        e["begin"] = e["t"] - 100
    moved_by_others(h, 70 * SECOND)


@planted("O5", move)
def overridden_in_a_move(h):
    put = h.sends(PUT)["t"]
    for e in h.events:
        if e["t"] >= put or e["kind"] == "read":
            e["t"] += HOUR
            e["begin"] = e["t"]
    moved_by_others(h, 30 * MINUTE)


@planted("O5", rebuild)
def taken_off_by_others_first(h):
    for e in h.all("start"):
        e["t"] -= 2 * HOUR
    take = h.one("effect", what="unassign")
    take.update(ours=False, activity=None, t=take["t"] - HOUR)
    h.drop("send", type=TAKE)


@planted("O5", move)
def assigned_where_it_was(h):
    e = h.one("effect", what="assign")
    e.update(before=OTHER, effective=False)
    h.add(e, what="strip", effective=True)


# --- irreversible once ---

def again(h, of, **change):
    s = h.all("send", type=of)[0]
    return h.add(s, n=9001, t=h.last_end()["t"] - SECOND, **change)


@planted("O6", irreversible)
def wiped_twice(h):
    again(h, "WIPE")


@planted("O6", irreversible)
def released_twice(h):
    again(h, oracle.RELEASES)


@planted("O6", irreversible)
def released_again_by_another_run(h):
    again(h, oracle.RELEASES, proc="apply9")


@planted("O6", irreversible)
def wiped_again_because_the_reply_was_lost(h):
    s = h.all("send", type="WIPE")[0]
    h.one("reply", n=s["n"]).update(status=None)
    again(h, "WIPE")


# --- limits ---

@planted("O7", two)
def five_in_an_hour(h):
    s = h.sends(TAKE)
    for i in range(4):
        h.add(s, n=9000 + i, t=s["t"] + i + 1, checked=s["t"] + i + 1)


@planted("O7", two)
def one_device_too_many(h):
    h.facts["limit"] = 1


@planted("O7", two)
def over_two_runs(h):
    h.facts["limit"] = 2
    s = h.sends(TAKE)
    h.add(s, n=9000, t=s["t"] + 3 * HOUR, serials=["C02WORLD009"], proc="apply9")


@planted("O7", rebuild)
def the_rate_of_two_processes(h):
    h.facts["writes"] = 1
    h.sends(PUT)["proc"] = "apply9"


# --- exit statuses ---

@planted("O8", rebuild)
def an_internal_error(h):
    h.last_end()["status"] = 70


@planted("O8", rebuild)
def a_crash(h):
    h.last_end()["status"] = -11


@planted("O8", rebuild)
def zero_with_a_failed_row(h):
    h.row()["outcome"] = "failed"


@planted("O8", rebuild)
def three_with_a_drifted_row(h):
    h.last_end()["status"] = 3
    h.row()["outcome"] = "drifted"


@planted("O8", rebuild)
def stopped_without_a_signal(h):
    h.last_end()["status"] = 143


# --- facts of now, and the way back of who was only to leave ---

def fact(h, what, t, serial=None, **more):
    h.events.append({"kind": "fact", "t": t, "what": what, "serial": serial, "more": more})


def before(h, of, ms=2 * MINUTE):
    return h.sends(of)["checked"] - ms


@planted("O9", leaving)
def covered_before_its_release(h):
    fact(h, "covered", before(h, oracle.RELEASES), A)


@planted("O9", leaving)
def in_service_before_its_release(h):
    h.add(h.one("effect", what="unassign", serial=A), t=before(h, oracle.RELEASES), what="enroll",
          ours=False, activity=None)


@planted("O9", leaving)
def unreadable_before_its_release(h):
    at = before(h, oracle.RELEASES)
    fact(h, "unreadable", at, A, until=at + HOUR)


@planted("O9", leaving)
def regrouped_before_it_was_taken_off(h):
    fact(h, "regrouped", before(h, TAKE), A)


@planted("O9", leaving)
def protected_before_its_release(h):
    fact(h, "protected", before(h, oracle.RELEASES, MINUTE), B)


@planted("O9", leaving)
def kept_by_the_rules(h):
    fact(h, "rules", h.one("start")["t"] - 1)


@planted("O9", leaving)
def left_in_a_pause(h):
    h.add(h.last_end(), proc="pause7", status=0, rows=None, t=h.one("start")["t"] - 1, final=False)


@planted("O9", leaving)
def one_release_too_many(h):
    fact(h, "limit", h.one("start")["t"] - 1, of="release", most=1)


@planted("O9", two)
def one_device_more_than_the_new_limit(h):
    fact(h, "limit", h.one("start")["t"] - 1, of="devices", most=1)


def call_off(h, outcome, status, named):
    h.drop("effect", what="release")
    end = h.last_end()
    end["status"], end["named"] = status, named
    end["rows"][A].update(outcome=outcome, evidence="")


@planted("O3", leaving)
def called_off_and_not_in_status(h):
    call_off(h, "drifted", 5, [])


@planted("O3", leaving)
def protected_and_status_zero(h):
    call_off(h, "protected", 0, [A])


@planted("O5", leaving)
def brought_back_elsewhere(h):
    h.add(h.one("effect", what="release", serial=A), what="assign", before="", after=OTHER)


@planted("O5", leaving)
def released_from_under_another_hand(h):
    e = h.one("effect", what="release", serial=A)
    e["before"] = OTHER
    h.add(e, t=before(h, oracle.RELEASES, HOUR), what="assign", before="", after=OTHER, ours=False,
          activity=None)
    h.one("effect", what="unassign", serial=A)["t"] -= 2 * HOUR


@planted("O2", leaving)
def called_done_and_never_released(h):
    h.drop("effect", what="release", serial=A)


@planted("O2", leaving)
def called_protected_and_on_no_list(h):
    h.row()["outcome"] = "protected"


@planted("F", leaving)
def taken_off_only_to_leave(h):
    call_off(h, "unmatched", 0, [])


# --- in the end ---

@planted("F", rebuild)
def it_never_ends_well(h):
    h.last_end()["status"] = 75


@planted("F", rebuild)
def a_row_that_stays_pending(h):
    h.row()["outcome"] = "pending"


@planted("F", rebuild)
def off_for_ever(h):
    h.drop("effect", what="assign")


@planted("F", rebuild)
def nothing_was_ever_sent(h):
    for kind in ("send", "reply", "effect", "told"):
        h.drop(kind)


# --- and what is nobody's fault ---

HARMLESS = []


def harmless(history):
    def add(do):
        HARMLESS.append((history, do))
        return do
    return add


def quick(h, to):
    """Others brought it elsewhere before the plan; it left and came back within the second that the
    evidence tells."""
    took = h.one("effect", what="unassign")
    h.add(took, t=0, what="assign", before=HOME, after=to, ours=False, activity=None)
    took["before"] = h.one("effect", what="assign", ours=True)["after"] = to
    took["t"] -= took["t"] % SECOND - 300
    for end in h.all("end"):
        end["rows"][A]["evidence"] = "list:" + time.strftime(
            "%Y-%m-%dT%H:%M:%SZ", time.gmtime(took["t"] // SECOND))


@harmless(rebuild)
def back_within_a_second(h):
    quick(h, OTHER)


@harmless(rebuild)
def back_within_a_second_by_another_name(h):
    quick(h, "Gamma")
    h.add(h.one("effect", what="assign", ours=True), t=1, what="server-rename", before=OTHER,
          after="Gamma", ours=False, activity=None)


@harmless(leaving)
def covered_within_the_look(h):
    fact(h, "covered", before(h, oracle.RELEASES, 20 * SECOND), A)


@harmless(leaving)
def unreadable_and_readable_again(h):
    at = before(h, oracle.RELEASES, HOUR)
    fact(h, "unreadable", at, A, until=at + MINUTE)


@harmless(rebuild)
def twice_within_a_second(h):
    quick(h, OTHER)
    took = h.one("effect", what="unassign")
    back = h.one("effect", what="assign", ours=True)
    h.add(back, t=took["t"] - 100)
    h.add(took, t=took["t"] - 200)


def check(tools):
    """ret: sentences about what the oracle overlooks, or finds without a reason."""
    bad, clean = [], {}
    for code, make, do in PLANTED:
        if make not in clean:
            clean[make] = make(tools)
            bad += [f"the quiet world {make.__name__} is no clean one: {s}"
                    for s in oracle.judge(clean[make])]
        h = Handle(clean[make])
        do(h)
        found = h.judged()
        if not any(s.startswith(code + " ") for s in found):
            bad.append(f"{code} {do.__name__} is not found; only {found}")
    for make, do in HARMLESS:
        h = Handle(clean[make])
        do(h)
        bad += [f"{do.__name__} is harmless: {s}" for s in h.judged()]
    return len(PLANTED) + len(HARMLESS), bad
