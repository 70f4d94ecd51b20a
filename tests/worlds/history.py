"""What happened in a world, as the services, the wire and the result files tell it: plain data, so
that the oracle can be tried on histories that somebody has falsified.

    facts    devices, servers, limits and times of the world
    events   in order of time; see record() for their kinds
"""
import calendar
import csv
import functools
import io
import json
import re
import time

TERMINAL = {"COMPLETED", "STOPPED", "FAILED"}
CHANGE = "/v1/orgDeviceActivities"


def serials_of(body):
    found = body["data"]["relationships"]["devices"]["data"]
    return [d["id"].strip().upper() for d in found]


@functools.lru_cache(1024)
def parsed(body):
    """Not to be changed: who asks again gets the same."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def as_write(request):
    """What the request would change; None: nothing."""
    r = request
    if r.method == "GET":
        return None
    if r.method == "POST" and r.path == CHANGE:
        body = json.loads(r.body)
        server = body["data"]["relationships"].get("mdmServer", {}).get("data", {}).get("id", "")
        return {"type": body["data"]["attributes"]["activityType"], "serials": serials_of(body),
                "server": server, "service": "apple"}
    found = re.fullmatch(r"/api/mdm/devices/(\d+)/commands", r.path)
    if r.method == "POST" and found:
        return {"type": "WIPE", "record": int(found[1]), "serials": [], "service": "uem"}
    found = re.fullmatch(r"/api/mdm/devices/(\d+)", r.path)
    if r.method == "DELETE" and found:
        return {"type": "DELETE", "record": int(found[1]), "serials": [], "service": "uem"}
    found = re.search(r"/api/mdm/dep/profiles/[^/]*/devices/([A-Z0-9]+)", r.path)
    if r.method == "PUT" and found:
        return {"type": "PROFILE", "serials": [found[1]], "service": "uem"}
    return None


def as_read(request, body):
    """Serial -> server id, "" for none, None for "it is there": what the reply shows of whom.
    Also the server whose list it is a page of."""
    shown, path = {}, request.path
    if request.method != "GET" or not path.startswith("/v1/"):
        return None
    found = re.fullmatch(r"/v1/mdmServers/([^/]+)/relationships/devices", path)
    if found:
        for d in (parsed(body) or {}).get("data", []):
            shown[d["id"].strip().upper()] = found[1]
        return {"shown": shown, "server": found[1]}
    if path == "/v1/orgDevices":
        for d in (parsed(body) or {}).get("data", []):
            shown[d["id"].strip().upper()] = None
        return {"shown": shown, "server": ""}
    found = re.fullmatch(r"/v1/orgDevices/([^/]+)(/relationships/assignedServer)?", path)
    if found:   # its coverage, say, is no look at the device
        on = ((parsed(body) or {}).get("data") or {}).get("id") or "" if found[2] else None
        return {"shown": {found[1].upper(): on}, "server": ""}
    return None


def as_told(request, body):
    """An activity's end, or what its log says of each device."""
    path = request.path
    if request.method != "GET":
        return None
    if path.startswith(CHANGE + "/"):
        doc = parsed(body)
        if doc and "data" in doc:
            return {"activity": path.rsplit("/", 1)[1],
                    "status": doc["data"]["attributes"].get("status")}
    return None


def as_audit(request, body):
    """Actor and text of each event that Apple's audit trail tells of."""
    doc = parsed(body) if request.path == "/v1/auditEvents" else None
    return [(e["attributes"].get("actorId"), json.dumps(e)) for e in (doc or {}).get("data", [])]


def rows_of(path):
    try:
        with open(path, newline="", encoding="utf-8") as f:
            rows = list(csv.DictReader(f))
    except (OSError, ValueError):
        return None
    return {r.get("Serial", ""): {k[8:]: v for k, v in r.items() if k and k.startswith("depmend_")}
            for r in rows}


def as_effect(a, facts):
    return {"kind": "effect", "t": a["t"], "serial": a["serial"].upper(), "what": a["what"],
            "before": a["before"], "after": a["after"], "effective": a["effective"],
            "ours": a["actor"] in facts["clients"], "activity": a.get("activity")}


def continued(said):
    """When the run was planned that this process went on with, by its name; None: a new one."""
    found = re.search(r"continuing run (\d{8}-\d{6})", said)
    if not found:
        return None
    return calendar.timegm(time.strptime(found[1], "%Y%m%d-%H%M%S")) * 1000


def record(log, audit, facts):
    """log: the conductor's. audit: lines of the simulator's. Kinds of event:

    send      n proc boot type serials server         bytes of a change have left
    reply     n proc status activity                  its reply came; status None: it broke
    asked     proc                                    Apple is asked for what others did
    heard     proc                                    any reply came
    read      proc begin shown server                 a read of Apple ended
    told      proc activity status                    the state of an activity came
    audit     proc begin moved                        Apple told of what others did to whom
    commit    proc
    effect    serial what before after effective ours activity   in truth
    start     proc argv;    end   proc status rows named final
    fact      what serial more                        somebody changed what a device is judged by
    boot, step
    """
    events, begun = [], {}
    boot = 0
    for e in log:
        kind = e["event"]
        if kind == "request":
            begun[e["request"].n] = e["at"]
            if e["request"].path == "/v1/auditEvents":
                events.append({"kind": "asked", "t": e["at"], "proc": e["process"].name})
            write = as_write(e["request"])
            if write:
                events.append({"kind": "send", "t": e["at"], "n": e["request"].n, "boot": boot,
                               "checked": e["request"].checked,
                               "proc": e["process"].name, **write})
        elif kind == "reached" and as_write(e["request"]):
            events.append({"kind": "reached", "t": e["at"], "n": e["request"].n,
                           "status": e["status"]})
        elif kind == "reply":
            r, t = e["request"], e["at"]
            events.append({"kind": "heard", "t": t, "proc": r.process.name})
            if as_write(r):
                doc = parsed(e["body"]) if e["status"] == 201 else None
                events.append({"kind": "reply", "t": t, "n": r.n, "proc": r.process.name,
                               "status": e["status"],
                               "activity": doc["data"]["id"] if doc else None,
                               "late": e["late"]})
                continue
            if e["status"] != 200:
                continue
            read, told = as_read(r, e["body"]), as_told(r, e["body"])
            others = [text for actor, text in as_audit(r, e["body"])
                      if actor not in facts["clients"]]
            if others:
                serials = {s for text in others for s in facts["devices"] if s in text}
                events.append({"kind": "audit", "t": t, "begin": begun[r.n],
                               "proc": r.process.name, "moved": sorted(serials)})
            if read:
                events.append({"kind": "read", "t": t, "begin": begun[r.n],
                               "proc": r.process.name, **read})
            if told:
                events.append({"kind": "told", "t": t, "proc": r.process.name, **told})
        elif kind == "commit":
            events.append({"kind": "commit", "t": e["at"], "proc": e["process"].name})
        elif kind == "started":
            events.append({"kind": "start", "t": e["at"], "proc": e["process"].name,
                           "argv": e["argv"]})
        elif kind == "finished":
            events.append({"kind": "end", "t": e["at"], "proc": e["name"], "status": e["status"],
                           "rows": e["rows"], "named": e["named"], "final": e["final"],
                           "signals": e["signals"], "killed": e["killed"],
                           "planned": e["planned"]})
        elif kind == "fact":
            events.append({"kind": "fact", "t": e["at"], "what": e["what"], "serial": e["serial"],
                           "more": e["more"]})
        elif kind in ("boot", "step", "paused"):
            boot += kind == "boot"
            events.append({"kind": kind, "t": e["at"]})
    for line in audit:
        a = json.loads(line)
        if a["kind"] == "effect":
            events.append(as_effect(a, facts))
        elif a["kind"] in ("accepted", "terminal"):
            events.append({"kind": a["kind"], "t": a["t"], "activity": a["activity"],
                           "status": a.get("status")})
    events.sort(key=lambda e: e["t"])
    return {"facts": facts, "events": events}


def dump(history):
    out = io.StringIO()
    json.dump(history, out)
    return out.getvalue()
