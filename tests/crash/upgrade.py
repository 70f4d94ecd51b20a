"""A store of an earlier program, killed while devices are off, goes on under this one.

UPGRADE_FROM names that program (make upgrade builds it); without it there are no points.
"""
import os
import signal

import world
from points import DONE, all_done_again, ends, stratified

SETTINGS = 78


def old_program():
    return os.environ.get("UPGRADE_FROM")


def upgraded(w, at):
    """Killed under the old program; this one brings all to an end, once."""
    old = old_program()
    bad = ends(w.apply(shim={"at": at}, program=old), -signal.SIGKILL, DONE)
    off = len(w.stranded())
    has_store = w.database() and w.has_run()
    first = w.runs + 1
    for turn in range(4):
        status = w.apply(now=world.clock(4 + 2 * turn))
        if status == DONE:
            break
    bad += ends(status, DONE)
    bad += [f"{s} is off its server (there were {off})" for s in w.stranded()]
    bad += all_done_again(w)
    if has_store:
        if "as it was before: " not in w.said(first):
            bad.append("the backup is not named: " + w.said(first))
        elif not list((w.folder / "state").glob("*/depmend.db.v1")):
            bad.append("there is no backup")
    sent = len(w.changes())
    status = w.apply(program=old, now=world.clock(20))
    if status != SETTINGS or "newer" not in w.said():
        bad.append(f"the old program ends {status}: {w.said()}")
    if len(w.changes()) != sent:
        bad.append("the old program sent something")
    return bad


def upgrade_points(recorded, everything):
    for at in stratified(recorded.old, 60) if recorded.old else ():
        yield f"upgrade, killed at {at}", upgraded, {"at": at}
