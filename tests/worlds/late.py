"""What cannot be undone goes by facts of now, and who was taken off only to leave, and is not to leave
any more, comes back: the oracle's part for deeds of meanwhile.py. It sees the world's own notes, the
requests and the result files alone.
"""
MINUTE, HOUR = 60_000, 3600_000
DAY = 24 * HOUR
TAKES, PUTS, RELEASES = "UNASSIGN_DEVICES", "ASSIGN_DEVICES", "RELEASE_DEVICES"
LEAVING = ("release", "retire")
# A fact is as old as the look, and that as the last answer that it waited for.
READING = 15_000
CALLED_OFF = {"drifted", "undecided", "protected", "restored"}
RECORD_DEEDS = {"enroll", "unenrolled", "wipe", "delete-record"}


def facts(story, what):
    return [e for e in story.events if e["kind"] == "fact" and e["what"] == what]


def healed(story):
    return min((e["t"] for e in facts(story, "healed")), default=1 << 62)


def record_forbids(story, serial, t):
    """Since when it has been enrolled, by the newest that happened to its records; None: not so."""
    past = [e for e in story.events if e["kind"] == "effect" and e["serial"] == serial and
            e["what"] in RECORD_DEEDS and e["t"] <= t]
    return past[-1]["t"] if past and past[-1]["what"] == "enroll" else None


def forbids(story, serial, t):
    """What stood against its leaving at t, and since when: (word, when) of each."""
    ret = [(e["what"], e["t"]) for e in facts(story, "covered")
           if e["serial"] == serial and e["t"] <= t]
    # The knob is one for all: the end of any such time is that of each before it.
    odd = [e for e in facts(story, "unreadable") if e["t"] <= t]
    if odd and odd[-1]["serial"] == serial and not any(
            odd[-1]["t"] <= min(e["more"]["until"], healed(story)) <= t for e in odd):
        ret.append(("unreadable", odd[-1]["t"]))
    enrolled = record_forbids(story, serial, t)
    if enrolled is not None:
        ret.append(("enrolled", enrolled))
    # A record that came later stands in its own group.
    regrouped = [e["t"] for e in facts(story, "regrouped") if e["serial"] == serial and e["t"] <= t]
    if regrouped and not any(e["kind"] == "effect" and e["serial"] == serial and
                             e["what"] in RECORD_DEEDS for e in story.events):
        ret.append(("regrouped", regrouped[-1]))
    return ret


def is_taken(s):
    return not (s["status"] is not None and 400 <= s["status"] < 500)


def serials_of(story, s):
    return s["serials"] or [story.facts["records"].get(str(s.get("record")), "?")]


def o9_facts_of_now(story):
    """Who is to leave only while it stands so does not, once it does not."""
    for s in story.sends:
        if s["type"] not in (TAKES, RELEASES):
            continue
        for serial in s["serials"]:
            d = story.facts["devices"].get(serial)
            if not d or d["job"] != "retire":
                continue
            for word, since in forbids(story, serial, s["checked"]):
                if s["checked"] - since > story.fresh + READING:
                    yield (f"O9 {s['type']} of {serial} left {(s['checked'] - since) // 1000} s "
                           f"after it was {word} ({s['proc']})")


def o9_protected(story):
    until = healed(story)
    for e in facts(story, "protected"):
        for s in story.sends:
            if e["serial"] in serials_of(story, s) and s["type"] != "PROFILE" and (
                    e["t"] + READING < s["checked"] < until) and not (
                        s["service"] == "apple" and story.is_put_back(s)):
                yield (f"O9 {s['type']} of {e['serial']} left {(s['checked'] - e['t']) // 1000} s "
                       f"after it was put on the protected list ({s['proc']})")


def begun_after(story, t):
    return {e["proc"] for e in story.events if e["kind"] == "start" and e["t"] > t}


def o9_rules(story):
    """A process that began under rules by which nobody leaves lets nobody leave."""
    for e in facts(story, "rules"):
        later = {p for p in begun_after(story, e["t"]) if p.startswith(("apply", "second"))}
        for s in story.sends:
            for serial in s["serials"] if s["proc"] in later else ():
                d = story.facts["devices"].get(serial)
                if d and d["job"] in LEAVING and s["type"] in (TAKES, RELEASES):
                    yield f"O9 {s['type']} of {serial} left, and the rules of {s['proc']} keep it"


def o9_pause(story):
    if story.facts["amnesia"]:
        return
    ends = [e for e in story.events if e["kind"] == "end" and e["status"] == 0]
    for pause in (e for e in ends if e["proc"].startswith("pause")):
        over = min((e["t"] for e in story.events if e["kind"] == "start" and e["t"] >= pause["t"]
                    and e["proc"].startswith("resume")), default=1 << 62)
        later = begun_after(story, pause["t"])
        for s in story.sends:
            if s["proc"] in later and s["t"] < over and s["service"] == "apple" and (
                    not story.is_put_back(s)):
                yield f"O9 {s['type']} of {','.join(s['serials'])} left in a pause ({s['proc']})"


def o9_limits(story):
    """Limits that became smaller count for who begins after that, over all that was done in a day."""
    f = story.facts
    if f["skewed"] or f["amnesia"] or len(f["clients"]) > 1:
        return
    kinds = {"release": RELEASES, "wipe": "WIPE"}
    for e in facts(story, "limit"):
        later, of = begun_after(story, e["t"]), e["more"]["of"]
        counted = [s for s in story.sends if is_taken(s) and (
            s["type"] == kinds[of] if of in kinds else
            s["service"] == "apple" and not story.is_put_back(s))]
        for i, s in enumerate(counted):
            devices = {x for b in counted[:i + 1] if b["t"] > s["t"] - DAY
                       for x in serials_of(story, b)}
            if s["proc"] in later and s["t"] < healed(story) and len(devices) > e["more"]["most"]:
                yield (f"O9 {s['type']} left ({s['proc']}): {len(devices)} devices in a day, and the "
                       f"limit of {of} is {e['more']['most']}")


def left_by_us(story, serial, t):
    """Since when a device that was to leave for good is off by us, and has not left; None: it is not."""
    d = story.facts["devices"].get(serial)
    past = [m for m in story.moves.get(serial, []) if m["t"] <= t]
    if not d or d["job"] not in LEAVING or not past or story.place(serial, t) or (
            past[-1]["what"] != "unassign" or not past[-1]["ours"]):
        return None
    return past[-1]["t"]


def o3_way_back(story):
    """A row that was called off names its device while it is off."""
    for e in story.events:
        if e["kind"] != "end" or e["killed"] or not e["rows"]:
            continue
        for serial in story.facts["devices"]:
            since = left_by_us(story, serial, e["t"])
            outcome = e["rows"].get(serial, {}).get("outcome")
            if since is None or outcome not in CALLED_OFF or story.beyond(serial):
                continue
            if e["named"] is not None and serial not in e["named"]:
                yield (f"O3 {e['proc']} ended with {serial} off its server, called {outcome}, and "
                       "status does not know")
            if e["status"] == 0:
                yield f"O3 {e['proc']} ended 0 with {serial} off its server, called {outcome}"


def o5_way_back(story):
    """It comes back to where it was taken from, and nobody is released whom others moved."""
    for e in story.events:
        d = story.facts["devices"].get(e.get("serial")) if e["kind"] == "effect" else None
        if not d or not e["ours"] or not e["effective"] or d["job"] not in LEAVING:
            continue
        past = [m for m in story.moves[e["serial"]] if m["t"] <= e["t"] and m is not e]
        took = [m["before"] for m in past if m["ours"] and m["what"] == "unassign"]
        if e["what"] == "assign" and not any(
                story.same(b) & story.same(e["after"]) for b in took + [d["home"]]):
            yield f"O5 {e['serial']} came back to {e['after']}, and was taken from {took[-1:]}"
        s = story.by_activity.get(e["activity"])
        if e["what"] != "release" or not e["before"] or not past or past[-1]["ours"] or not s:
            continue
        if past[-1]["t"] < s["checked"] - story.fresh - story.settle - READING:
            yield (f"O5 {e['serial']} was released from {e['before']}, where somebody else had put "
                   f"it {(s['checked'] - past[-1]['t']) // 1000} s before")


def o2_released(story):
    for e in story.events:
        if e["kind"] != "end" or not e["rows"]:
            continue
        for serial, d in story.facts["devices"].items():
            outcome = e["rows"].get(serial, {}).get("outcome")
            if d["job"] in LEAVING and outcome == "done" and not any(
                    m["what"] in ("release", "vanish") and m["t"] <= e["t"]
                    for m in story.moves.get(serial, [])):
                yield f"O2 {serial} is called done by {e['proc']}, and was not released"
            if outcome == "protected" and not any(
                    f["serial"] == serial and f["t"] <= e["t"] for f in facts(story, "protected")):
                yield f"O2 {serial} is called protected by {e['proc']}, and is on no list"


def f_way_back(story):
    """Once all is well again nobody is off who was only to leave."""
    ends = [e for e in story.events if e["kind"] == "end" and e["final"]]
    for serial, d in story.facts["devices"].items():
        since = left_by_us(story, serial, ends[-1]["t"]) if ends else None
        outcome = (ends[-1]["rows"] or {}).get(serial, {}).get("outcome") if ends else None
        if since is None or story.beyond(serial) or outcome in (
                "in_flight", "unverified", "held", "manual", "failed"):
            continue
        # Another run took it off, whose server is gone for good: that is what status says.
        if d["disturbed"] and ends[-1]["status"] and serial in (ends[-1]["named"] or []):
            continue
        yield f"F {serial} was taken off to leave, has not left, and is called {outcome}"


CHECKS = (o9_facts_of_now, o9_protected, o9_rules, o9_pause, o9_limits, o3_way_back, o5_way_back,
          o2_released, f_way_back)
