#!/usr/bin/python3 -B
"""A4, A6, A7: 42,000 devices taken off their servers and put back, on the virtual clock.

    waves.py BUILD [DEVICES]     by `make waves`; not part of `make bench`: it takes half an hour

The least is derived by least.py, which shares no code with the engine.
"""
import collections
import json
import sys

import bench
import world
from least import READS, WRITES, Least

KINDS = ("all devices", "of a server", "activities", "audit", "other")
RULES = """version: 1
name: waves
limits: {devices: 1000000, percent: 100}
halt: {failed_percent: 100}
rules: [{name: rebuild, match: {apple.status: ASSIGNED}, do: [unassign, sync, reassign, sync]}]
"""


def kinds_of(requests):
    """What the run read of Apple, by kind."""
    found = collections.Counter()
    for r in requests:
        path = r["path"]
        if r["method"] != "GET" or not path.startswith("/v1/"):
            continue
        found["all devices" if path == "/v1/orgDevices" else
              "of a server" if path.startswith("/v1/mdmServers/") else
              "activities" if path.startswith("/v1/orgDeviceActivities/") else
              "audit" if path.startswith("/v1/auditEvents") else "other"] += 1
    return found


def others(path, serials, n_writes, servers):
    """Another administrator moves a device, seen in every tenth wave: an activity is its moment."""
    step = max(1, len(serials) * 20 // n_writes)
    with open(path, "w", encoding="utf-8") as out:
        out.write("version: 1\nadmins:\n")
        moved = []
        for i, nth in enumerate(range(min(11, n_writes), n_writes + 1, 20)):
            serial = serials[(i * step + step // 2 * 3) % len(serials)]
            moved.append(serial)
            out.write(f"  - {{on: {{service: apple, method: POST, path: /v1/orgDeviceActivities, "
                      f"nth: [{nth}]}}, at: after, do: assign, server: {servers[-1]}, "
                      f"serials: [{serial}]}}\n")
    return moved


class Effects:
    """What became of the devices: hours off their servers, and whom we overrode."""

    def __init__(self, path):
        self.hours, self.overridden, off, theirs = 0.0, 0, {}, set()
        with open(path, encoding="utf-8") as file:
            effects = [e for e in map(json.loads, file) if e["kind"] == "effect"
                       and e["effective"] and e["what"] in ("unassign", "assign")]
        [(ours, _)] = collections.Counter(e["actor"] for e in effects).most_common(1)
        for e in effects:
            serial, mine = e["serial"], e["actor"] == ours
            if e["what"] == "unassign":
                off.setdefault(serial, e["t"])
            elif serial in off:
                self.hours += (e["t"] - off.pop(serial)) / 3_600_000
            if mine and serial in theirs:
                self.overridden += 1
            if not mine:
                theirs.add(serial)
        self.left = len(off)


def one(devices, servers, in_flight):
    names = [f"WS1 S{i}" for i in range(servers + 1)]  # the last one takes what others move
    path = bench.CACHE / f"waves-{devices}-{servers}.csv"
    bench.CACHE.mkdir(parents=True, exist_ok=True)
    serials = [f"C02WV{i:06d}" for i in range(devices)]
    with open(path, "w", encoding="utf-8") as out:
        out.write("serial,server\n")
        for i, serial in enumerate(serials):
            out.write(f"{serial},{names[i % servers]}\n")
        out.write(f"C02WVSTAY0,{names[-1]}\n")
    counts = collections.Counter(names[i % servers] for i in range(devices))
    least = Least(counts, in_flight, {names[-1]: 1})
    writes, reads = least.writes, sum(least.reads.values())
    scenario = bench.CACHE / f"others-{devices}-{servers}-{in_flight}.yaml"
    moved = others(scenario, serials, writes, names)
    with world.World(path, "--scenario", scenario, rates=(READS, WRITES)) as w:
        w.settings(in_flight=in_flight, servers=names)
        rows = w.serials("in.csv", serials)
        used = w.run("apply", rows, "--rules", w.write("waves.yaml", RULES), "--yes", "--max-wait",
                     "2000h")
        traffic = world.Traffic(w.requests())
        effects = Effects(w.audit)
    what = f"{devices} devices, {servers} servers, in_flight {in_flight}"
    days = traffic.wall_s / 86_400
    bench.aim("A4", f"{what}: changes / least ({writes})", traffic.changes / writes, 1.03)
    total = traffic.reads + traffic.polls
    bench.aim("A6", f"{what}: reads / least ({reads})", total / reads, 1.2)
    found = kinds_of(traffic.all)
    assert sum(found.values()) == total
    for kind in KINDS:
        bench.line("-", f"{what}: reads, {kind} (least {least.reads[kind]})", found[kind])
    bench.line("A4", f"{what}: moves of others that were overridden, of {len(moved)}",
               effects.overridden, "0", effects.overridden == 0)
    bench.line("A4", f"{what}: off their server in the end", effects.left, "0", effects.left == 0)
    bench.line("A3", f"{what}: replies 429", traffic.refused, "0", traffic.refused == 0)
    bench.line("-", f"{what}: virtual hours", f"{traffic.wall_s / 3600:.1f}")
    bench.line("-", f"{what}: device-hours off their server", f"{effects.hours:.0f}")
    bench.aim("A7", f"{what}: CPU of a virtual day, s", used.cpu / days, 15, "{:.1f}")


def main():
    bench.LONGEST_S = 3600
    devices = int(sys.argv[2]) if len(sys.argv) > 2 else 42_000
    for servers in (1, 5):
        for in_flight in (200, 1000):
            one(devices, servers, in_flight)
    bench.finish()


main()
