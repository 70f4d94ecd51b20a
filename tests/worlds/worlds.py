#!/usr/bin/env python3
"""Random worlds and what has to hold in them.

    worlds.py BUILD [-n N] [--seed S] [--jobs J] [--depmend PROGRAM] [--keep FOLDER] [--shrink] [--first] [--aim DEED]

Each seed is a world of its own (world.py), played under a conductor that owns time (conductor.py)
and judged by an oracle that sees only what the services, the result files and the exit statuses say
(oracle.py). The last line counts worlds; those that went wrong are told with their seeds.
"""
import argparse
import collections
import json
import multiprocessing
import os
import pathlib
import shutil
import sys
import tempfile
import time
import traceback

import conductor
import oracle
import planted
import realtime
import world

options = top = tools = None


def begin(opt, folder):
    global options, top, tools
    options, top = opt, folder
    tools = None


def get_tools():
    global tools
    if tools is None or tools.sim.poll() is not None:   # one that ended spoils one world only
        tools = world.Tools(options.build, top, options.depmend, options.sim)
    return tools


def aim_of(seed):
    """Half the seeds aim at a cell of the table, or all of them at those of one deed."""
    cells = [c for c in world.cells() if options.aim in (None, c[0])]
    return cells[seed // 2 * 617 % len(cells)] if seed % 2 or options.aim else None


def play(seed, plan=None, turns=None):
    """ret: sentences, the world, its tapes."""
    plan_tape, turn_tape = world.Tape(seed, plan), world.Tape(seed + 1, turns)
    w = world.World(get_tools(), plan_tape, turn_tape, seed, aim_of(seed))
    w.pending = [d for d in w.pending if d[0] != options.without]
    story = None
    try:
        story = w.happen()
        bad = oracle.judge(story)
    except conductor.Broken as e:
        bad = [f"B {e}"]
        get_tools().services.close()
    except Exception:  # one bad world is no reason to leave out the others
        bad = ["H " + traceback.format_exc()]
        get_tools().services.close()
    return bad, w, story, plan_tape.used, turn_tape.used


def signature(bad):
    return {b.split()[0] for b in bad}


def shrink(seed, bad, plan, turns, tries=200):
    """A shorter tape that goes wrong in the same way."""
    wanted = next(iter(sorted(signature(bad))))
    size = max(1, len(plan) // 2)
    best = plan
    while size and tries:
        i = 0
        while i < len(best) and tries:
            for cut in (best[:i] + best[i + size:], best[:i] + [0] * len(best[i:i + size]) + best[i + size:]):
                if cut == best:
                    continue
                tries -= 1
                got = play(seed, cut, turns)
                if wanted in signature(got[0]):
                    best = cut
                    break
            else:
                i += size
        size //= 2
    return play(seed, best, turns)


def story_of(w):
    lines = [f"  devices {json.dumps(w.plan.devices)}",
             f"  batch {w.plan.batch}, {w.plan.writes} changes an hour, activities "
             f"{w.plan.activity_ms // 1000} s, lag {w.plan.lag_ms // 1000}+"
             f"{w.plan.server_lag_ms // 1000} s, waves {w.plan.waves}, --max-wait "
             f"{w.plan.max_wait}, again {w.plan.again}"]
    lines += [f"  {d[0]} at {d[1]} of change {d[2]} {d[4] or ''}" for d in w.fired]
    return lines


def one_real(seed):
    started = time.monotonic()
    w = realtime.Real(get_tools(), seed)
    try:
        bad, story = w.happen()
        bad += oracle.judge(story)
    except Exception:
        bad = ["H " + traceback.format_exc()]
        get_tools().services.close()
    told = [f"  on the real clock: {w.devices}", f"  {w.fired}"] if bad else []
    if bad and options.keep:
        kept = os.path.join(options.keep, f"real{seed}")
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(w.folder, kept)
    return seed, bad, told, [], ["real"], time.monotonic() - started


def one(seed):
    started = time.monotonic()
    bad, w, story, plan, turns = play(seed)
    if bad and options.shrink:
        bad, w, story, plan, turns = shrink(seed, bad, plan, turns)
    told = story_of(w) if bad else []
    if bad and options.keep:
        kept = os.path.join(options.keep, str(seed))
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(w.folder, kept, ignore=shutil.ignore_patterns("conductor", "services"))
        with open(os.path.join(kept, "history.json"), "w", encoding="utf-8") as f:
            json.dump(story, f, indent=1)
    return seed, bad, told, w.covered, w.plan.kinds, time.monotonic() - started


def tell_coverage(cells):
    """Which deeds met which phase of which change, and which cells stayed empty."""
    wanted = world.cells()
    hit = [c for c in wanted if c in cells]
    print(f"coverage: {len(hit)} of {len(wanted)} cells, {100 * len(hit) / len(wanted):.1f} %")
    for deed in world.DEEDS:
        empty = [f"{phase}/{step[:3]}" for d, phase, step in wanted
                 if d == deed and (d, phase, step) not in cells]
        if empty:
            print(f"  {deed:16} not: {' '.join(empty)}")


def main():
    args = argparse.ArgumentParser()
    args.add_argument("build")
    args.add_argument("-n", type=int, default=300)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--jobs", type=int, default=2)
    args.add_argument("--depmend")
    args.add_argument("--sim")
    args.add_argument("--keep")
    args.add_argument("--shrink", action="store_true")
    args.add_argument("--first", action="store_true", help="none after the first that goes wrong")
    args.add_argument("--coverage", action="store_true")
    args.add_argument("--real", type=int, default=0, help="worlds on the real clock")
    args.add_argument("--aim", choices=list(world.DEEDS), help="all at this disturbance")
    args.add_argument("--without", choices=list(world.DEEDS), help="leave out this disturbance")
    args.add_argument("--planted", action="store_true", help="the oracle's own test, too")
    opt = args.parse_args()
    opt.build = os.path.abspath(opt.build)
    memory = pathlib.Path("/dev/shm")  # where a sync takes no time
    folder = tempfile.mkdtemp(dir=memory if memory.is_dir() else None)
    world.make_top(folder)
    total, failed, kinds, cells = 0, 0, collections.Counter(), collections.Counter()
    figures = []    # of each clock for itself: real ones take as long as they take
    failed_kinds, codes = collections.Counter(), collections.Counter()
    try:
        for play_one, n, jobs in ((one, opt.n, opt.jobs), (one_real, opt.real, 8)):
            if not n:
                continue
            begun, before = time.monotonic(), total
            with multiprocessing.Pool(jobs, begin, (opt, folder)) as pool:
                # With --first in order, so that it is the same one each time.
                played = pool.imap if opt.first else pool.imap_unordered
                for seed, bad, told, covered, of, took in played(
                        play_one, range(opt.seed, opt.seed + n)):
                    total += 1
                    kinds.update(of)
                    cells.update(covered)
                    if not bad:
                        continue
                    failed += 1
                    failed_kinds.update(of)
                    codes.update(signature(bad))
                    print(f"not ok: seed {seed} ({took:.1f} s)")
                    print("\n".join(told + ["    " + b.replace("\n", "\n    ") for b in bad[:8]]),
                          flush=True)
                    if opt.first:
                        break   # and with it the pool ends
            took = time.monotonic() - begun
            figures.append(f"{total - before} {'worlds' if play_one is one else 'on the real clock'}"
                           f" in {took:.0f} s, {1000 * took / (total - before):.0f} ms each")
        if opt.planted:
            begin(opt, folder)
            n_planted, overlooked = planted.check(get_tools())
            tools.close()
            failed += len(overlooked)
            print("\n".join([f"planted: {n_planted}, not found: {len(overlooked)}"] + overlooked))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{'; '.join(figures)}; wrong: {dict(codes)}")
    if codes:
        print("of the worlds with each kind went wrong: " + ", ".join(
            f"{k} {failed_kinds[k]}/{kinds[k]}" for k in sorted(kinds)))
    if opt.coverage:
        tell_coverage(cells)
    print(f"{total + (n_planted if opt.planted else 0) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
