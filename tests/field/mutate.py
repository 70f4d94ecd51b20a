"""A proxy that spoils one record of one list, and the comparison of what an export made of it.

    mutate.py UPSTREAM PORT-FILE PATH-PATTERN FILE    FILE holds the number of the mutation; -1: none
    mutate.py --compare REFERENCE.csv GOT.csv SERIAL  exit 1 when another device, or a date, differs
    mutate.py --kinds                                 how many kinds there are
"""
import csv, http.server, json, random, re, sys, urllib.error, urllib.request

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
    lambda r: {k: v for k, v in r.items() if k not in ("id", "deviceSerialNumber")},
    lambda r: {**r, "new": {"deep": [1, {"x": None}]}},
    lambda r: {k.upper(): v for k, v in r.items()},
]


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
    paths = [p for p in leaves(record)]
    dated = [p for p in paths if re.search("date|time", p[-1], re.I)]
    if number % 2 and dated:
        put(record, dice.choice(dated), DATES[number // 2 % len(DATES)])
    else:
        put(record, dice.choice(paths), VALUES[number // 2 % len(VALUES)])
    return record


def serve(upstream, port_file, pattern, control):
    class Proxy(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
            ask = urllib.request.Request(upstream + self.path, body, method=self.command)
            for name, value in self.headers.items():
                if name.lower() not in ("host", "content-length", "connection", "accept-encoding"):
                    ask.add_header(name, value)
            try:
                with urllib.request.urlopen(ask) as got:
                    status, kind, text = got.status, got.headers.get("Content-Type"), got.read()
            except urllib.error.HTTPError as got:
                status, kind, text = got.code, got.headers.get("Content-Type"), got.read()
            number = int(open(control).read())
            if status == 200 and number >= 0 and re.search(pattern, self.path):
                root = json.loads(text)
                records = root if isinstance(root, list) else next(v for v in root.values() if isinstance(v, list))
                for i, record in enumerate(records):
                    if SERIAL in json.dumps(record):
                        records[i] = spoil(record, number)
                text = json.dumps(root).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind or "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = forward

        def log_message(self, *words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    open(port_file, "w").write(str(server.server_port))
    server.serve_forever()


def compare(reference, got, serial):
    was, now = ({r["serial"]: r for r in csv.DictReader(open(f, newline=""))} for f in (reference, got))
    wrong = []
    for key, row in was.items():
        if key != serial and now.get(key) != row:
            wrong.append(f"{key}: {row} became {now.get(key)}")
    for name in ("added", "released", "updated", "order_date", "migration_deadline"):
        value = now.get(serial, {}).get(name, "")
        if value not in ("", "unknown", was[serial][name]) and value not in RIGHT:
            wrong.append(f"{serial}: {name} {was[serial][name]} became {value}")
    print("\n".join(wrong))
    return bool(wrong)


# What the written dates mean, for those that mean one instant.
RIGHT = {"2025-04-30T22:05:14.000Z", "2025-04-30T22:05:00.000Z", "2025-04-30T22:05:14.192Z"}
SERIAL = "ODDRECORD002"

if sys.argv[1] == "--compare":
    sys.exit(compare(*sys.argv[2:5]))
if sys.argv[1] == "--kinds":
    print(len(VALUES) + len(DATES) + len(SHAPES))
else:
    serve(*sys.argv[1:5])
