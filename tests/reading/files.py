"""Makes files of serials as people have them, and says what each means. No code of the reader is used."""
import random
import re
import subprocess

import words

LETTERS = "0123456789CDFGHJKLMNPQRTVWXY"
PLANTS = ["C02", "F4K", "DMP", "C39", "DLX", "F9F", "GG7", "FVF", "H4T", "C07"]


def private_key():
    return subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout"], capture_output=True, text=True, check=True).stdout


def serial(r):
    while True:
        s = any_serial(r)
        # Like an order number, as one in a hundred thousand is: such a row is told as one at fault.
        if not re.fullmatch("[A-Z]*[0-9]{8,}", s):
            return s


def any_serial(r):
    kind = r.random()
    if kind < 0.55:
        return "".join(r.choice(LETTERS) for _ in range(10))
    if kind < 0.97:
        return r.choice(PLANTS) + "".join(r.choice("CDFGHJKLMNPQRSTVWXY1234567890") for _ in range(9))
    return "W8" + "".join(r.choice("0123456789ABCDEFGHJKLMNPQRSTVWXYZ") for _ in range(9))


class File:
    """data; options: what has to be said with it; sure: serials that have to be read; may: those that may be;
    bad: rows that are at fault; readable: whether it has to be read at all; what: its kind."""

    def __init__(self):
        self.data, self.options, self.sure, self.may = b"", [], [], []
        self.bad, self.readable, self.what = 0, True, []


def quoted(cell, delimiter, r, every):
    if every or delimiter in cell or '"' in cell or "\n" in cell or cell.startswith(" "):
        return '"' + cell.replace('"', '""') + '"'
    return cell


JUNK = {
    "order": lambda r, s: "W%09d" % r.randrange(10**9),
    "order2": lambda r, s: "%010d" % r.randrange(10**10),
    "tag": lambda r, s: "IPAD%04d" % r.randrange(10**4),
    "name": lambda r, s: "MACLAB%04d" % r.randrange(10**4),
    "host": lambda r, s: "LAP-" + s,
    "same": lambda r, s: s,
    "mac": lambda r, s: "".join(r.choice("0123456789ABCDEF") for _ in range(12)),
    "imei": lambda r, s: "35%013d" % r.randrange(10**13),
    "eid": lambda r, s: "8904%028d" % r.randrange(10**28),
    "uuid": lambda r, s: "%08x-%04x-4%03x-a%03x-%012x" % tuple(r.randrange(16**n) for n in (8, 4, 3, 3, 12)),
    "ticket": lambda r, s: "".join(r.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(10)),
    "model": lambda r, s: r.choice(words.MODELS),
    "user": lambda r, s: r.choice(words.NAMES) + ", " + r.choice("ABCDE"),
    "date": lambda r, s: "2026-%02d-%02d" % (r.randrange(1, 13), r.randrange(1, 29)),
    "note": lambda r, s: r.choice(words.NOTES),
    "part": lambda r, s: r.choice(["MK2E3LL/A", "MLL62FD/A", "Z1A0"]),
    "n": lambda r, s: str(r.randrange(1, 9999)),
}
JUNK_HEADERS = {
    "order": "Order Number", "order2": "PO", "tag": "Asset Tag", "name": "Computer Name", "host": "Hostname",
    "same": "Device", "mac": "Wi-Fi MAC", "imei": "IMEI", "eid": "EID", "uuid": "UUID", "ticket": "Ticket",
    "model": "Model", "user": "User", "date": "Date Added", "note": "Notes", "part": "Part Number", "n": "ID",
}


def header_of(r, f):
    """The headers, the serial's index, and what the other columns hold."""
    if r.random() < 0.55:
        tool, _, columns = r.choice(words.TOOLS_ALL)
        f.what.append(tool)
        names = columns.split("|")
    else:
        language = r.choice(list(words.SERIALS))
        f.what.append("own " + language)
        names = ["*" + r.choice(words.SERIALS[language])]
        others = r.sample(words.OTHERS[language], r.randrange(0, 6))
        for one in others:
            names.insert(r.randrange(len(names) + 1), one)
    kinds = [r.choice(["model", "user", "note", "n", "date", "tag", "imei", "order", "part"]) for _ in names]
    if r.random() < 0.5:
        junk = r.choice(list(JUNK))
        at = r.randrange(len(names) + 1)
        names.insert(at, JUNK_HEADERS[junk])
        kinds.insert(at, junk)
        f.what.append("junk " + junk)
    if r.random() < 0.15 and not any("Service Tag" in n for n in names):
        at = r.randrange(len(names) + 1)
        names.insert(at, r.choice(["Replacement Serial", "Old Serial Number", "Ersatzseriennummer", "Monitor Serial"]))
        kinds.insert(at, "other serial")
        f.what.append("other serial")
    at = next(i for i, n in enumerate(names) if n.startswith("*"))
    names[at] = names[at][1:]
    return names, at, kinds


def dressed(r, s, f):
    """A serial as it is found in a cell."""
    kind = r.random()
    if kind < 0.9:
        return s
    return r.choice([s.lower(), " " + s, s + " ", "\u200e" + s, s + "\u00a0", "\u3000" + s, "'" + s,
                     '="%s"' % s, "\ufeff" + s, "\u202a" + s + "\u202c"])


PREAMBLES = [
    ["Device report"], ["Report, devices", "Generated, today"], ["Inventory", "", "Exported by: admin"],
    ["Textbox12{d}Textbox13{d}Textbox14"], ["Owner{d}ID{d}Device{d}"], ["Organization{d}ACME GmbH"],
    ["Serial Number Report"], ["# exported 2026-11-01"], ["List of all devices; confidential"],
    ["Filter: Serial = *", "Rows: 12"],
]
TOTALS = [["Total: {n}"], ["Summe{d}{n}"], ["{n} devices"], ["", "Generated 2026-11-28 10:00"], ["Total{d}{d}{n}"],
          ["-- end of report --"]]


def table(r, f, n_rows):
    d = r.choice([",", ",", ",", ";", ";", "\t", "|"])
    names, at, kinds = header_of(r, f)
    every = r.random() < 0.25
    lines = []
    if r.random() < 0.25:
        chosen = r.choice(PREAMBLES)
        f.what.append("preamble " + chosen[0].split("{")[0])
        lines += [line.format(d=d) for line in chosen]
    head = d.join(quoted(n, d, r, every) for n in names)
    lines.append(head)
    spoil = r.random() < 0.2
    repeat = r.random() < 0.07
    blanks = r.random() < 0.15
    others = r.random()
    for i in range(n_rows):
        s = serial(r)
        cells = []
        for k, kind in enumerate(kinds):
            if k == at:
                cells.append(dressed(r, s, f))
            elif kind == "other serial":
                cells.append(serial(r) if others < 0.7 or r.random() < 0.5 else "")
            else:
                cells.append(JUNK[kind](r, s))
        row = [quoted(c, d, r, every) for c in cells]
        spoilt = spoil and r.random() < 0.08
        if spoilt and i:
            where = r.randrange(len(row))
            row.insert(where, "x y")
            if r.random() < 0.3 and len(row) > 2:
                row.pop() if where < len(row) - 1 else None
            f.may.append(s)
            f.bad += 1
        else:
            whole = len(row)
            if r.random() < 0.03:
                while len(row) > at + 1 and r.random() < 0.7:
                    row.pop()
            # Without its last cells it may as well be a row that lost its own serial, and has another's in its place; the only
            # row that ends in its serial may have what belongs behind it joined to it.
            if len(row) < whole and ({"other serial", "ticket"} & set(kinds[at + 1:]) or (n_rows == 1 and len(row) == at + 1)):
                f.may.append(s)
                f.bad += 1
            else:
                f.sure.append(s)
            if r.random() < 0.03:
                row += [""] * r.randrange(1, 4)
        lines.append(d.join(row))
        if repeat and r.random() < 0.1:
            lines.append(head)
        if blanks and r.random() < 0.15:
            lines.append(r.choice(["", d * (len(names) - 1), "  "]))
    if spoil:
        f.what.append("spoilt rows")
    if repeat:
        f.what.append("repeated header")
    if r.random() < 0.15:
        chosen = r.choice(TOTALS)
        f.what.append("totals")
        lines += [line.format(d=d, n=n_rows) for line in chosen]
        f.bad += len(chosen)
    if r.random() < 0.06 and not lines[0].startswith("#"):
        lines.insert(0, "sep=" + d)
        f.what.append("sep=")
    return lines


def bare(r, f, n_rows):
    kind = r.choice(["one", "one", "notes", "line", "line;", "tabs", "spaces", "comments", "details", "tag first"])
    f.what.append("bare " + kind)
    serials = [serial(r) for _ in range(n_rows)]
    f.sure += serials
    # One alone may look like a word, so it may be asked about.
    f.readable = n_rows >= 5
    if kind == "one":
        return serials
    if kind == "notes":
        return [s + r.choice(["", ",CEO", ",lost, stolen", ",\"a, b\""]) for s in serials]
    if kind in ("line", "line;", "tabs", "spaces"):
        joint = {"line": r.choice([",", ", "]), "line;": ";", "tabs": "\t", "spaces": " "}[kind]
        if r.random() < 0.6 or n_rows < 8:
            return [joint.join(serials) + r.choice(["", joint])]
        return [joint.join(serials[i:i + 5]) for i in range(0, n_rows, 5)]
    if kind == "comments":
        return ["# devices of the board"] + [s + r.choice(["", " # CEO", ""]) for s in serials] + ["", "# end"]
    if kind == "details":
        return [s + "," + r.choice(words.MODELS).replace('"', "") for s in serials]
    return ["IPAD%04d,%s" % (i, s) for i, s in enumerate(serials)]


def unreadable(r, f, n_rows):
    """What nobody can tell: it has to be refused, or read as meant."""
    f.readable = False
    kind = r.choice(["two", "unknown", "order", "pairs", "mixed", "joined", "apart"])
    f.what.append("doubtful " + kind)
    rows = [(serial(r), serial(r)) for _ in range(n_rows)]
    f.sure = []
    if kind == "two":
        return ["Old Serial,New Serial,Name"] + ["%s,%s,x" % p for p in rows]
    if kind == "unknown":
        return ["Ding,Name"] + ["%s,x" % p[0] for p in rows]
    if kind == "order":
        f.sure = [p[0] for p in rows]
        half = len(rows) // 2 + 1
        return (["serialNumber,deviceModel"] + ["%s,iPad" % p[0] for p in rows[:half]] + ["deviceModel,serialNumber"] +
                ["iPad,%s" % p[0] for p in rows[half:]])
    if kind == "pairs":
        return ["%s,%s" % p for p in rows] * 2
    if kind == "joined" and n_rows > 2:
        before = r.choice(["IPAD", "MAC", "APPLE"])
        return ["Serial"] + [before + p[0] for p in rows]
    f.sure = [p[0] for p in rows]
    if kind == "apart":
        return f.sure[:1] + [r.choice(["# keep:", "# Do not touch", "# nicht:"])] + f.sure[1:]
    return [rows[0][0] + ",x"] + ["Name,Serial Number"] + ["x,%s" % p[0] for p in rows[1:]]


ENCODINGS = ["utf-8"] * 6 + ["utf-8-sig"] * 2 + ["utf-16", "utf-16-be", "utf-16-le", "cp1252"]


def encoded(r, f, lines):
    end = r.choice(["\n", "\n", "\r\n", "\r\n", "\r"])
    text = end.join(lines) + r.choice(["", end])
    name = r.choice(ENCODINGS)
    if name in ("utf-16-be", "utf-16-le"):
        data = text.encode(name)
    elif name == "cp1252":
        try:
            data = text.encode(name)
            f.options += ["--encoding", "cp1252"]
        except UnicodeEncodeError:
            name = "utf-8"
            data = text.encode()
    else:
        data = text.encode(name)
    f.what.append(name)
    return data


def make(seed):
    r = random.Random(seed)
    f = File()
    n_rows = r.choice([1, 2, 3, 5, 8, 13, 21, 30, 60]) if r.random() < 0.995 else 1500
    kind = r.random()
    if kind < 0.8:
        f.lines = table(r, f, n_rows)
    elif kind < 0.95:
        f.lines = bare(r, f, n_rows)
    else:
        f.lines = unreadable(r, f, n_rows)
    f.data = encoded(r, f, f.lines)
    return f


def replaced(seed):
    """The same file with a tenth of its serials replaced by others; None: there is nothing to replace."""
    f = make(seed)
    r = random.Random(seed * 7 + 1)
    text = None
    for name in ("utf-8", "utf-16", "cp1252"):
        if name in f.what or name + "-sig" in f.what:
            text = name
    if text is None or len(f.sure) < 10:
        return None
    content = f.data.decode("utf-8-sig" if "utf-8-sig" in f.what else text)
    for s in r.sample(f.sure, len(f.sure) // 10):
        new = "".join(r.choice(LETTERS) for _ in range(len(s)))
        content = content.replace(s, new).replace(s.lower(), new.lower())
    return content.encode("utf-8-sig" if "utf-8-sig" in f.what else text)
