#!/usr/bin/env python3
"""Tests of the tests: what keeps a change from coming twice, or a device from being stranded, each rule
that this rests on (rules.py), and what handles a trap of the contracts (traps.py), is taken out, one at
a time in a copy of the sources. Passes when the test named for it fails then.

    mutants.py BUILD [NAME]...

The undisturbed run that crash.py begins with still has to go well: else nothing is proved.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

import rules
import traps

BUILD = ".build/release"
HANGS_S = 600
CRASH = ["python3", "tests/crash/crash.py", BUILD, "--only"]
HTTP = [f"{BUILD}/unit/test_http"]
WIPES = ["tests/steps/run.sh", BUILD, "wipe"]

# name: (file or files, [(what stands once in them, what takes its place)], the test[, what it says])
MUTANTS = {
    "intent after the reply": ("src/wire/flight.c src/wire/call.c", [
        ("	enum errc rc = j->call.before(j->call.self, now_ms, err);\n", "	enum errc rc = ERR_OK;\n"),
        ("	else\n		rc = j->call.done(",
         "	else if (j->call.request.cls != HTTP_CHANGE ||\n"
         "		!(rc = j->call.before(j->call.self, transport_now(t), &err)))\n"
         "		rc = j->call.done("),
    ], CRASH + ["kill"]),
    "intent not synced": ("src/io/db/db.c", [("synchronous=FULL", "synchronous=NORMAL")],
                          CRASH + ["order"]),
    "no quarantine": ("src/run/intent.c", [
        ("reply->last_sent_ms + s->timeouts.request_ms + s->timeouts.activity_ms;",
         "reply->last_sent_ms;"),
    ], CRASH + ["lost"]),
    "one reading": ("src/run/doubt.c", [
        ("return d->doubt_ms + j->settings->timeouts.settle_ms;", "return d->doubt_ms;"),
    ], CRASH + ["lost"]),
    "change sent again after a 5xx": ("src/wire/retry.c", [
        ("	if (cls == HTTP_CHANGE)\n		return VERDICT_ANSWER;\n", ""),
    ], CRASH + ["lost"]),
    "change on a used connection": ("src/io/http.c", [
        ("CURLOPT_FRESH_CONNECT, fresh)", "CURLOPT_FRESH_CONNECT, 0L)"),
        ("CURLOPT_FORBID_REUSE, fresh)", "CURLOPT_FORBID_REUSE, 0L)"),
    ], HTTP),
    "no FRESH_CONNECT": ("src/io/http.c", [
        ("CURLOPT_FRESH_CONNECT, fresh)", "CURLOPT_FRESH_CONNECT, 0L)")], HTTP),
    "no FORBID_REUSE": ("src/io/http.c", [
        ("CURLOPT_FORBID_REUSE, fresh)", "CURLOPT_FORBID_REUSE, 0L)")], HTTP),
    "no write kept for the way back": ("src/run/budget.c", [
        ("(back ? 0 : writes_to_come_back(j))", "(back ? 0 : 0 * writes_to_come_back(j))"),
    ], CRASH + ["wait"]),
    "a wipe of another run forgotten": ("src/facts/facts_record.c", [
        ("(void)map_add(&f->fleet->wiping, d.v[i].serial, NULL);", "continue;"),
    ], WIPES, "held in another run as well"),
    "a run with wipes given up": ("src/apply/apply.c", [
        ("(d->results[i] == RESULT_DONE || (i == next && job_is_busy(d))))", "i == next && !job_is_busy(d))"),
    ], WIPES, "what follows a wipe is not lost"),
}


def command_of_words(words):
    """As rules.py has it."""
    name, *rest = words.split()
    if name == "worlds":
        aim = ["--aim", rest[1]] if rest[1:] else []
        return ["python3", "tests/worlds/worlds.py", BUILD, "--first", "-n", rest[0], *aim]
    if name == "crash":
        return CRASH + rest
    if name.startswith("test_"):
        return [f"{BUILD}/unit/{name}"]
    return [f"tests/{name}/run.sh", BUILD, *rest]


for rule, (where, swaps, words) in rules.RULES.items():
    MUTANTS[rule] = (where, swaps, command_of_words(words))


def suite_of(label):
    """The case of tests/steps that says so."""
    steps = pathlib.Path(__file__).resolve().parents[1] / "steps"
    return next(p.stem[5:] for p in steps.glob("case_*.sh") if label in p.read_text())


def command_of(test, label):
    if test == "steps":
        return ["tests/steps/run.sh", BUILD, suite_of(label)]
    if test == "cli":
        return ["tests/cli/run.sh", BUILD, "tests/cli/broken_rules.case"]
    return ["tests/doctor/run.sh", BUILD] if test == "doctor" else [f"{BUILD}/unit/{test}"]


for trap, ways in traps.TRAPS.items():
    for i, (where, old, new, test, label) in enumerate(ways):
        MUTANTS[trap + "abcdef"[i] if i else trap] = (
            where, [(old, new)], command_of(test, label), label)


def run(command, folder, enough=None):
    """Until it ends, or says what is enough. One that hangs has failed."""
    said = []
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", start_new_session=True) as p:
        hangs = threading.Timer(HANGS_S, end, [p])
        hangs.start()
        for line in p.stdout:
            said.append(line)
            if enough and enough(line):
                end(p)
                break
        if hangs.finished.is_set():
            said.append(f"not ok: {' '.join(command)} hangs\n")
        hangs.cancel()
    return p.returncode, "".join(said)


def end(p):
    """With all that it began; a suite takes its folder away with it."""
    for which, patience_s in ((signal.SIGTERM, 5), (signal.SIGKILL, None)):
        try:
            os.killpg(p.pid, which)
            p.wait(patience_s)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass


def build(folder, test):
    units = test if test[0].startswith(f"{BUILD}/unit/") else ["all", f"{BUILD}/crash/shim.so", f"{BUILD}/worlds/shim.so"]
    status, said = run(["make", "-j2", "VARIANT=release", *units], folder)
    if status:
        sys.exit("it does not build:\n" + said)


def failed_tests(said):
    found = re.findall(r"^(?:not ok: |--- |\[  FAILED  \] (?=[a-z]))(.*)", said, re.MULTILINE)
    return list(dict.fromkeys(found))  # cmocka says it twice


def finds(labels):
    """Whether a line tells of a failure that is enough."""
    return lambda line: any(not labels or labels[0] in f for f in failed_tests(line))


def mutate(paths, swaps):
    for old, new in swaps:
        holds = [path for path in paths for _ in range(path.read_text().count(old))]
        if len(holds) != 1:
            sys.exit(f"{paths[0].name} holds {len(holds)} times, not once: {old!r}")
        holds[0].write_text(holds[0].read_text().replace(old, new))


def survives(folder, name):
    files, swaps, test, *labels = MUTANTS[name]
    paths = [folder / file for file in files.split()]
    originals = [path.read_text() for path in paths]
    mutate(paths, swaps)
    build(folder, test)
    _, said = run(test, folder, None if test[0] == "python3" else finds(labels))
    for path, original in zip(paths, originals):
        path.write_text(original)
    found = [f for f in failed_tests(said) if not labels or labels[0] in f]
    print(f"{name:32} {'SURVIVES' if not found else f'{len(found)} failed: {found[0]}'}",
          flush=True)
    if not found:
        print(said)
    return not found


def main():
    top = pathlib.Path(__file__).resolve().parents[2]
    names = sys.argv[2:] or list(MUTANTS)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for part in ("src", "tests", "rules", "samples", "bin"):
            shutil.copytree(top / part, folder / part)
        shutil.copy2(top / "Makefile", folder)
        shutil.copytree(sys.argv[1], folder / BUILD)
        for test in {tuple(MUTANTS[n][2]): None for n in names}:
            build(folder, list(test))
            status, said = run(list(test), folder)
            if status:
                sys.exit(f"{' '.join(test)} fails by itself:\n{said}")
        n_bad = sum(survives(folder, n) for n in names)
    print(f"{len(names) - n_bad} passed, {n_bad} failed")
    sys.exit(n_bad > 0)


if __name__ == "__main__":
    main()
