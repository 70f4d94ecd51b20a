#!/usr/bin/python3
"""The files of cases/ and their further members, at least five of each kind: by plan, as a protected list, as in_file, as
an inventory; and that what a refusal advises works.

    cases.py DEPMEND [NTH OF]     the last line is `N passed, N failed`; of so many shares that one, from 0
    cases.py --write FOLDER     all of them as files (tests/survey compares with each)
"""
import collections
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import files
import members
import remedies

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE / "cases"
LEAST_MEMBERS = 5
A, B, C, J = "C02XK1ABJG5H", "F4K9X72HG3", "DMPXK1ABJG5H", "C39XK1ABJG5J"
PROJECT = {
    "A1": (["5FKMP46RDH"], 1), "A2": (["5FKMP46RDH", "7AGC74BU22", "QTJNL3XUK6", "1NXJE8440V"], 0),
    "A5": (["5FKMP46RDH"], 1), "B1": (None, 0), "B5": (["NEA2DH086P", "R9WTRTFXLC"], 0), "B8": (None, 0),
    "C1": ([A, B], 0), "C4": ([A, B], 0), "D1": ([A, B], 0), "D2": ([A, B], 0), "E1": ([A, B], 0), "F1": ([A, B], 0),
    "F3": ([A, B], 0), "G1": ([A, B], 0), "H1": ([A, B], 0), "I1": (None, 0), "I2": (None, 0), "J1": ([A, B, C, J], 0),
    "K1": ([A], 0), "L1": ([A, B, C, J], 0),
}
SETTINGS = """version: 1
tenant: a
apple: {organization: business, client_id: BUSINESSAPI.1, private_key: {env: K}}
sync: {wait: 1m}
"""
ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "K": files.private_key()}
passed = failed = 0


def check(what, good, more=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"not ok: {what}: {str(more)[:600]}")


def run(*args):
    return subprocess.run([depmend, *map(str, args)], capture_output=True, text=True, timeout=120, env={**ENV, "TMPDIR": str(work)}, cwd=work)


def read(path, *options):
    done = run("plan", "--offline", path, "--rules", CASES / "all.yaml", "--json", *options)
    rows = [r for r in map(json.loads, done.stdout.splitlines()) if r["type"] == "row"]
    return done, [r["serial"] for r in rows if r["outcome"] == "planned"], [r for r in rows if r["outcome"] in ("invalid", "skipped")]


def follow(what, path, err):
    """Each remedy that is printed is typed as it is."""
    remedies = set(re.findall(r"(?:--header \S+ )?--serial-column \d+(?: --barcode-s \w+)?|--barcode-s \w+|--encoding \S+", err))
    for remedy in remedies:
        done, serials, bad = read(path, *shlex.split(remedy.rstrip(",;:)")))
        check(f"{what}: {remedy} works", done.returncode in (0, 3) and serials, done.stderr)
    return remedies


def as_protected(what, path, serials, bad, extra=""):
    """Every serial is protected, or 78; a row that is at fault stops it."""
    settings = work / "settings.yaml"
    settings.write_text(SETTINGS + f"protect: {{file: {path}}}\n" + extra)
    done = run("check", "--settings", settings, "--json")
    if serials is None or bad or not serials:
        check(f"{what}: as a protected list: 78", done.returncode == 78, done.stdout)
        return
    check(f"{what}: as a protected list", done.returncode == 0, done.stdout)
    check(f"{what}: protected are", f'"protected":{len(serials)}' in done.stdout, done.stdout)
    wanted = work / "input.csv"
    wanted.write_text("Serial\n" + "\n".join(serials) + "\n")
    done = run("plan", "--offline", wanted, "--settings", settings, "--rules", CASES / "all.yaml", "--json")
    check(f"{what}: protects them", done.stdout.count('"outcome":"protected"') == len(serials), done.stdout + done.stderr)


def written(folder):
    """Each member as a file: its kind and number, the file, what is right."""
    count = collections.Counter()
    for kind, text, serials, bad in members.MEMBERS:
        count[kind] += 1
        path = folder / f"{kind}-member{count[kind]}.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        yield path.stem, path, serials, bad
    count["L1"] = len(members.DATES)
    for kind in PROJECT:
        check(f"{kind}: {count[kind]} further members", count[kind] >= LEAST_MEMBERS)


def hiding():
    path, settings = work / "hiding.csv", work / "settings.yaml"
    for kind, text, count in [(*one, None) for one in members.HIDING] + members.NOT_HIDING:
        path.write_text(text)
        settings.write_text(SETTINGS + f"protect: {{file: {path}}}\n")
        done = run("check", "--settings", settings, "--json")
        if count is None:
            check(f"hiding: {kind}: 78", done.returncode == 78, done.stdout)
        else:
            check(f"not hiding: {kind}", done.returncode == 0 and f'"protected":{count}' in done.stdout, done.stdout)
        done = run("check", "--rules", in_file(path))
        check(f"hiding: {kind}: as in_file", done.returncode == (65 if count is None else 0) and (count is not None or "hiding.csv" in done.stderr), done.stderr)
    for keys, text in members.LEFT_OUT:
        path.write_text(text)
        settings.write_text(SETTINGS + f"protect: {{file: {path}, {keys}}}\n")
        done = run("check", "--settings", settings)
        check(f"left out by {keys}: {text!r}: 78", done.returncode == 78 and "hiding.csv:" in done.stderr, done.stderr)


def second():
    """Serials in a second column of a list that protects are protected, too, or the list is refused. Other lists are read as the input."""
    path, settings, wanted = work / "second.csv", work / "settings.yaml", work / "wanted.csv"
    for text, protected in members.SECOND:
        path.write_text(text)
        settings.write_text(SETTINGS + f"protect: {{file: {path}}}\n")
        done = run("check", "--settings", settings)
        check(f"second: {text!r}: {protected}", done.returncode == (0 if protected else 78), done.stderr)
        if not protected:
            check(f"second: {text!r}: line and setting are named", "second.csv:" in done.stderr and "serial_column: " in done.stderr, done.stderr)
        wanted.write_text("Serial\n" + "\n".join(protected or [A]) + "\n")
        done = run("plan", "--offline", wanted, "--settings", settings, "--rules", CASES / "all.yaml", "--json")
        check(f"second: {text!r}: all are protected", done.stdout.count('"outcome":"protected"') == len(protected or []), done.stdout + done.stderr)
        done, got, faulty = read(path)
        as_in_file(f"second: {text!r}", path, None if done.returncode == 65 else got, len(faulty))
        as_inventory(f"second: {text!r}", path, None if done.returncode == 65 else got)
        told = run("check", "--rules", in_file(path)).stderr
        check(f"second: {text!r}: as in_file: what is not read is told",
              done.returncode == 65 or ("they are not read" in told) == ('"other_column":0' not in done.stdout), told)


def honest():
    path = work / "honest.csv"
    for text, serials in members.HONEST:
        path.write_text(text)
        done, got, faulty = read(path)
        check(f"honest: {text!r}", got == serials and not faulty, done.stderr)


def labels():
    """What stands before single serials, and letters that no serial has, hide no device."""
    path, settings, wanted = work / "labels.csv", work / "settings.yaml", work / "wanted.csv"
    settings.write_text(SETTINGS + f"protect: {{file: {path}}}\n")
    for text, protected, n in members.LABELS:
        path.write_text(text)
        wanted.write_text("Serial\n" + "\n".join(protected) + "\n")
        done = run("plan", "--offline", wanted, "--settings", settings, "--rules", CASES / "all.yaml", "--json")
        check(f"labels: {text!r}: all are protected", done.stdout.count('"outcome":"protected"') == len(protected), done.stdout + done.stderr)
        done = run("plan", "--offline", wanted, "--rules", in_file(path), "--json")
        check(f"labels: {text!r}: as in_file", done.returncode == (65 if n is None else 0) and done.stdout.count('"outcome":"planned"') == (n or 0),
              done.stdout + done.stderr)


def one_off():
    path, settings = work / "one-off.csv", work / "settings.yaml"
    settings.write_text(SETTINGS + f"protect: {{file: {path}}}\n")
    for text, device in members.ONE_OFF:
        path.write_text(text)
        protects(f"one off: {text!r}", work / "wanted.csv", settings, [device])


def some():
    """A scanner's label on some rows."""
    path, settings, wanted = work / "some.csv", work / "settings.yaml", work / "wanted.csv"
    for text, serials in members.SOME:
        path.write_text(text)
        what = f"some: {text[-60:]!r}"
        done, got, _ = read(path)
        check(f"{what}: is asked about", done.returncode == 65 and not got and "--barcode-s strip" in done.stderr, done.stderr)
        check(f"{what}: by check, too", run("check", path).returncode == 65)
        check(f"{what}: remedies", follow(what, path, done.stderr))
        check(f"{what}: stripped", read(path, "--barcode-s", "strip")[1] == serials)
        settings.write_text(SETTINGS + f"protect: {{file: {path}}}\n")
        protects(what, wanted, settings, serials)
        done = run("plan", "--offline", wanted, "--rules", in_file(path), "--json")
        check(f"{what}: as in_file", done.stdout.count('"outcome":"planned"') == len(serials), done.stderr)
    path.write_text(members.SOME_OWN)
    check("some: their own S", len(read(path)[1]) == 3)


def protects(what, wanted, settings, serials):
    wanted.write_text("Serial\n" + "\n".join(serials) + "\n")
    done = run("plan", "--offline", wanted, "--settings", settings, "--rules", CASES / "all.yaml", "--json", "--barcode-s", "keep")
    check(f"{what}: protects all", done.stdout.count('"outcome":"protected"') == len(serials), done.stdout + done.stderr)


def together():
    """Damage that spoils every serial alike: such a list is refused, or protects the devices that were meant."""
    path, settings, wanted = work / "together.csv", work / "settings.yaml", work / "wanted.csv"
    for what, text, refuses, kept in members.TOGETHER:
        refused = refuses is True
        path.write_text(text)
        settings.write_text(SETTINGS + f"protect: {{file: {path}}}\n")
        done = run("check", "--settings", settings)
        check(f"together: {what}: {78 if refused else 0}", done.returncode == (78 if refused else 0), done.stdout + done.stderr)
        check(f"together: {what}: line and remedy", not refused or re.search(r"together.csv:\d+: .*(keep|leave|correct)", done.stderr), done.stderr)
        if not refused:
            protects(f"together: {what}", wanted, settings, [s for s in members.TENS + members.TWELVES if s in text])
        done = run("check", "--rules", in_file(path))
        check(f"together: {what}: as in_file", done.returncode == (65 if refuses else 0), done.stderr)
        done = run("check", "--rules", in_file(path), "--barcode-s", "keep")
        check(f"together: {what}: as in_file, kept", done.returncode == (0 if kept else 65), done.stderr)
        settings.write_text(SETTINGS + f"protect: {{file: {path}}}\ninput: {{barcode_s: keep}}\n")
        done = run("check", "--settings", settings, "--json")
        check(f"together: {what}: kept", f'"protected":{kept}' in done.stdout if kept else done.returncode == 78, done.stdout)
    for text, serials in members.STRIPPED:
        path.write_text(text)
        settings.write_text(SETTINGS + f"protect: {{file: {path}}}\ninput: {{barcode_s: strip}}\n")
        done = run("check", "--settings", settings)
        check(f"together: stripped: {text!r}", done.returncode == (0 if serials else 78), done.stderr)
        if serials:
            protects(f"together: stripped: {text!r}", wanted, settings, serials)


def comments():
    """A comment that says that what stands below it is not meant stops a list that decides, and none that protects."""
    path, settings = work / "comments.csv", work / "settings.yaml"
    settings.write_text(SETTINGS + f"protect: {{file: {path}}}\n")
    for text, n in members.COMMENTS:
        path.write_text(text)
        done, got, _ = read(path)
        check(f"comments: {text!r}", done.returncode == (0 if n else 65) and len(got) == (n or 0), (got, done.stderr))
        done = run("check", "--rules", in_file(path))
        check(f"comments: {text!r}: as in_file", done.returncode == (0 if n else 65), done.stderr)
        as_inventory(f"comments: {text!r}", path, got if n else None)
        done = run("check", "--settings", settings, "--json")
        check(f"comments: {text!r}: protects", f'"protected":{sum(text.count(s) for s in "ABCD" for s in [getattr(members, s)])}' in done.stdout, done.stdout)


def says():
    """Of what is not read, or may be cut, the reading speaks."""
    path = work / "says.csv"
    for text, words in members.SAYS:
        path.write_text(text)
        for done in (run("check", path), read(path, "--out", work / "out.csv")[0]):
            said = re.sub(r"\s+", " ", done.stdout + done.stderr)
            check(f"says: {text!r}", done.returncode == 0, said)
        said = re.sub(r"\s+", " ", run("check", path).stdout)
        check(f"says: {text!r}: {words}", words in said if words else said.count("holds what") + said.count("ends in") + said.count("unusual") == 0, said)
    path.write_text(f"Serial Number,Mac\n{A},{B}\n{C},{members.D}\n")
    check("says: JSON", '"other_column":2' in run("check", path, "--json").stdout)
    check("says: not where the column is told", "holds what" not in run("check", path, "--serial-column", "1").stdout)


def without():
    """A protected list without serials, where the settings allow it."""
    path, settings = work / "without.csv", work / "settings.yaml"
    for text, good in members.EMPTY:
        path.write_text(text)
        settings.write_text(SETTINGS + f"protect: {{file: {path}, empty: allowed}}\n")
        done = run("check", "--settings", settings)
        check(f"without: {text!r}", done.returncode == (0 if good else 78), done.stderr)
        settings.write_text(SETTINGS + f"protect: {{file: {path}}}\n")
        done = run("check", "--settings", settings)
        check(f"without: {text!r}: 78", done.returncode == 78 and (not good or "empty: allowed" in done.stderr), done.stderr)


def all_lists():
    """What the settings, or options, say of encoding and labels holds for in_file and the protected list, too, as they are told."""
    path, settings, wanted = work / "all.csv", work / "settings.yaml", work / "wanted.csv"
    for data, option in [("Gerät;Seriennummer\nx;%s\ny;%s\n".encode("cp1252") % (A.encode(), B.encode()), ("encoding", "cp1252")),
                         ("Gerät;Numéro de série\rx;%s\ry;%s\r".encode("mac_roman") % (A.encode(), B.encode()), ("encoding", "macintosh")),
                         ("名前,シリアル番号\nx,%s\ny,%s\n".encode("cp932") % (A.encode(), B.encode()), ("encoding", "cp932")),
                         (b"S%s\nS%s\n" % (A.encode(), B.encode()), ("barcode-s", "strip")),
                         (b"Serial\n1S%s\n1S%s\n" % (A.encode(), B.encode()), ("barcode-s", "strip"))]:
        path.write_bytes(data)
        wanted.write_text(f"Serial\n{A}\n{B}\n")
        name, value = option
        done = run("check", "--rules", in_file(path))
        check(f"all lists: in_file asks: {option}", done.returncode == 65 and f"--{name} {value}" in done.stderr, done.stderr)
        words = re.search(r"input: \{%s: %s\}" % (name.replace("-", "_"), value), done.stderr)
        settings.write_text(SETTINGS + (words.group(0) if words else "") + "\n")
        for more in ([f"--{name}", value], ["--settings", settings]):
            done = run("plan", "--offline", wanted, "--rules", in_file(path), "--json", *more)
            check(f"all lists: in_file: {more}", done.stdout.count('"outcome":"planned"') == 2, done.stdout + done.stderr)
        settings.write_text(SETTINGS + f"protect: {{file: {path}}}\n")
        done = run("check", "--settings", settings)
        words = re.search(r"input: \{%s: %s\}" % (name.replace("-", "_"), value), done.stderr)
        check(f"all lists: protect names the settings alone: {option}", done.returncode == 78 and words and "--" not in done.stderr, done.stderr)
        settings.write_text(SETTINGS + f"protect: {{file: {path}}}\n{words.group(0) if words else ''}\n")
        check(f"all lists: protect: {option}", "2 serials" in run("check", "--settings", settings).stdout)


def in_file(path):
    rules = work / "rules.yaml"
    rules.write_text(f"version: 1\nname: a\nrules:\n  - {{name: r, match: {{serial|in_file: {path}}}, do: [unassign]}}\n")
    return rules


def as_in_file(what, path, serials, bad):
    rules = in_file(path)
    wanted = work / "input.csv"
    wanted.write_text("Serial\n" + "\n".join(serials or ["C02XK1ABJG5H"]) + "\nZZ9XK1ABJG5H\n")
    done = run("plan", "--offline", wanted, "--rules", rules, "--json")
    if serials is None or bad or not serials:
        check(f"{what}: as in_file: refused", done.returncode == 65 or (not serials and not bad), done.stderr)
        return
    matched = [json.loads(x)["serial"] for x in done.stdout.splitlines() if '"outcome":"planned"' in x]
    check(f"{what}: as in_file", matched == serials, (matched, done.stderr))


def as_inventory(what, path, serials, *options):
    """Apple's devices are then exactly those of the list."""
    wanted, rules = work / "wanted.csv", work / "known.yaml"
    words = re.findall(r"[0-9A-Z]{10,12}", path.read_bytes().decode("latin-1").replace("SERIAL", ""))
    others = sorted({"ZZ9XK1ABJG5H", *words} - set(serials or []))
    wanted.write_text("Serial\n" + "\n".join([*(serials or []), *others]) + "\n")
    rules.write_text("version: 1\nname: a\nrules:\n  - {name: r, match: {apple.known: true}, do: [{note: known}]}\n")
    done = run("rehearse", wanted, "--inventory", path, "--rules", rules, "--out", work / "out.csv", "--json", *options)
    if serials is None:
        check(f"{what}: as an inventory: refused", done.returncode == 65, done.stderr)
        return
    known = [row["serial"] for row in map(json.loads, done.stdout.splitlines()) if row["type"] == "row" and row["outcome"] == "noted"]
    check(f"{what}: as an inventory", known == serials, (known, done.stderr))


def one(what, path, serials, bad):
    done, got, faulty = read(path)
    if isinstance(serials, str):
        check(f"{what}: is called {serials}", serials in done.stderr, done.stderr)
        serials = None
    if serials is None:
        check(f"{what}: is refused", done.returncode == 65, (got, faulty))
        follow(what, path, done.stderr)
    else:
        check(f"{what}: serials", got == serials, (got, done.stderr))
        check(f"{what}: rows at fault", len(faulty) == bad, faulty)
        check(f"{what}: check says how it is read", "reading  " in run("check", path).stdout)
    as_protected(what, path, serials, bad)
    as_in_file(what, path, serials, bad)
    as_inventory(what, path, serials)


def project():
    for path in sorted(CASES.iterdir()):
        name = path.name.split("-")[0]
        if path.suffix not in (".csv", ".xlsx"):
            continue
        serials, bad = PROJECT[name]
        one(path.name, path, serials, bad)
    strip = "input: {barcode_s: strip}\n"
    as_protected("B8 with strip", next(CASES.glob("B8*")), ["NEA2DH086P"], 0, strip)
    (work / "strip.yaml").write_text(SETTINGS + strip)
    as_inventory("B8 with strip", next(CASES.glob("B8*")), ["NEA2DH086P"], "--settings", work / "strip.yaml")
    as_protected("B8 with keep", next(CASES.glob("B8*")), ["NEA2DH086P"], 0, "input: {barcode_s: keep}\n")


def dates():
    path, rules = next(CASES.glob("L1*.csv")), CASES / "L1-rules.yaml"
    done = run("check", path, "--rules", rules)
    found = re.search(r"dates: \[.*\]", done.stderr)
    check("dates: check says what plan rejects", done.returncode == 3 and found, done.stderr)
    mended = work / "mended.yaml"
    mended.write_text(rules.read_text() + (found.group(0) if found else "") + "\n")
    done = run("check", path, "--rules", mended)
    check("dates: the remedy works", done.returncode == 0, done.stderr)
    done = run("plan", "--offline", path, "--rules", mended, "--json")
    check("dates: plan rejects nothing then", '"invalid"' not in done.stdout and done.returncode == 0, done.stdout)
    path = work / "dates.csv"
    for cells, form in members.DATES:
        path.write_text(f"Serial;Added\n{A};{cells}\n")
        done = run("check", path, "--rules", rules)
        check(f"dates: {cells}", (f'dates: ["{form}"]' if form else "do not tell") in done.stderr, done.stderr)


def options():
    path = work / "list.csv"
    path.write_text(f"Ding;Name\n{A};x\n{B};y\n")
    for option in (["--serial-column", "1"], ["--serial-column", "Ding"], ["--header", "1", "--serial-column", "1"]):
        check(f"options: {option}", read(path, *option)[1] == [A, B])
    done = run("check", path, "--serial-column", "Ding")
    pin = re.search(r"^pin +(.*)$", done.stdout, re.M)
    check("options: what check pins is read so", pin and read(path, *shlex.split(pin.group(1)))[1] == [A, B], done.stdout)
    path.write_text(f"{B}\nDing\n{A}\n")
    check("options: none", read(path, "--header", "none", "--serial-column", "1")[1] == [B, A])
    check("options: a line", read(path, "--header", "2", "--serial-column", "1")[1] == [A])
    for text, column, serials, bad in members.TOLD:
        path.write_text(text)
        for header in (["--header", "none"], []):
            done, got, faulty = read(path, *header, "--serial-column", str(column))
            check(f"options: column {column}, {header}: {text!r}", got == serials and len(faulty) == bad, (got, faulty, done.stderr))
    done = run("plan", "--offline", "--rules", CASES / "all.yaml", "--serial", A.lower(), "--serial", B, "--json")
    check("options: --serial", [json.loads(x)["serial"] for x in done.stdout.splitlines() if '"planned"' in x and '"row"' in x] == [A, B], done.stderr)
    check("options: --serial and a file", run("plan", path, "--offline", "--rules", CASES / "all.yaml", "--serial", A).returncode == 64)
    check("options: a bad --serial", run("plan", "--offline", "--rules", CASES / "all.yaml", "--serial", "x-y").returncode == 64)
    for text in (f"7AG-C74-BU22,x\n{A},y\n{B},z\n", f"MPGJQVFGVD,x\n{A},y\n", f"{C},x\nDing,Name\n{A},y\n", f"SN: {C}\nDing,Name\n{A},y\n",
                 f"Ding,SN {C}\n{A},y\n"):
        path.write_text(text)
        for option in ([["--serial-column", "1"]] if C not in text[:len(C)] else []) + ([["--serial-column", "Ding"]] if "Ding" in text else []):
            done, _, _ = read(path, *option)
            check(f"options: {option}: {text!r}: a device above is asked about", done.returncode == 65 and follow(text, path, done.stderr), done.stderr)
    path.write_bytes("Gerät;Seriennummer\nx;".encode("cp1252") + A.encode() + b"\n")
    done, _, _ = read(path)
    check("options: an encoding is asked for", done.returncode == 65 and follow("cp1252", path, done.stderr), done.stderr)
    path.write_bytes("名前,シリアル番号\nx,".encode("cp932") + A.encode() + b"\n")
    done, _, _ = read(path)
    check("options: cp932 is asked for", done.returncode == 65 and "cp932" in done.stderr and follow("cp932", path, done.stderr), done.stderr)


def first_devices():
    """A list whose first serial could be a word: what is advised for a device keeps it."""
    path, word = work / "word.csv", "MPGJQVFGVD"
    for text, wanted in [(f"{word}\n", [word]), (f"{word}\nHMDRCJVCMH\n", [word, "HMDRCJVCMH"]), (f"{word}\n{A}\n{B}\n", [word, A, B]),
                         (f"{word},CEO\n{A},x\n{B},y\n", [word, A, B]), (f"tag1;{word}\ntag2;{A}\ntag3;{B}\n", [word, A, B])]:
        path.write_text(text)
        done, _, _ = read(path)
        advice = re.search(r"(--header none --serial-column \d+)", done.stderr)
        check(f"first device: {text!r}: both ways are told", done.returncode == 65 and advice, done.stderr)
        got = read(path, *shlex.split(advice.group(1)))[1] if advice else []
        check(f"first device: {text!r}: it is kept", got == wanted, got)
        settings = work / "settings.yaml"
        settings.write_text(SETTINGS + f"protect: {{file: {path}}}\n")
        pin = re.search(r"header: none, serial_column: \d+", run("check", "--settings", settings).stderr)
        settings.write_text(SETTINGS + f"protect: {{file: {path}, {pin.group(0) if pin else ''}}}\n")
        done = run("check", "--settings", settings, "--json")
        check(f"first device: {text!r}: it is protected", pin and f'"protected":{len(wanted)}' in done.stdout, done.stdout + done.stderr)
    path.write_text(f"{word}\n{A}\n{B}\n")
    rules = work / "rules.yaml"
    rules.write_text(f"version: 1\nname: a\nrules:\n  - {{name: r, match: {{serial|in_file: {path}}}, do: [unassign]}}\n")
    done = run("check", "--rules", rules)
    check("first device: in_file: a line above is asked for", "above the devices" in done.stderr, done.stderr)
    path.write_text("serial\n" + path.read_text())
    check("first device: in_file: which is read", run("check", "--rules", rules).returncode == 0)


STEPS = 5
tried = set()


def followed(what, text, read_by, keys="", steps=STEPS):
    """Reads the text, or follows each advice until it is read; read_by: its status, serials and message."""
    if (what, text, keys) in tried:
        return
    tried.add((what, text, keys))
    path = work / "advice.csv"
    path.write_text(text)
    status, n, message = read_by(path, keys)
    if status in (0, 3):
        check(f"{what}: {text!r} {keys}: is read", n, message)
        return
    asked = [(text, keys) for keys in re.findall(r"(?:--header \S+ )?--serial-column \d+|protect: \{file: \.\.\., ([^}]*)\}", message)]
    if "--serial-column" in message:
        asked = [(text, keys) for keys in re.findall(r"(?:--header \S+ )?--serial-column \d+", message)]
    asked += [(new, "") for new in remedies.by_hand(text, message)]
    check(f"{what}: {text!r} {keys}: advice is given, and ends", asked and steps, message)
    for new, keys in asked if steps else []:
        followed(what, new, read_by, keys, steps - 1)


def by_plan(path, keys):
    done, serials, _ = read(path, *shlex.split(keys))
    return done.returncode, len(serials), done.stderr


def by_protect(path, keys):
    settings = work / "settings.yaml"
    settings.write_text(SETTINGS + f"protect: {{file: {path}{', ' + keys if keys else ''}}}\n")
    done = run("check", "--settings", settings)
    found = re.search(r"(\d+) serial", done.stdout)
    return done.returncode, int(found.group(1)) if found else 0, done.stderr


def by_rules(path, keys):
    done = run("check", "--rules", in_file(path))
    return done.returncode, 1, done.stderr


def advice():
    """Every remedy that is printed, followed to the letter, leads to a list that is read."""
    for text in members.ADVICE:
        for read_by in (by_plan, by_protect, by_rules):
            followed(read_by.__name__, text, read_by)


def results():
    """A result is an input again, and does not turn what was refused into a device."""
    path, out = work / "in.csv", work / "r.csv"
    path.write_text(f"User,Replacement Serial,Serial Number\nMiller,{C},{A}\nSmith, John,2897K9H8KH,{B}\n")
    run("plan", "--offline", path, "--rules", CASES / "all.yaml", "--out", out)
    _, got, faulty = read(out)
    check("results: a surplus cell stays one", got == [A] and len(faulty) == 1, (got, faulty))
    path.write_text("Serial Number,Model\n")
    check("results: no rows", read(path)[0].returncode == 65)
    path.write_text("Serial Number,depmend_outcome,depmend_run\n")
    check("results: a result without rows", read(path)[0].returncode == 0)


def totals():
    """A row that is no device is neither invalid nor repeated."""
    path = work / "totals.csv"
    for last, says in [("Total: 24\n", "0 invalid, 0 repeated, 1 no device"), ("Total,,24\nend of list\n", "0 invalid, 0 repeated, 2 no device"),
                       (f"n1,{members.MANY[0]},iPad\n", "0 invalid, 1 repeated"), (f"Total: {B}\n", "1 invalid, 0 repeated")]:
        path.write_text(f"Name,Serial Number,Model\n{members.T20}\n{last}")
        done = run("check", path)
        check(f"totals: {last!r}", f"{says}\n" in done.stdout, done.stdout)


def not_a_file():
    """Nobody is told to change what belongs to the system."""
    settings = work / "settings.yaml"
    settings.write_text(SETTINGS + "protect: {file: /dev/null}\n")
    for done in (run("check", "--settings", settings), run("check", "--rules", in_file("/dev/zero")), run("check", "--rules", "/dev/null")):
        check("no file: is refused", done.returncode in (65, 66, 78) and "no file" in done.stderr and "chmod" not in done.stderr, done.stderr)


def later():
    """A column that stops being serials behind the rows that were looked at."""
    path = work / "long.csv"
    rows = [f"{s},n{i}" for i, s in enumerate("C02XK1%06dH" % n for n in range(1200))]
    other = [f"n{i},{s}" for i, s in enumerate("F4K%07dXG" % n for n in range(40))]
    path.write_text("Serial Number,Name\n" + "\n".join(rows + other) + "\n")
    done, _, _ = read(path)
    check("later: is refused", done.returncode == 65 and ":1202:" in done.stderr, done.stderr)
    done, got, faulty = read(path, "--serial-column", "1")
    check("later: settled by the option", len(got) == 1200 and len(faulty) == 40, done.stderr)
    path.write_text("Serial Number,Name\n" + "\n".join(rows + other[:9]) + "\n")
    check("later: few rows are invalid rows", len(read(path)[2]) == 9)


def torn():
    """Two columns with the same serials, until they are not."""
    path = work / "torn.csv"
    serials = ["C02XK1%06dH" % n for n in range(1200)]
    for last, n in [(f"{A},{B}\n", 1), (f"{A},{A.lower()}\n{B},\n{C},n/a\n", 0), (f"{A},7AGC-74BU22\n{B},{A}\n", 2)]:
        path.write_text("Serial Number,Hardware Serial\n" + "".join(f"{s},{s}\n" for s in serials) + last)
        done, got, faulty = read(path)
        check(f"torn: {last!r}", len(got) == 1200 + last.count("\n") - n and len(faulty) == n, done.stderr)


def long_lines():
    """More serials in a line than a record has cells."""
    path = work / "long.csv"
    serials = [f"C02XK1A{n:04d}H" for n in range(1, 1500)] + [A]
    for text in (", ".join(serials), ";".join(serials) + "\n", ",".join(f'"{s}"' for s in serials) + "\n", "\t".join(serials) + "\n# end\n",
                 " ".join(serials[:9]) + "\n" + " ".join(serials[9:])):
        path.write_text(text)
        done, got, faulty = read(path)
        check(f"long lines: {text[:40]!r}", got == serials and not faulty, done.stderr)
        as_protected(f"long lines: {text[:40]!r}", path, serials, 0)
        as_in_file(f"long lines: {text[:40]!r}", path, serials, 0)


def once_more():
    """A result has most rows as they are, and some that are read once more: none of these is then another than at first."""
    path = work / "once-more.csv"
    for odd in ("=1", "+1", "-", "@a"):
        for words in ("left over", "to be sorted", "Halle drei"):
            path.write_text(f"Serial Number,Note\n{A},{odd}\n{C},a\n{J},b\n{words}\n{B},{odd}\n")
            done = run("plan", "--offline", path, "--rules", CASES / "all.yaml")
            check(f"once more: {odd}, {words}", done.returncode == 3 and done.stdout.count(",planned,") == 4, done.stderr)


def kinds():
    for what, path, serials, bad in written(work):
        one(what, path, serials, bad)


PARTS = (project, kinds, hiding, second, honest, labels, one_off, some, together, comments, says, without, all_lists, dates,
         options, first_devices, advice, results, totals, not_a_file, later, torn, long_lines, once_more)


if sys.argv[1] == "--write":
    sys.exit(not list(written(pathlib.Path(sys.argv[2]))))
depmend = str(pathlib.Path(sys.argv[1]).resolve())
with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    nth, of = map(int, sys.argv[2:4] or (0, 1))
    for part in PARTS[nth::of]:
        part()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
