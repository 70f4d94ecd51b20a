#!/usr/bin/env python3
"""Tests of the tests: what keeps a change from coming twice, or a device from being stranded, is
taken out, one at a time in a copy of the sources. Passes when the test named for it fails then.

    mutants.py BUILD [NAME]...

The undisturbed run that crash.py begins with still has to go well: else nothing is proved.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CRASH = ["python3", "tests/crash/crash.py", ".build/release", "--only"]
HTTP = [".build/release/unit/test_http"]

# name: (file, [(what stands there once, what takes its place)], the test)
MUTANTS = {
    "intent after the reply": ("src/engine/flight.c", [
        ("	enum errc rc = j->call.before(j->call.self, now_ms, err);\n", "	enum errc rc = ERR_OK;\n"),
        ("	else\n		rc = j->call.done(",
         "	else if (j->call.request.cls != HTTP_CHANGE ||\n"
         "		!(rc = j->call.before(j->call.self, transport_now(t), &err)))\n"
         "		rc = j->call.done("),
    ], CRASH + ["kill"]),
    "intent not synced": ("src/io/db.c", [("synchronous=FULL", "synchronous=NORMAL")],
                          CRASH + ["order"]),
    "no quarantine": ("src/engine/settle.c", [
        ("	return sent + j->settings->timeouts.activity_ms;\n", "	return sent;\n"),
    ], CRASH + ["lost"]),
    "one reading": ("src/engine/settle.c", [
        ("second = first_ms + j->settings->timeouts.settle_ms;", "second = first_ms;"),
    ], CRASH + ["lost"]),
    "change sent again after a 5xx": ("src/engine/retry.c", [
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
    "no write kept for the way back": ("src/engine/change.c", [
        ("(back ? 0 : writes_to_come_back(j))", "(back ? 0 : 0 * writes_to_come_back(j))"),
    ], CRASH + ["wait"]),
}


def run(command, folder):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return done.returncode, done.stdout


def build(folder):
    status, said = run(["make", "-j2", "VARIANT=release", "all", ".build/release/crash/shim.so",
                        *HTTP], folder)
    if status:
        sys.exit("it does not build:\n" + said)


def failed_tests(said):
    found = re.findall(r"^(?:not ok: |\[  FAILED  \] (?=test_))(.*)", said, re.MULTILINE)
    return list(dict.fromkeys(found))  # cmocka says it twice


def mutate(path, swaps):
    text = path.read_text()
    for old, new in swaps:
        if text.count(old) != 1:
            sys.exit(f"{path.name} holds {text.count(old)} times, not once: {old!r}")
        text = text.replace(old, new)
    path.write_text(text)


def survives(folder, name):
    file, swaps, test = MUTANTS[name]
    path = folder / file
    original = path.read_text()
    mutate(path, swaps)
    build(folder)
    _, said = run(test, folder)
    path.write_text(original)
    found = failed_tests(said)
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
        shutil.copytree(sys.argv[1], folder / ".build/release")
        build(folder)
        for test in {tuple(MUTANTS[n][2]): None for n in names}:
            status, said = run(list(test), folder)
            if status:
                sys.exit(f"{' '.join(test)} fails by itself:\n{said}")
        n_bad = sum(survives(folder, n) for n in names)
    print(f"{len(names) - n_bad} passed, {n_bad} failed")
    sys.exit(n_bad > 0)


main()
