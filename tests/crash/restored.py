"""An older state in the place of the newest, from any step of a run: it is noticed, and what it
forgot is found. Nobody stays off, nothing that cannot be undone comes twice.
"""
import collections
import contextlib
import re
import shutil
import signal
import sqlite3

import world
from points import DONE, SOME_FAILED, stratified

OLDER = "the state is older than what was last done with it"
# A device is taken out and released where the world says delete.
RULES = world.RULES.replace("do: [delete_from_lifecycle]", "do: [delete_from_lifecycle, release]")
ALLOW = ("--allow", "release=20")
GUARD = 4


def folder_of(w):
    return next((w.folder / "state").glob("[0-9a-f]*/"), None)


# --- ways to keep a state, and to bring it back ---

def keep_database(w):
    db = w.database()
    if not db:
        return False
    for name in ("depmend.db", "depmend.db-wal"):
        if (db.parent / name).exists():
            shutil.copy(db.parent / name, w.folder / f"kept.{name}")
    return True


def put_database(w):
    for f in folder_of(w).glob("depmend.db*"):
        f.unlink()
    for name in ("depmend.db", "depmend.db-wal"):
        if (w.folder / f"kept.{name}").exists():
            shutil.copy(w.folder / f"kept.{name}", folder_of(w) / name)


def keep_backup(w):
    return w.apply(command=("backup", "kept.backup")) == DONE


def put_backup(w):
    if w.apply(command=("restore", "kept.backup")) == GUARD:
        number = re.search(r"--confirm (restore=\d+)", w.said())[1]
        w.apply(command=("restore", "kept.backup", "--confirm", number))


def keep_folder(w):
    if (w.folder / "state").exists():
        shutil.copytree(w.folder / "state", w.folder / "kept")
    return (w.folder / "state").exists()


def put_folder(w):
    shutil.rmtree(w.folder / "state")
    (w.folder / "kept").rename(w.folder / "state")


def intended(w):
    """The devices of changes that the state knows to have been about to leave: it has not forgotten them."""
    with contextlib.closing(sqlite3.connect(next(folder_of(w).glob("depmend.db")))) as db:
        if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'request'").fetchone():
            return set()  # of before its first table: it knows of nothing
        return {s for (s,) in db.execute("SELECT serial FROM request r JOIN request_device d ON d.request = r.id "
                                         "WHERE r.state = 0")}


HOW = {"database": (keep_database, put_database), "backup": (keep_backup, put_backup),
       "folder": (keep_folder, put_folder)}


# --- what a person does, who reads what is said ---

def go_on(w, hour):
    """Until all is done, or nothing more helps. ret: status, whether the flag was wanted."""
    flags, wanted, status, past = {"release=20": "--allow"}, False, None, []
    for turn in range(8):
        status = w.apply(*past, *[x for v, k in flags.items() for x in (k, v)],
                         now=world.clock(hour + turn))
        said = w.said()
        for n in re.findall(r"--confirm (release=\d+)", said):
            flags = {v: k for v, k in flags.items() if k != "--confirm"}
            flags[n] = "--confirm"
        if status == GUARD and "restored_state=yes" in said:
            wanted = True
            flags["restored_state=yes"] = "--allow"
        if "--past-halt" in said:   # who has looked at the failures
            past = ["--past-halt"]
        if status == DONE or (status == SOME_FAILED and turn > 2):
            break
    return status, wanted


def releases(w):
    return collections.Counter(
        s for s, did in w.moves().items() for what, _, _ in did if what == "release")


def restored(w, at, more, how):
    """Killed at one step, kept, and killed once more so many steps later."""
    keep, put = HOW[how]
    first = w.apply(*ALLOW, "--confirm", "release=8", shim={"at": at})
    if first != -signal.SIGKILL or not keep(w):
        return []
    if how == "folder" and not w.has_run():
        return []   # when such a state was made the computer's clock tells, and this one is virtual
    before, gone = len(w.changes()), releases(w).total()
    if more:
        w.apply(*ALLOW, "--confirm", "release=8", shim={"at": more})
    put(w)
    known = intended(w)
    sent = len(w.changes()) - before
    n_off = len(set(w.stranded()) - known)
    noticed = w.runs + 1
    status, _ = go_on(w, 8)
    where = w.where()
    bad = [] if status == DONE else [f"it ends {status}"]
    # The same changes once more, of which the older state has the intents, are none that it lacks.
    forgotten = n_off or (releases(w).total() > gone and not known)
    if sent and forgotten and OLDER not in w.said(noticed):
        bad.append(f"{sent} changes were forgotten ({n_off} devices off), and nothing said so")
    bad += [f"{s} is off its server" for s in w.stranded()]
    bad += [f"{s} was released {n} times" for s, n in releases(w).items() if n != 1]
    for serial, d in world.DEVICES.items():
        if d.job in ("move", "assign") and where[serial] != d.target:
            bad.append(f"{d.job} {serial} is on {where[serial]}")
        if d.job == "delete" and not releases(w)[serial]:
            bad.append(f"{serial} was not released")
        if d.job in ("keep", "there") and w.moves()[serial]:
            bad.append(f"{serial} was touched: {w.moves()[serial]}")
    return bad + [f"{s} was touched" for s in w.moves() if s not in world.DEVICES]


def restored_points(recorded, everything):
    """30 points of a run, each with every way; in the sample a few of both."""
    points = stratified(recorded.calls, 30)
    # A process that goes on takes some 300 to read; then one that sends and writes down comes
    # after the other.
    steps = [0, 60, 310, 330, 360, 400, 500, 700, 1000, 1500]
    for i, at in enumerate(points if everything else points[3::5]):
        for k, how in enumerate(HOW):
            if not everything and k != i % 3:
                continue
            more = steps[(i + 3 * k) % len(steps)] if everything else steps[4 + i % 5]
            yield f"{how} of {more} steps ago at {at}", restored, {
                "at": at, "more": more, "how": how, "rules": RULES}
