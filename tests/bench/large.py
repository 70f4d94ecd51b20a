#!/usr/bin/python3 -B
"""J2, J3, P8 and what is large: the journal in bulk, an apply on 100,000 of a million rows, resumed and undone, and a
rehearsal of 10,000 devices at ten writes an hour."""
import json
import os
import pathlib
import subprocess
import tempfile
import time

import bench
import world

OPERATIONS = 100_000 if bench.QUICK else 1_000_000
ACTED = 10_000 if bench.QUICK else 100_000
ALL = 10 * ACTED
REHEARSED = 1_000 if bench.QUICK else 10_000
RULES = """version: 1
name: large
columns: {serial: serial}
limits: {devices: 1000000, percent: 100}
rules: [{name: off, match: {csv.Job: go, apple.status: ASSIGNED}, do: [unassign]}]
"""


def journal():
    with tempfile.TemporaryDirectory(prefix="depmend-bench-") as folder:
        words = [bench.program("store"), folder]
        wrote = bench.measure([*words, "write", str(OPERATIONS)])
        size = sum(p.stat().st_size for p in pathlib.Path(folder).rglob("*.db"))
        read = bench.interleaved({"read": [*words, "read", str(OPERATIONS)]})["read"]
    rate = OPERATIONS / wrote.cpu
    bench.line("J2", f"journal in bulk, {OPERATIONS} devices in requests of 1000: a second of CPU",
               f"{rate:.0f}", ">= 300000", rate >= 300_000)
    bench.aim("J2", "the same, bytes each", size / OPERATIONS, 64, "{:.1f}")
    bench.aim("J2", f"opened again and {OPERATIONS} read, s CPU", bench.median(read, "cpu"), 0.25)


def first_answer(w, *words):
    """Seconds of real time until the simulator has answered something to a new run."""
    size = w.audit.stat().st_size
    env = {"PATH": "/usr/bin:/bin", "DEPMEND_SETTINGS": str(w.at / "depmend.yaml"),
           "DEPMEND_CLOCK": world.START.replace("T03", "T06")}
    began = time.monotonic()
    with subprocess.Popen([bench.DEPMEND, *words], env=env, cwd=w.at, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        while w.audit.stat().st_size == size and run.poll() is None:
            time.sleep(0.002)
        took = time.monotonic() - began
        run.terminate()
    return took


def large_apply():
    fleet = world.fleet_csv(ACTED + ACTED // 16)
    chosen = [serial for serial, server in world.devices_of(fleet) if server][:ACTED]
    with world.World(fleet) as w:
        w.settings(in_flight=ALL)
        rows = w.write("in.csv", "serial,Job\n" + "".join(
            f"{chosen[i // 10]},go\n" if i % 10 == 0 and i // 10 < len(chosen)
            else f"C02N{i:08d},stay\n" for i in range(ALL)))
        words = ["apply", rows, "--rules", w.write("large.yaml", RULES), "--yes"]
        # Not over the end of an hour: what is open is taken up by the next run.
        try:
            used = w.run(*words, "--max-wait", "30m")
        except bench.Failed as e:
            used = e.used
        bench.aim("", f"apply on {len(chosen)} of {ALL} rows: peak MiB", used.peak_kib / 1024, 96,
                  "{:.0f}")
        bench.line("", "the same: s CPU until the first hour's writes are used up",
                   f"{used.cpu:.1f}")
        bench.aim("J3", "resumed: s to its first request", first_answer(w, *words), 1, "{:.2f}")
        text = (w.at / "depmend.yaml").read_text()
        w.write("depmend.yaml", text.replace("20/min", "100000/min").replace("10/hour", "100000/hour"))
        w.run(*words, clock=world.START.replace("T03", "T08"))
        used = w.run("undo", "latest", clock=world.START.replace("T03", "T09"))
        bench.aim("P8", f"plan to undo {len(chosen)} of {ALL} rows: peak MiB",
                  used.peak_kib / 1024, 100, "{:.0f}")


def rehearsal():
    fleet = world.fleet_csv(REHEARSED)
    with tempfile.TemporaryDirectory(prefix="depmend-bench-") as folder:
        audit = pathlib.Path(folder) / "audit.ndjson"
        used = bench.measure(
            [bench.DEPMEND, "rehearse", fleet, "--rules", "corrupted-registration", "--now",
             "2026-11-22T03:00:00Z", "--allow", "devices=1000000", "--allow", "percent=100",
             "--audit", audit, "--out", "rows.csv"], cwd=folder)
        with open(audit, encoding="utf-8") as file:
            times = [e["t"] for e in map(json.loads, file) if e["kind"] == "request"]
    days = (max(times) - min(times)) / 86_400_000
    bench.line("", f"rehearsal of {REHEARSED} devices, corrupted-registration: virtual days",
               f"{days:.2f}")
    bench.line("", "the same: real seconds a virtual day", f"{used.wall / days:.1f}")


def main():
    os.makedirs(bench.CACHE, exist_ok=True)
    journal()
    large_apply()
    rehearsal()
    bench.finish()


main()
