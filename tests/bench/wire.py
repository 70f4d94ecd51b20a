#!/usr/bin/python3 -B
"""A2, A5, J1: over TLS in real time, four requests in flight, each answered after 20 to 150 ms.

The tunnel (tunnel.c) says when each request came and when it was answered: its latency, and what
the simulator took for it, which on a busy machine is more. The floor is four at a time, each
leaving when one of the four before it has been answered, in the order in which they came. What the
processor spends per request is the difference between many and few.
"""
import heapq
import os
import subprocess
import time

import bench
import world

LATENCY_MS, IN_FLIGHT = (20, 150), 4
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
waves: [100%]
rules: [{name: off, match: {apple.status: ASSIGNED}, do: [unassign]}]
"""
PROFILE = """version: 1
name: profile
limits: {devices: 1000000, percent: 100}
rules: [{name: give, match: {always: true}, do: [{assign_profile: {profile: Bench}}]}]
"""
class TlsWorld(world.World):
    """The same behind TLS and some latency."""

    def __init__(self, fleet, *sim_options, latency_ms=LATENCY_MS):
        super().__init__(fleet, *sim_options)
        self.latency_ms = latency_ms

    def __enter__(self):
        super().__enter__()
        cert, key = self.at / "cert.pem", self.at / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
        port, self.log = self.at / "tls-port", self.at / "tunnel.log"
        self.tunnel = subprocess.Popen([bench.program("tunnel"), cert, key, str(self.port), port,
                                        self.log, *map(str, self.latency_ms)])
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

    def span(self, method, path):
        """How many such requests there were, how long they took, and how long that has to take."""
        with open(self.log, encoding="utf-8") as log:
            lines = [line.split() for line in log]
        found = sorted((int(came) / 1e6, int(began) / 1e6, int(latency) / 1e6)
                       for came, began, latency, *what in lines
                       if len(what) == 2 and what[0] == method and what[1].startswith(path))
        wall = max(began for _, began, _ in found) - found[0][0]
        return (len(found), wall, floor(latency for _, _, latency in found),
                floor(began - came for came, began, _ in found))


def floor(times):
    slots = [0.0] * IN_FLIGHT
    for took in times:
        heapq.heapreplace(slots, slots[0] + took)
    return max(slots)


def listed(devices, n):
    """Some have no record in the UEM, so that they are looked up one by one."""
    return [serial for serial, server in devices if server][:n]


def ratio(what, most, n, span, of_latency, of_service):
    bench.line("", f"{what}: wall / floor of latencies alone ({span:.1f} s / {of_latency:.1f} s)",
               f"{span / of_latency:.3f}")
    what = f"{what}: {n} over TLS, wall / floor ({span:.1f} s / {of_service:.1f} s)"
    if most:
        bench.aim("A2", what, span / of_service, most)
    else:
        bench.line("", what, f"{span / of_service:.3f}")


LOOKS = ("GET", "/api/mdm/devices?")
CHANGES = ("POST", "/v1/orgDeviceActivities")
PROFILE_CHANGES = ("PUT", "/api/")


def reads():
    fleet = world.fleet_csv(4_000)
    with TlsWorld(fleet) as w:
        rows = w.serials("in.csv", listed(world.devices_of(fleet), READS))
        w.act("plan", rows, "--rules", w.write("look.yaml", DEVICES))
        ratio("reads, device by device", 1.02, *w.span(*LOOKS))


def batch_changes():
    fleet = world.fleet_csv(BATCHES)
    with TlsWorld(fleet) as w:
        with open(w.at / "depmend.yaml", "a", encoding="utf-8") as settings:
            settings.write("batch: {apple: 100}\n")
        rows = w.serials("in.csv", listed(world.devices_of(fleet), BATCHES))
        w.act("apply", rows, "--rules", w.write("off.yaml", UNASSIGN), "--yes")
        ratio("batch changes", 1.05, *w.span(*CHANGES))  # each by a new connection


def device_changes():
    """And what the journal costs meanwhile, with this disk and with a slow one."""
    fleet = world.fleet_csv(4_000)
    for disk, played, most in (("this disk", None, 0.01), ("with syncs of 5 ms", "5000", 0.02)):
        with TlsWorld(fleet, "--profile", "Bench", "--set", "uem.profile_time=1s") as w:
            rows = w.serials("in.csv", listed(world.devices_of(fleet, sound=True), PROFILES))
            env = {"LD_PRELOAD": str(bench.program("sync.so")),
                   "BENCH_SYNC_REPORT": str(w.at / "syncs"),
                   **({"BENCH_SYNC_US": played} if played else {})}
            used = w.act("apply", rows, "--rules", w.write("p.yaml", PROFILE), "--yes", env=env)
            n_changes, span, *floors = w.span(*PROFILE_CHANGES)
            if not played:
                ratio("changes, device by device", None, n_changes, span, *floors)
            n, waited = (w.at / "syncs").read_text().split()
            bench.aim("J1", f"journal: all {n} syncs / wall of the run ({used.wall:.1f} s), {disk}",
                      float(waited) / used.wall, most)
            bench.line("", f"the same / wall of its {n_changes} changes alone ({span:.1f} s)",
                       f"{float(waited) / span:.3f}")


def cpu():
    """Without latency: many requests less few."""
    fleet = world.fleet_csv(4_000)
    with TlsWorld(fleet, latency_ms=(0, 0)) as w:
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
    reads()
    batch_changes()
    device_changes()
    cpu()
    bench.finish()


main()
