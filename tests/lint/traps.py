#!/usr/bin/python3
"""Every trap of services/README.md (Apple F, UEM H) has a test by name, and a place that handles it:
tests/mutants/traps.py, which `make mutants` proves."""
import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/mutants"))
sys.dont_write_bytecode = True

import mutants  # pylint: disable=wrong-import-position
import traps  # pylint: disable=wrong-import-position

WHERE = {"steps": "tests/steps/case_*.sh", "cli": "tests/cli/*.case", "doctor": "tests/doctor/run.sh"}


def complaints():
    wanted = [f"F.{i}" for i in range(1, traps.APPLE_LAST + 1)] + ["F.28b"]
    wanted += [f"H.{i}" for i in range(1, traps.UEM_LAST + 1)]
    yield from (f"{t}: no test" for t in wanted if not traps.TRAPS.get(t))
    yield from (f"{t}: no such trap" for t in traps.TRAPS if t not in wanted)
    for trap, ways in traps.TRAPS.items():
        for _, _, _, test, label in ways:
            files = TOP.glob(WHERE.get(test, f"tests/unit/{test}.c"))
            if not any(label in f.read_text() for f in files):
                yield f"{trap}: {test} has no test '{label}'"
    for name, (where, swaps, *_) in mutants.MUTANTS.items():
        text = "".join((TOP / file).read_text() for file in where.split())
        for old, _ in swaps:
            if text.count(old) != 1:
                yield f"{name}: {where} holds {text.count(old)} times, not once: {old!r}"


found = list(complaints())
print("\n".join(found), end="\n" if found else "")
sys.exit(bool(found))
