#!/usr/bin/env python3
"""Kills, signals, lost replies, full disks: nothing twice, nothing lost, nobody stranded.

    crash.py BUILD [--all] [--only SUITE]... [--point NAME] [--part I/N]

Each point has a world of its own (world.py, points.py). Both programs go by a virtual clock, so
that hours pass in milliseconds. Without --all: a sample that is quick enough for `make test`.
"""
import argparse
import errno
import multiprocessing
import pathlib
import shutil
import sys
import tempfile
import time
import traceback

import kinds
import moved
import points
import restored
import upgrade
import weather
import world

SUITES = {**points.SUITES, "kinds": kinds.kind_points, "weather": weather.weather_points,
          "restored": restored.restored_points, "moved": moved.moved_points,
          "upgrade": upgrade.upgrade_points}
SHOWN = 12  # complaints of a point, at most
build = top = None


def open_world(kind=None, **options):
    return kinds.Small(build, top, kind) if kind else world.World(build, top, **options)


def record_disk(glob):
    """How many writes and syncs of an undisturbed run concern these files."""
    with open_world() as w:
        log = w.folder / "log"
        w.apply(shim={"log": log, "path": glob, "fail": errno.EIO})
        return sum(" send " not in line for line in log.read_text().splitlines())


def record_old():
    """What the program does that stores are brought up to date from; none: there is no such."""
    program = upgrade.old_program()
    if not program:
        return []
    with open_world() as w:
        log = w.folder / "log"
        if w.apply(shim={"log": log}, program=program):
            sys.exit("the old program: " + w.said())
        return [line.split(" ", 2)[1:] for line in log.read_text().splitlines()]


def record():
    with open_world() as w:
        log = w.folder / "log"
        bad = points.ends(w.apply(shim={"log": log}), points.DONE) + points.all_done(w)
        if bad:
            sys.exit("an undisturbed run goes wrong: " + "\n".join(bad + [w.said()]))
        calls = [line.split(" ", 2)[1:] for line in log.read_text().splitlines()]
        reads = sum(a["kind"] == "request" and a["method"] == "GET" for a in w.audit())
        disk = {name: record_disk(glob) for name, glob in points.DISK.items()}
        return points.Recorded(build, calls, disk, len(w.changes()), reads, record_old())


def work(point):
    name, do, options = point
    of_world = {k: v for k, v in options.items()
                if k in ("scenario", "sim", "extra", "keep_sim_state", "rules", "kind")}
    started = time.monotonic()
    with open_world(**of_world) as w:
        try:
            bad = do(w, **{k: v for k, v in options.items() if k not in of_world})
        except Exception:  # one bad point is no reason to leave out the others
            bad = [traceback.format_exc()]
        if bad:
            bad = bad[:SHOWN]
            bad += [f"run {i} said: {w.said(i).strip()}" for i in range(1, w.runs + 1)]
    return name, bad, time.monotonic() - started


def run_suite(name, chosen):
    n_bad = longest = 0
    started = time.monotonic()
    with multiprocessing.Pool(2) as pool:
        for point, bad, took in pool.imap_unordered(work, chosen):
            longest = max(longest, took)
            n_bad += bool(bad)
            if bad:
                print(f"not ok: {point}")
                for line in bad:
                    print("    " + line.replace("\n", "\n    "), flush=True)
    print(f"{name:10} {len(chosen):5} points  {n_bad:4} failed  "
          f"{time.monotonic() - started:5.0f} s, the longest {longest:.1f} s", flush=True)
    return len(chosen) - n_bad, n_bad


def main():
    global build, top
    args = argparse.ArgumentParser()
    args.add_argument("build")
    args.add_argument("--all", action="store_true")
    args.add_argument("--only", action="append", choices=SUITES)
    args.add_argument("--point", help="only points of this name")
    args.add_argument("--part", default="1/1",
                      help="the I-th of N points each, for runs in pieces")
    args = args.parse_args()
    part, n_parts = (int(x) for x in args.part.split("/"))
    build = pathlib.Path(args.build).resolve()
    memory = pathlib.Path("/dev/shm")  # where a sync takes no time
    top = pathlib.Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    passed = failed = 0
    try:
        world.make_keys(top)
        recorded = record()
        for name in args.only or SUITES:
            chosen = [p for p in SUITES[name](recorded, args.all)
                      if args.point in (None, p[0])][part - 1::n_parts]
            good, bad = run_suite(name, chosen)
            passed, failed = passed + good, failed + bad
    finally:
        shutil.rmtree(top, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
