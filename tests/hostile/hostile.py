"""depmend against servers that misbehave: each ends in time, in little memory, with a documented
status, a message that names the cause, and no change beyond the plan.

    hostile.py BUILD [NAME...]
"""

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import behaviours  # noqa: E402
import certificates  # noqa: E402
from proxy import Proxy  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(sys.argv[1]).resolve()
WALL_S = 600  # a caught hang, not a measure
MAX_RSS_KIB = 96 * 1024
# ASan keeps what was freed, and has an allocator of its own.
ASAN = b"__asan_init" in (BUILD / "depmend").read_bytes()
AT_ONCE = 4
DEVICES = 2

RULES = """version: 1
rules:
  - name: rebuild
    match: {apple.status: ASSIGNED}
    do: [unassign, sync, reassign, sync]
"""


class World:
    """A simulator, settings and three devices in a folder of their own."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.audit = self.folder / "audit.ndjson"
        for secret, value in (("tenant-code", "code\n"), ("uem-secret", "secret\n")):
            self.secret(secret, value)
        key = subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout"],
            check=True, capture_output=True, text=True).stdout
        self.secret("apple.pem", key)
        subprocess.run(["openssl", "ec", "-in", "apple.pem", "-pubout", "-out", "apple.pub"],
            check=True, capture_output=True, cwd=folder)
        self.sim = subprocess.Popen(
            [BUILD / "depmend-sim", "--fleet", ROOT / "samples/fleet.csv", "--port-file", "port",
                "--audit", self.audit, "--apple-key", "apple.pub", "--uem-client",
                "depmend:secret", "--tenant-code", "code"],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        (self.folder / "rules.yaml").write_text(RULES)
        with open(ROOT / "samples/fleet.csv", encoding="utf-8", newline="") as fleet:
            serials = [row["serial"] for row in csv.DictReader(fleet)
                if row["server"] == "WS1 EMEA" and not row["released"]][:DEVICES]
        (self.folder / "in.csv").write_text("serial\n" + "\n".join(serials) + "\n")

    def secret(self, name, value):
        path = self.folder / name
        path.touch(0o600)
        path.write_text(value)

    def port(self):
        path = self.folder / "port"
        for _ in range(1200):
            if path.exists() and path.read_text().strip():
                return int(path.read_text())
            threading.Event().wait(0.05)
        raise RuntimeError("the simulator did not start")

    def settings(self, url):
        text = (ROOT / "samples/depmend.yaml").read_text()
        text = text.replace("http://127.0.0.1:8080", url)
        text = re.sub(r"BUSINESSAPI\.\S+", f"BUSINESSAPI.{uuid.uuid4()}", text)
        text += "timeouts: {activity: 5m, sync: 10m, sync_gap: 2m, request: 10s}\n"
        (self.folder / "depmend.yaml").write_text(text)

    def apply(self, environment):
        """Exit status, peak memory in KiB, messages."""
        environment = {**os.environ, "DEPMEND_CLOCK": "virtual:2026-11-22T03:00:00Z", **environment}
        command = [BUILD / "depmend", "apply", "in.csv", "--rules", "rules.yaml", "--yes",
            "--allow", "percent=100", "--max-wait", "3h", "--settings", "depmend.yaml"]
        run = subprocess.run(
            [sys.executable, "-I", "-S", Path(__file__).with_name("peak.py"), str(WALL_S), "peak",
                *command],
            cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        peak = int((self.folder / "peak").read_text())
        return run.returncode, peak, run.stderr.decode("utf-8", "replace")

    def effects(self):
        """Effective changes, one entry for each time."""
        found = []
        if self.audit.exists():
            for line in open(self.audit, encoding="utf-8"):
                event = json.loads(line)
                if event["kind"] == "effect" and event["effective"] and event["what"] in ("assign", "unassign", "strip"):
                    found.append((event["what"], event["serial"]))
        return found

    def close(self):
        self.sim.kill()
        self.sim.wait()


def faults(behaviour, proxy, status, memory, messages, effects):
    """What did not hold."""
    if proxy.hits == 0 and not behaviour.tls:
        yield "it never came to it"
    if status not in behaviour.exits:
        yield f"exit status {status}, expected one of {behaviour.exits}"
    if memory > MAX_RSS_KIB and not ASAN:
        yield f"{memory // 1024} MiB resident"
    if behaviour.says and not re.search(behaviour.says, messages):
        yield f"no word of /{behaviour.says}/"
    if re.search(r"[\x00-\x09\x0b-\x1f\x7f]", messages):
        yield "control bytes in the messages"
    extra = [one for one in set(effects) if effects.count(one) > 1 or one[0] == "strip"]
    if extra:
        yield f"extra changes: {extra}"
    off = {serial for what, serial in effects if what == "unassign"}
    back = {serial for what, serial in effects if what == "assign"}
    if status == 0 and (len(off) != DEVICES or off != back):
        yield f"status 0, but taken off {len(off)}, back {len(back)}"
    if off - back and "in_flight" not in messages:
        yield f"left off their server: {sorted(off - back)}"


def attempt(behaviour, trust):
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        try:
            proxy = Proxy(world.port(), behaviour, certificates.context(trust, behaviour.tls))
            world.settings(f"http{'s' if behaviour.tls else ''}://127.0.0.1:{proxy.port}")
            status, memory, messages = world.apply({"SSL_CERT_FILE": str(trust / "ca.pem")})
            proxy.close()
            found = list(faults(behaviour, proxy, status, memory, messages, world.effects()))
        finally:
            world.close()
    return behaviour, found, status, memory, messages


def main():
    wanted = sys.argv[2:]
    chosen = [one for one in behaviours.LIST if not wanted or one.name in wanted]
    failed = 0
    with tempfile.TemporaryDirectory() as trust, ThreadPoolExecutor(AT_ONCE) as pool:
        certificates.make(Path(trust))
        for behaviour, found, status, memory, messages in pool.map(
                lambda one: attempt(one, Path(trust)), chosen):
            if wanted or os.environ.get("VERBOSE"):
                print(f"{behaviour.name}: status {status}, {memory // 1024} MiB\n{messages}")
            if found:
                failed += 1
                print(f"not ok: {behaviour.name}: {'; '.join(found)}\n{messages}")
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
