"""A simulator of its own with its fleet, and settings for it: what whole jobs are measured in."""
import csv
import json
import pathlib
import subprocess
import tempfile
import time
import uuid

import bench

START = "virtual:2026-11-22T03:00:00Z"
SERVERS = ["WS1 EMEA", "WS1 Americas", "WS1 APAC"]

SETTINGS = """version: 1
tenant: bench
apple:
  organization: business
  client_id: {client}
  private_key: {{file: apple.pem}}
  url: {base}
  token_url: {base}/auth/oauth2/token
uem:
  url: {base}
  tenant_code: {{file: code}}
  tokens: [{tokens}]
  auth: {{oauth: {{token_url: "{base}/connect/token", client_id: depmend,
    client_secret: {{file: secret}}}}}}
limits: {{devices: 1000000, percent: 100, in_flight: {in_flight}}}
rate: {{apple_read: {read}, apple_write: {write}, uem: {uem}}}
state: state
"""

# Of a list a night: some devices are to move, the others are looked at.
NIGHTLY = """version: 1
name: nightly
columns: {serial: serial}
rules:
  - {name: move, match: {csv.Target|present: true}, do: [{reassign: {to: {column: Target}}}]}
  - {name: rest, match: {always: true}, do: [skip]}
"""


def fleet_csv(devices):
    """A fleet of so many devices, made once."""
    path = bench.CACHE / f"fleet-{devices}.csv"
    if not path.exists():
        bench.CACHE.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with open(part, "wb") as out:
            subprocess.run([bench.BUILD / "depmend-sim", "--make-fleet", str(devices), "--seed",
                            "3"], stdout=out, check=True)
        part.rename(path)
    return path


def devices_of(path, sound=False):
    """(serial, server) of each; sound: only those whose registration is not broken."""
    with open(path, newline="", encoding="utf-8") as file:
        return [(row["serial"], row["server"]) for row in csv.DictReader(file)
                if not (sound and row["corrupted"] == "yes")]


class World:
    """with World(fleet, ...) as w: w.run("apply", ...)"""

    def __init__(self, fleet, *sim_options, rates=None):
        self.fleet, self.sim_options, self.rates = fleet, sim_options, rates
        self.folder = tempfile.TemporaryDirectory(prefix="depmend-bench-")
        self.at = pathlib.Path(self.folder.name)
        self.audit = self.at / "audit.ndjson"

    def __enter__(self):
        self._secrets()
        options = list(self.sim_options)
        if self.rates:
            options += ["--scenario", self._scenario()]
        with open(self.at / "sim.log", "wb") as log:
            self.sim = subprocess.Popen(
                [bench.BUILD / "depmend-sim", "--fleet", self.fleet, "--port-file",
                 self.at / "port", "--audit", self.audit, "--apple-key", self.at / "apple.pub",
                 "--uem-client", "depmend:secret", "--tenant-code", "code", *options],
                stdout=log, stderr=log)
        while not (self.at / "port").exists() or not (self.at / "port").read_text():
            if self.sim.poll() is not None:
                raise RuntimeError((self.at / "sim.log").read_text())
            time.sleep(0.05)
        self.port = int((self.at / "port").read_text())
        return self

    def __exit__(self, *_):
        self.sim.terminate()
        self.sim.wait()
        self.folder.cleanup()

    def _secrets(self):
        pem = self.at / "apple.pem"
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out",
                        pem], check=True)
        subprocess.run(["openssl", "ec", "-in", pem, "-pubout", "-out", self.at / "apple.pub"],
                       check=True, stderr=subprocess.DEVNULL)
        (self.at / "code").write_text("code\n")
        (self.at / "secret").write_text("secret\n")
        for name in ("apple.pem", "code", "secret"):
            (self.at / name).chmod(0o600)

    def _scenario(self):
        """The simulator refuses what is over the very limits that depmend is told."""
        path = self.at / "rates.yaml"
        (reads, read_s), (writes, write_s) = self.rates
        path.write_text("version: 1\nrates:\n"
                        "  - {service: apple, method: GET, path: /v1/*, "
                        f"limit: {reads}, window: {read_s}s, retry_after: seconds}}\n"
                        "  - {service: apple, method: POST, path: /v1/*, "
                        f"limit: {writes}, window: {write_s}s, retry_after: seconds}}\n")
        return path

    def settings(self, in_flight=200, read="20/min", write="10/hour", uem="300/min", base=None,
                 servers=SERVERS):
        (self.at / "depmend.yaml").write_text(SETTINGS.format(
            client=f"BUSINESSAPI.{uuid.uuid4()}", in_flight=in_flight, read=read, write=write,
            uem=uem, tokens=", ".join(f"{{server: {s}, group: {s.replace(' ', '').upper()}}}"
                                      for s in servers),
            base=base or f"http://127.0.0.1:{self.port}"))

    def write(self, name, text):
        (self.at / name).write_text(text)
        return self.at / name

    def serials(self, name, serials):
        return self.write(name, "serial\n" + "".join(f"{s}\n" for s in serials))

    def run(self, *words, clock=START, env=None):
        """Measures one run of depmend; its words are kept in `out`."""
        self.audit_from = self.audit.stat().st_size if self.audit.exists() else 0
        more = {"DEPMEND_CLOCK": clock} if clock else {}
        env = {"PATH": "/usr/bin:/bin", "DEPMEND_SETTINGS": str(self.at / "depmend.yaml"),
               **more, **(env or {})}
        used = bench.measure([bench.DEPMEND, *words], self.at / "out", env=env, cwd=self.at)
        self.out = (self.at / "out").read_text(errors="replace")
        return used

    def state_bytes(self):
        """Without the emergency file, which has one size."""
        return sum(p.stat().st_size for p in (self.at / "state").rglob("*")
                   if p.is_file() and p.name != "emergency")

    def requests(self):
        """What the simulator answered in the last run."""
        with open(self.audit, encoding="utf-8") as file:
            file.seek(self.audit_from)
            return [e for e in map(json.loads, file) if e["kind"] == "request"]


class Traffic:
    """The requests of a run, by what they are for."""

    def __init__(self, requests):
        self.all = requests
        self.wall_s = (max(r["t"] for r in requests) - min(r["t"] for r in requests)) / 1000
        self.refused = sum(r["status"] == 429 for r in requests)
        activity = "/v1/orgDeviceActivities"
        self.changes = sum(r["path"] == activity and r["method"] == "POST" for r in requests)
        self.polls = sum(r["path"].startswith(activity + "/") for r in requests)
        self.reads = sum(r["path"].startswith("/v1/") and r["method"] == "GET"
                         for r in requests) - self.polls
        self.uem_reads = sum(r["path"].startswith("/api/") and r["method"] == "GET"
                             for r in requests)
