"""The four words in every weather that the simulator knows; points as in points.py."""
import collections
import functools
import subprocess

import points
import world
from points import DONE

UNVERIFIED = 5

# Every reading of both services has a say, and decides nothing.
RULES = world.RULES.replace("{csv.Job: rebuild}", """{csv.Job: rebuild, apple.known: yes,
    apple.status: ASSIGNED, uem.listed: yes, uem.profile_status|ne: Odd, uem.group|ne: Odd,
    uem.enrollment_status|ne: Odd, not: {uem.last_seen|newer_than: 1h}}""")

# The sum of the named timeouts (activity, settle, request, sync) of two steps each in two waves,
# and the hour until Apple's write limit allows more. A quota comes back after a day.
LONGEST_MIN = 2 * (2 * (30 + 1 + 1) + 2 * 45) + 60
QUOTA_MIN = {"uem-quota-zero": 3 * 24 * 60, "uem-quota-zero-retry": 3 * 24 * 60}

# Real time passes in these.
SLOW = "slow-network", "lost-reply-timeout", "lost-request-timeout"

QUOTA_OUT = 75, "6 rebuild restored, 9 rebuild pending, 13 move pending, 8 delete pending"

# Where not everything can be done: the status, and how many of which job end how. The rest is as
# ever; the first wave is 6 to rebuild, 6 to move, 3 to delete, and a halt keeps the others back.
LEFT = {
    "apple-partial": (3, "2 delete failed"),  # what failed on the way back is sent again
    "apple-activity-stopped": (4, "3 rebuild failed, 3 rebuild in_flight, 9 rebuild pending, "
                               "4 move failed, 8 move pending, 3 delete failed, 5 delete pending"),
    "apple-activity-failed": (4, "6 rebuild failed, 9 rebuild pending, 6 move failed, "
                              "8 move pending, 3 delete failed, 5 delete pending"),
    "apple-activity-never": (4, "6 rebuild in_flight, 9 rebuild pending, 6 move unverified, "
                             "8 move pending, 3 delete unverified, 5 delete pending"),
    # One device in three is on no list; where one went that was on no server cannot be proved.
    "apple-short-lists": (4, "15 rebuild undecided, 15 move undecided, 8 delete undecided"),
    "apple-read-only": (77, "15 rebuild pending, 14 move pending, 8 delete pending"),
    "uem-sync-lost": (4, "6 rebuild unverified, 9 rebuild pending, 6 move unverified, "
                      "8 move pending, 3 delete unverified, 5 delete pending"),
    "uem-no-account": (3, "15 rebuild undecided, 15 move undecided, 8 delete undecided"),
    "uem-error-in-ok": (3, "15 rebuild undecided"),  # "no such device" as 200
    "apple-client-unauthorized": (77, "15 rebuild pending, 15 move pending, 8 delete pending, "
                                  "2 keep pending, 1 nothing pending"),
    "uem-no-permission": (77, "15 rebuild pending, 15 move pending, 8 delete pending, "
                          "2 keep pending"),
    # The search that tells whether a device is gone for good answers nothing.
    "uem-feature-off": (4, "15 rebuild undecided, 8 move pending, 3 delete unverified, "
                        "5 delete pending"),
    "uem-blank-group-id": (78, "15 rebuild pending, 15 move pending, 8 delete pending, "
                           "2 keep pending, 1 nothing pending"),
    # 30 calls and then none until tomorrow: nobody is off his server that long.
    "uem-quota-zero": QUOTA_OUT,
    "uem-quota-zero-retry": QUOTA_OUT,
    # Nothing is read from it, or nothing that adds up: nothing is sent.
    "apple-shifting-pages": (4, "15 rebuild undecided, 15 move undecided, 8 delete undecided"),
    "uem-sign-in-page": (78, "15 rebuild pending, 15 move pending, 8 delete pending, "
                         "2 keep pending, 1 nothing pending"),
    "uem-firewall": (78, "15 rebuild pending, 15 move pending, 8 delete pending, "
                     "2 keep pending, 1 nothing pending"),
    "apple-refuses-some": (4, "2 rebuild failed, 9 rebuild pending, 1 move failed, 8 move pending, "
                           "1 delete failed, 5 delete pending"),
    "other-admin": (5, "1 move drifted, 1 delete unchanged, 1 rebuild drifted"),  # takes each away
}


def in_time(w, name):
    times = [a["t"] for a in w.audit()]
    took, longest = (max(times) - min(times)) / 60000, LONGEST_MIN + QUOTA_MIN.get(name, 0)
    return [f"it took {took} min"] if took > longest else []


def ends_as(w, left):
    got = collections.Counter(f"{r['Job']} {r['depmend_outcome']}" for r in w.rows()
                              if r["depmend_outcome"] not in points.wanted_outcome(r["Serial"]))
    got = {f"{n} {what}" for what, n in got.items()}
    return [f"not {left}, but {', '.join(sorted(got))}"] if got != set(left.split(", ")) else []


def nothing_extra(w):
    """Nothing but what was to be done, in that order, though maybe not all of it."""
    for serial, moves in w.moves().items():
        wanted = iter(world.expected_moves(world.DEVICES[serial]))
        if not all(m in wanted for m in moves):
            yield f"{serial}: {moves}"


def fair(w, name):
    return points.ends(w.apply(max_wait="96h"), DONE) + points.all_done(w) + in_time(w, name)


def foul(w, name):
    """What was left is done once the weather is better, above all what was off its server."""
    status, left = LEFT[name]
    bad = points.ends(w.apply(max_wait="96h"), status) + ends_as(w, left)
    bad += w.check_result() + w.check_told() + in_time(w, name) + list(nothing_extra(w))
    w.sim_restart()
    for _ in range(3):
        status = w.apply("--past-halt", max_wait="96h")
        bad += [f"{s} is off its server after the next apply" for s in w.stranded()]
    if name in STUCK:
        return bad + points.ends(status, UNVERIFIED) + forgotten(w)
    return bad + points.ends(status, DONE) + w.check_store()


# Apple never says that it is through with them: only a person ends the waiting.
STUCK = {"apple-activity-never"}


def forgotten(w):
    bad = points.ends(w.apply("--past-halt", max_wait="96h"), UNVERIFIED)
    stuck = [s for s, o in w.outcomes().items() if o in ("in_flight", "unverified")]
    status = w.apply(command=("forget", *stuck, "--reason", "stuck at Apple", "--confirm",
                              f"forget={len(stuck)}"))
    bad += points.ends(status, DONE) + [f"{len(stuck)} are stuck, not 15"] * (len(stuck) != 15)
    sent = len(w.changes())
    w.apply("--past-halt", max_wait="96h")
    bad += ["something is sent for what was forgotten"] * (len(w.changes()) != sent)
    return bad + w.check_store()


@functools.cache
def scenarios(build):
    said = subprocess.run([build / "depmend-sim", "--list-scenarios"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    names = dict.fromkeys(line.split()[0] for line in said.splitlines())
    return [n for n in names if not n.startswith("(")]


def weather_points(recorded, everything):
    for name in scenarios(recorded.build):
        if everything or name not in SLOW:
            do = foul if name in LEFT else fair
            yield name, do, {"name": name, "scenario": name, "keep_sim_state": name in LEFT,
                             "rules": RULES,
                             "extra": "timeouts: {request: 10s}" if name in SLOW else ""}
