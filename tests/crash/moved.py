"""The ledger goes away under a run, or another one takes its place: nothing new begins, who is off
comes back, and the next command copes with what it finds.
"""
import shutil
import signal
import time

from points import CHANGE, DONE
from restored import folder_of, go_on

CANNOT_WRITE = 74


def ledger(w):
    for f in folder_of(w).glob("depmend.db*"):
        f.unlink()


def database(w):
    """Its journals stay."""
    w.database().unlink()


def copied(w):
    """As a restore by hand does it: the same bytes, another file."""
    copy = w.database().with_name("copy")
    shutil.copy(w.database(), copy)
    copy.rename(w.database())


def folder(w):
    shutil.rmtree(w.folder / "state")


def elsewhere(w):
    (w.folder / "state").rename(w.folder / "elsewhere")


def back(w):
    shutil.rmtree(w.folder / "state", ignore_errors=True)
    (w.folder / "elsewhere").rename(w.folder / "state")


HOW = {"ledger": ledger, "database": database, "copied": copied, "folder": folder,
       "elsewhere": elsewhere}
# Three leave together, whose intents are written before the first of them does.
AT = {"taken off": (CHANGE + " UNASSIGN", 3), "on the way back": (CHANGE + " ASSIGN", 1),
      "later on the way back": (CHANGE + " ASSIGN", 3)}


def stopped(w, path, at):
    """A run whose bytes have left, and which stands still."""
    process = w.start(shim={"path": path, "at": at, "after": 1, "signal": int(signal.SIGSTOP),
                            "log": w.folder / "log"})
    patience = w.patience(process)
    while process.poll() is None and not patience.is_over():
        with open(f"/proc/{process.pid}/stat") as f:
            if f.read().rsplit(")", 1)[1].split()[0] == "T":
                break
        time.sleep(0.005)
    return process


def taken_off(w):
    """How many requests were to take devices off."""
    return (w.folder / "log").read_text().count(f" send {CHANGE} UNASSIGN\n")


def moved(w, how, path, at):
    process = stopped(w, path, at)
    before = taken_off(w)
    HOW[how](w)
    process.send_signal(signal.SIGCONT)
    status = w.finish(process)
    bad = [] if status == CANNOT_WRITE else [f"it ends {status}"]
    bad += [f"{s} is off its server" for s in w.stranded()]
    bad += ["more were taken off afterwards"] * (taken_off(w) != before)
    if how == "elsewhere":
        back(w)
    status, _ = go_on(w, 8)
    bad += [] if status == DONE else [f"in the end it ends {status}"]
    return bad + [f"{s} is off its server in the end" for s in w.stranded()]


def moved_points(recorded, everything):
    for i, (when, (path, at)) in enumerate(AT.items()):
        for k, how in enumerate(HOW):
            if everything or k % len(AT) == i:
                yield f"{how} gone, {when}", moved, {"how": how, "path": path, "at": at}
