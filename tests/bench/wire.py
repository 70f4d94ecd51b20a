#!/usr/bin/python3 -B
"""A2, A5, J1: over TLS in real time, four requests in flight, each answered after 100 ms.

The floor of n requests is n / 4 * 100 ms, from the first to the end of the last as the simulator
saw them. What the processor spends per request is the difference between many and few.
"""
import os
import pathlib
import subprocess
import sys
import time

import bench
import world

LATENCY_S, IN_FLIGHT = 0.1, 4
READS = 80 if bench.QUICK else 400
PROFILES = 40 if bench.QUICK else 200
BATCHES = 2_000 if bench.QUICK else 20_000  # devices, 100 a request
DEVICES = """version: 1
name: look
rules: [{name: many, match: {uem.enrollment_status: Lost}, do: [skip]}]
"""
UNASSIGN = """version: 1
name: off
limits: {devices: 1000000, percent: 100}
rules: [{name: off, match: {apple.status: ASSIGNED}, do: [unassign]}]
"""
PROFILE = """version: 1
name: profile
limits: {devices: 1000000, percent: 100}
rules: [{name: give, match: {always: true}, do: [{assign_profile: {profile: Bench}}]}]
"""
DELAY = """version: 1
faults:
  - {service: apple, path: /v1/*, do: delay, delay: 100ms}
  - {service: uem, path: /api/*, do: delay, delay: 100ms}
"""


class TlsWorld(world.World):
    """The same behind TLS."""

    def __enter__(self):
        super().__enter__()
        cert, key = self.at / "cert.pem", self.at / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
        port = self.at / "tls-port"
        self.tunnel = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__).with_name("tunnel.py"), cert, key,
             str(self.port), port])
        while not port.exists() or not port.read_text():
            time.sleep(0.05)
        self.env = {"SSL_CERT_FILE": str(cert)}
        self.settings(in_flight=100_000, read="100000/min", write="100000/hour", uem="100000/min",
                      base=f"https://127.0.0.1:{port.read_text()}")
        return self

    def __exit__(self, *what):
        self.tunnel.terminate()
        self.tunnel.wait()
        super().__exit__(*what)

    def act(self, *words, env=None):
        return self.run(*words, clock=None, env={**self.env, **(env or {})})

    def span(self, wanted):
        """How many requests of that kind there were, and how long they took."""
        times = [r["t"] / 1000 for r in self.requests() if wanted(r)]
        return len(times), max(times) - min(times)


def delayed(path, text):
    path.write_text(text)
    return ["--scenario", path]


def listed(devices, n):
    """Some have no record in the UEM, so that they are looked up one by one."""
    return [serial for serial, server in devices if server][:n]


def ratio(what, aim, n, span, latency=LATENCY_S):
    """Requests are stamped when they arrive: from the first arrival to the last there are n - 4."""
    floor = (n - IN_FLIGHT) / IN_FLIGHT * latency
    what = f"{what}: {n} over TLS, wall / floor ({span:.1f} s / {floor:.1f} s)"
    if aim:
        bench.aim(aim, what, span / floor, 1.02)
    else:
        bench.line("", what, f"{span / floor:.3f}")


def is_look(r):
    return r["path"] == "/api/mdm/devices" and r["method"] == "GET"


def is_change(r):
    return r["path"] == "/v1/orgDeviceActivities" and r["method"] == "POST"


def is_profile(r):
    return r["service"] == "uem" and r["method"] == "PUT"


def reads(scenario):
    fleet = world.fleet_csv(4_000)
    with TlsWorld(fleet, *scenario) as w:
        rows = w.serials("in.csv", listed(world.devices_of(fleet), READS))
        w.act("plan", rows, "--rules", w.write("look.yaml", DEVICES))
        ratio("reads, device by device", "A2", *w.span(is_look))


def batch_changes(scenario):
    fleet = world.fleet_csv(BATCHES)
    with TlsWorld(fleet, *scenario) as w:
        with open(w.at / "depmend.yaml", "a", encoding="utf-8") as settings:
            settings.write("batch: {apple: 100}\n")
        rows = w.serials("in.csv", listed(world.devices_of(fleet), BATCHES))
        w.act("apply", rows, "--rules", w.write("off.yaml", UNASSIGN), "--yes")
        ratio("batch changes", "A2", *w.span(is_change))


def device_changes(scenario):
    """And what the journal costs meanwhile, with this disk and with a slow one."""
    fleet = world.fleet_csv(4_000)
    for disk, more, most in (("this disk", None, 0.01), ("a sync of 5 ms more", "5000", 0.02)):
        with TlsWorld(fleet, "--profile", "Bench", "--set", "uem.profile_time=1s", *scenario) as w:
            rows = w.serials("in.csv", listed(world.devices_of(fleet, sound=True), PROFILES))
            env = {"LD_PRELOAD": str(bench.program("sync.so")),
                   "BENCH_SYNC_REPORT": str(w.at / "syncs"),
                   **({"BENCH_SYNC_US": more} if more else {})}
            used = w.act("apply", rows, "--rules", w.write("p.yaml", PROFILE), "--yes", env=env)
            n_changes, span = w.span(is_profile)
            if not more:
                ratio("changes, device by device", None, n_changes, span)
            n, waited = (w.at / "syncs").read_text().split()
            bench.aim("J1", f"journal: all {n} syncs / wall of the run ({used.wall:.1f} s), {disk}",
                      float(waited) / used.wall, most)
            bench.line("", f"the same / wall of its {n_changes} changes alone ({span:.1f} s)",
                       f"{float(waited) / span:.3f}")


def cpu():
    """Without latency: many requests less few."""
    fleet = world.fleet_csv(4_000)
    with TlsWorld(fleet) as w:
        rules = w.write("look.yaml", DEVICES)
        serials = listed(world.devices_of(fleet), 3_000)
        found = []
        for _ in range(bench.ROUNDS):
            few = w.act("plan", w.serials("few.csv", serials[:100]), "--rules", rules)
            n_few = len(w.requests())
            many = w.act("plan", w.serials("many.csv", serials), "--rules", rules)
            found.append((many.cpu - few.cpu) / (len(w.requests()) - n_few) * 1e6)
        bench.aim("A5", "client CPU per request over TLS, microseconds", sorted(found)[
            len(found) // 2], 200, "{:.0f}")


def main():
    os.makedirs(bench.CACHE, exist_ok=True)
    fixed = delayed(bench.CACHE / "delay.yaml", DELAY)
    reads(fixed)
    batch_changes(fixed)
    device_changes(fixed)
    cpu()
    bench.finish()


main()
