#!/usr/bin/python3 -B
"""K1, K2: what a year of nights over 100,000 rows leaves in the state, and how quick it stays.

Each night brings another list, of which a tenth has changed. K1: with `keep:` of a month the state
of the 36th night is that of any later one. K2: without it, after ten million rows, what commands
take that are about a list of twenty devices, beyond what they take where nothing else is.
"""
import contextlib
import random

import bench
import world

ROWS = bench.ROWS // 10
NIGHTS = 10 if bench.QUICK else 100
MONTH = "keep: {inputs: 30d, runs: 30d, events: 30d}\n"
COMMANDS = {
    "runs": ("runs",),
    "report latest": ("report", "latest", "--csv", "again.csv"),
    "undo latest": ("undo", "latest"),
    "apply": ("apply", "few.csv", "--rules", "rules.yaml", "--yes", "--out", "out.csv"),
}
MODELS = ("iPad (9th generation)", "iPhone 13", "MacBook Air (M2, 2022)", "Apple TV 4K")


class List:
    """As long as a real row is, and as much the same from row to row."""

    def __init__(self):
        chance = random.Random(1)
        self.rows = [[f"C02K{n:08d}", chance.choice(MODELS), f"W{chance.randrange(10**9):09d}",
                      f"2024-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}T00:00:00Z",
                      "ASSIGNED", chance.choice(world.SERVERS), f"{chance.randrange(10**15):015d}",
                      f"AT{n:07d}", "jo", ""] for n in range(ROWS)]

    def of_night(self, night):
        for n in range(night % 10, ROWS, 10):
            self.rows[n][8] = f"user {night}-{n % 977}"
        return "serial,Model,Order,Added,Status,Server,IMEI,Tag,User,Target\n" + "".join(
            ",".join(row) + "\n" for row in self.rows)


def nights(w, n):
    rows = List()
    for night in range(n):
        w.write("in.csv", rows.of_night(night))
        w.run("apply", "in.csv", "--rules", "rules.yaml", "--yes", "--out", "out.csv",
              clock=f"virtual:2026-{1 + night // 28:02d}-{1 + night % 28:02d}T02:00:00Z")


def few(w, devices):
    """What the commands take that are about these alone."""
    w.write("few.csv", "serial,Target\n" + "".join(
        f"{serial},{world.SERVERS[n % 3] if n < 5 else ''}\n"
        for n, (serial, _) in enumerate(devices)))
    clock = "virtual:2026-12-01T02:00:00Z"
    w.run(*COMMANDS["apply"], clock=clock)
    return {name: min(w.run(*words, clock=clock).cpu for _ in range(7))
            for name, words in COMMANDS.items()}


@contextlib.contextmanager
def a_world(fleet, keep=""):
    with world.World(fleet) as w:
        w.settings(read="10000/min", write="10000/hour", uem="10000/min")
        with open(w.at / "depmend.yaml", "a", encoding="utf-8") as settings:
            settings.write(keep)
        w.write("rules.yaml", world.NIGHTLY)
        yield w


def main():
    fleet = world.fleet_csv(400)
    devices = [d for d in world.devices_of(fleet, sound=True) if d[1] in world.SERVERS][:20]
    with a_world(fleet, MONTH) as w:
        nights(w, 36)
        bench.aim("K1", f"state after a year of nights over {ROWS} rows, keep: of a month: MiB",
                  w.state_bytes() / 2**20, 300 * ROWS / 100_000, "{:.0f}")
    with a_world(fleet) as w:
        alone = few(w, devices)
    with a_world(fleet) as w:
        nights(w, NIGHTS)
        late = few(w, devices)
        bench.line("-", f"state after {NIGHTS} nights, all of it kept: MiB",
                   f"{w.state_bytes() / 2**20:.0f}")
    for name in COMMANDS:
        bench.aim("K2", f"{name} of 20 devices, after {NIGHTS * ROWS} rows: s beyond a state of its own "
                  f"({alone[name]:.3f})", late[name] - alone[name], 0.05)
    bench.finish()


main()
