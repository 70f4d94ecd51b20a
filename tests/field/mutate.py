"""Spoils one record of each list on its way, and compares what a command made of the others.

    mutate.py run CASE SIMULATOR-PORT DEPMEND COUNT   in a folder with depmend.yaml, through a proxy
                                                      of its own; a line per fault, at last their number
    mutate.py kinds                                   how many kinds of mutation there are
    mutate.py cases                                   their names, each with its lists
"""

import csv
import functools
import http.client
import http.server
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading

VALUES = [
    None, False, True, 0, 7, -1, 1.5, 9007199254740993, "", " ", "x", "0", "null", [], {}, [None], ["x"],
    {"Value": 1}, "\u200b", "A" * 5000, "ünï", "\u202eevil", "<b>", "'; --", "NaN",
]
DATES = [
    1746050714192, 1746050714, False, None, "", "0001-01-01T00:00:00Z", "1/1/1900 12:00:00 AM",
    "1970-01-01T00:00:00Z", "05/11/2026 1:22:16 PM", "2025-04-30T22:05:14+0000", "2025-04-30T22:05Z",
    "2025-04-30T22:05", "2025-04-30", "soon", "/Date(1746050714192)/", "2025-04-31T00:00:00Z",
]
SHAPES = [
    lambda r: None, lambda r: 7, lambda r: "x", lambda r: [], lambda r: {}, lambda r: [r],
    lambda r: {"attributes": r.get("attributes")} if isinstance(r, dict) else r,
    lambda r: {k: v for k, v in r.items() if k.lower() not in ("id", "uuid", "deviceserialnumber", "serial_number")},
    lambda r: {**r, "new": {"deep": [1, {"x": None}]}},
    lambda r: {k.upper(): v for k, v in r.items()},
    lambda r: {**r, "picture": "A" * 300_000},
    lambda r: {**r, "deep": functools.reduce(lambda v, _: [v], range(600), 7)},
]
# What the written dates mean, for those that mean one instant.
RIGHT = {"2025-04-30T22:05:14.000Z", "2025-04-30T22:05:00.000Z", "2025-04-30T22:05:14.192Z",
         "2025-04-30T00:00:00.000Z"}
ODD = "ODDRECORD002"  # whose records are spoilt
LONE = "ODDRECORD006"  # the one on the server whose record is

# Which lists, and by what the record to be spoilt is known. The server is one that nobody needs.
LISTS = {
    "devices": (r"^/v1/orgDevices\?", ODD),
    "members": (r"/relationships/devices", ODD),
    "servers": (r"^/v1/mdmServers\?", "Spare"),
    "events": (r"^/v1/auditEvents", ODD),
    "listed": (r"/dep/groups/[^/]*/devices", ODD),
    "tokens": (r"/enrollment-tokens\?", ODD),
    "records": (r"/mdm/devices(/search)?\?", ODD),
    "profiles": (r"/dep/profiles/search", "Odd Profile"),
    "purchased": (r"/mam/apps/purchased/search", "Field Notes"),
    "apps of a device": (r"/mdm/devices/ODD/apps", "com."),
    "public apps": (r"/mam/apps/search", "Transit"),
    "groups": (r"/system/groups/search", "WS1EMEA2"),
    "users": (r"/system/users/search", "@"),
    "children": (r"/system/groups/[^/]*/children", "Name"),
}


# --- mutations ---


def leaves(v, path=()):
    if isinstance(v, dict):
        for k, m in v.items():
            yield from leaves(m, path + (k,))
    else:
        yield path


def put(v, path, value):
    for k in path[:-1]:
        v = v[k]
    v[path[-1]] = value


def spoil(record, number):
    """One of many: a shape, or a value put in the place of another."""
    dice = random.Random(number)
    if number % 5 == 0:
        return SHAPES[number // 5 % len(SHAPES)](record)
    record = json.loads(json.dumps(record))
    paths = list(leaves(record))
    dated = [p for p in paths if re.search("date|time|lastseen", p[-1], re.I)]
    if number % 2 and dated:
        put(record, dice.choice(dated), DATES[number // 2 % len(DATES)])
    else:
        put(record, dice.choice(paths), VALUES[number // 2 % len(VALUES)])
    return record


def spoil_list(text, mark, number):
    """The reply with one record spoilt; whether there was one."""
    root = json.loads(text)
    lists = [root] if isinstance(root, list) else [v for v in root.values() if isinstance(v, list)]
    for records in lists:
        for i, record in enumerate(records):
            if mark in json.dumps(record):
                records[i] = spoil(record, number)
                return json.dumps(root).encode(), True
    if isinstance(root, dict) and mark in json.dumps({k: v for k, v in root.items() if not isinstance(v, (dict, list))}):
        return json.dumps(spoil(root, number)).encode(), True
    return text, False


def record_id(v):
    """The UEM's id of the odd device, wherever a reply tells it."""
    if isinstance(v, dict) and v.get("SerialNumber") == ODD and "Id" in v:
        return v["Id"]["Value"] if isinstance(v["Id"], dict) else v["Id"]
    found = [record_id(m) for m in (v.values() if isinstance(v, dict) else v if isinstance(v, list) else ())]
    return next((f for f in found if f is not None), None)


class State:
    number = -1
    lists = ()
    spoilt = {}
    odd = None


def proxy(upstream):
    class Proxy(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
            link = http.client.HTTPConnection("127.0.0.1", upstream)
            drop = ("host", "content-length", "connection", "accept-encoding")
            link.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if k.lower() not in drop})
            got = link.getresponse()
            text = got.read()
            link.close()
            if got.status == 200 and "/mdm/devices" in self.path and State.odd is None:
                State.odd = record_id(json.loads(text))
            for name in State.lists if got.status == 200 and State.number >= 0 else ():
                pattern, mark = LISTS[name]
                if re.search(pattern.replace("ODD", str(State.odd)), self.path):
                    text, done = spoil_list(text, mark, State.number * 31 + len(name))
                    State.spoilt[name] = State.spoilt.get(name, 0) + done
            self.send_response(got.status)
            if text or got.status != 204:
                self.send_header("Content-Type", got.headers.get("Content-Type") or "application/json")
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = forward

        def log_message(self, *words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


# --- what is compared ---


def rows(text, key):
    return {r[key]: r for r in csv.DictReader(io.StringIO(text))}


def same_rows(was, now):
    """The rows of others are as they were; dates of the odd one are right, absent or unknown."""
    was, now = rows(was, "serial"), rows(now, "serial")
    for row in (*was.values(), *now.values()):
        for name in ("inventory", "inventory_devices"):  # of the list, not of the row
            row.pop(name, None)
    for key, row in was.items():
        if key == LONE and now.get(key):
            changed = {k for k in row if now[key][k] != row[k] and now[key][k] not in ("", "unknown")}
            if changed - {"server"} or (changed and now[key]["server"].startswith("WS1")):
                yield f"{key}: {changed} became {now[key]}"
        elif key != ODD and now.get(key) != row:
            yield f"{key}: {row} became {now.get(key)}"
    for name in ("added", "released", "updated", "order_date", "migration_deadline", "last_seen"):
        value = now.get(ODD, {}).get(name, "")
        if value not in ("", "unknown", was[ODD].get(name)) and value not in RIGHT:
            yield f"{ODD}: {name} {was[ODD][name]} became {value}"


def same_verdicts(was, now):
    """Others are judged as they were, or not at all; nothing of the odd one is taken for missing."""
    was, now = rows(was, "serial"), rows(now, "serial")
    for key, row in was.items():
        rule, before = (r.get(key, {}).get("depmend_rule") for r in (now, was))
        if now.get(key, {}).get("depmend_outcome") == "undecided":
            continue
        if key != ODD and rule != before:
            yield f"{key}: {before} became {rule}"
        if key == ODD and rule and rule.startswith("absent"):
            yield f"{key}: taken for missing by {rule}"


def same_events(was, now):
    was, now = rows(was, "serial"), rows(now, "serial")
    for key in was:
        if key != ODD and now.get(key) != was[key]:
            yield f"{key}: {was[key]} became {now.get(key)}"
    for key in set(now) - set(was):
        yield f"{key} appeared"


def no_new_findings(was, now):
    """What cannot be read is not checked; a finding may be about the spoilt record alone."""
    def findings(text):
        found = [json.loads(line) for line in text.splitlines()]
        return {(f["check"], f["subject"]) for f in found if f.get("state") == "finding"}
    for check, subject in findings(now) - findings(was):
        spoilt = any(subject[:60] == str(v)[:60] for v in VALUES)  # a long name is cut where it is shown
        if not spoilt and not any(mark in subject for _, mark in LISTS.values()):
            yield f"new: {check} {subject}"


CASES = {
    "export": (["export", "--detail", "--out", "got.csv"], "got.csv", same_rows, (0,),
               ("devices", "members", "servers", "listed", "tokens", "records")),
    "plan": (["plan", "mutated.csv", "--rules", "mutated.yaml", "--out", "got.csv"], "got.csv", same_verdicts, (0, 3),
             ("profiles", "purchased", "apps of a device", "tokens", "records", "listed", "groups")),
    "events": (["export", "--off-server", "--out", "got.csv"], "got.csv", same_events, (0,), ("events",)),
    "doctor": (["doctor", "--json"], None, no_new_findings, (0, 3),
               ("users", "children", "public apps", "purchased", "profiles", "servers")),
}


def run(case, port, depmend, count):
    args, out, compare, allowed, State.lists = CASES[case]
    mine = proxy(port)
    text = open("depmend.yaml").read().replace(f"127.0.0.1:{port}", f"127.0.0.1:{mine}")
    open("mutated.depmend.yaml", "w").write(text)
    env = {**os.environ, "DEPMEND_SETTINGS": "mutated.depmend.yaml"}
    faults, want = 0, None
    first = int(os.environ.get("MUTATED_FROM", "0"))  # for several at once
    for number in (-1, *range(first, first + 3 * count)):
        State.number = number
        if all(State.spoilt.get(name, 0) >= count for name in State.lists):
            break
        if case != "events":
            shutil.rmtree("state", ignore_errors=True)
        if out and os.path.exists(out):
            os.unlink(out)
        got = subprocess.run([depmend, *args, "--max-wait", "12h"], env=env, capture_output=True, text=True, check=False)
        said = open(out, newline="").read() if out and os.path.exists(out) else got.stdout
        if number < 0:
            want = said
            if got.returncode not in allowed:
                print(got.stderr)
            continue
        wrong = list(compare(want, said)) if got.returncode in allowed else [f"exit {got.returncode}: {got.stderr[-300:]}"]
        faults += bool(wrong)
        for one in wrong[:3]:
            print(f"{case} {number}: {one}")
    for name in State.lists:
        if State.spoilt.get(name, 0) < count:
            print(f"{case}: of the list of {name} only {State.spoilt.get(name, 0)} replies were spoilt")
            faults += 1
    print(faults)


if sys.argv[1] == "kinds":
    print(len(VALUES) + len(DATES) + len(SHAPES))
elif sys.argv[1] == "cases":
    for name, case in CASES.items():
        print(name, *case[-1])
else:
    run(sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
