#!/usr/bin/python3
"""The simulator: small reads a second, and the memory it takes to list a fleet in full."""
import base64
import csv
import http.client
import json
import pathlib
import selectors
import socket
import subprocess
import tempfile
import time
import urllib.parse

import bench

SIM = bench.BUILD / "depmend-sim"
CLIENT = "BUSINESSAPI.9703f56c-10ce-4876-8f59-e78e5e23a152"
CONNECTIONS = 8
SECONDS = 1 if bench.QUICK else 5
LEAST_READS = 2000
MOST_MIB = 512


class Sim:
    """A running simulator, signed in to at Apple and the UEM."""

    def __init__(self, fleet, folder):
        port = folder / "port"
        self.process = subprocess.Popen(
            [SIM, "--fleet", fleet, "--any-key", "--port-file", port,
             "--audit", folder / "audit.ndjson"], stdout=subprocess.DEVNULL)
        while not port.exists() or not port.read_text():
            if self.process.poll() is not None:
                raise RuntimeError("the simulator did not start")
            time.sleep(0.05)
        self.port = int(port.read_text())
        self.link = http.client.HTTPConnection("127.0.0.1", self.port)
        self.uem = {"Authorization": "Basic " + base64.b64encode(b"a:b").decode(),
                    "aw-tenant-code": "c", "Accept": "application/json;version=1"}
        self.apple = {"Authorization": "Bearer " + self.token(), "Accept": "application/json"}

    def get(self, path, headers):
        self.link.request("GET", path, headers=headers)
        reply = self.link.getresponse()
        body = reply.read()
        if reply.status not in (200, 204):
            raise RuntimeError(f"{path}: {reply.status} {body[:200]}")
        return json.loads(body) if body else None

    def token(self):
        now = int(time.time())
        claims = {"iss": CLIENT, "sub": CLIENT, "iat": now, "exp": now + 600, "jti": "1",
                  "aud": "https://account.apple.com/auth/oauth2/v2/token"}
        parts = [json.dumps({"alg": "ES256"}).encode(), json.dumps(claims).encode(), bytes(64)]
        form = {"grant_type": "client_credentials", "client_id": CLIENT, "scope": "business.api",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": ".".join(
                    base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)}
        self.link.request("POST", "/auth/oauth2/token", urllib.parse.urlencode(form))
        return json.loads(self.link.getresponse().read())["access_token"]

    def peak_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


def whole(reply):
    """Whether the bytes hold a reply with its body."""
    head, _, body = reply.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return bool(length) and len(body) >= int(length)


def reads_a_second(sim, path, headers):
    """Over several connections, each of which asks again as soon as it was answered."""
    words = {"Host": "127.0.0.1", **headers}
    request = "".join([f"GET {path} HTTP/1.1\r\n", *(f"{k}: {v}\r\n" for k, v in words.items()),
                       "\r\n"]).encode()
    waiting = selectors.DefaultSelector()
    n_done, start = 0, time.monotonic()
    for _ in range(CONNECTIONS):
        link = socket.create_connection(("127.0.0.1", sim.port))
        link.sendall(request)
        waiting.register(link, selectors.EVENT_READ, bytearray())
    while (now := time.monotonic()) < start + SECONDS:
        for key, _ in waiting.select():
            key.data.extend(key.fileobj.recv(65536))
            if not whole(bytes(key.data)):
                continue
            if not key.data.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"{path}: {bytes(key.data[:80])}")
            key.data.clear()
            key.fileobj.sendall(request)
            n_done += 1
    for key in list(waiting.get_map().values()):
        key.fileobj.close()
    return n_done / (now - start)


def apple_list(sim, path):
    n, cursor = 0, ""
    while cursor is not None:
        page = sim.get(f"{path}?limit=1000" + (f"&cursor={cursor}" if cursor else ""), sim.apple)
        n += len(page["data"])
        cursor = page["meta"]["paging"].get("nextCursor")
    return n


def uem_rows(sim, group):
    n, page = 0, 0
    while reply := sim.get(f"/api/mdm/groups/{group}/enrollment-tokens?page={page}", sim.uem):
        n, page = n + len(reply["tokens"]), page + 1
    return n


def list_all(sim, rows):
    """Every listing there is, in full: what it is of, how many devices it told and has to tell."""
    servers = sim.get("/v1/mdmServers?limit=1000", sim.apple)["data"]
    served = sum(s["attributes"]["deviceCount"] for s in servers)
    v2 = {**sim.uem, "Accept": "application/json;version=2"}
    groups = [g["Uuid"] for g in sim.get("/api/system/groups/search?pagesize=500", v2)
              ["OrganizationGroups"] if g["Name"] != "depmend"]
    yield "Apple's devices", apple_list(sim, "/v1/orgDevices"), rows
    yield "Apple's servers", sum(
        apple_list(sim, f"/v1/mdmServers/{s['id']}/relationships/devices") for s in servers), served
    yield "the UEM's ADE lists", sum(
        len(sim.get(f"/api/mdm/dep/groups/{g}/devices", sim.uem)) for g in groups), served
    yield "the UEM's lifecycle rows", sum(uem_rows(sim, g) for g in groups), served


def measure(sim, rows, serial):
    for what, path, headers in (
            ("one device of Apple's", f"/v1/orgDevices/{serial}", sim.apple),
            ("the server of a device", f"/v1/orgDevices/{serial}/assignedServer", sim.apple),
            ("one record of the UEM's", f"/api/mdm/devices?searchby=Serialnumber&id={serial}",
             sim.uem)):
        rate = reads_a_second(sim, path, headers)
        bench.line("", f"simulator, {what}: reads a second", f"{rate:.0f}", f">= {LEAST_READS}",
                   rate >= LEAST_READS)
    start = time.monotonic()
    for what, told, wanted in list_all(sim, rows):
        bench.line("", f"simulator, {what} in full: devices", told, f"= {wanted}", told == wanted)
    bench.line("", "simulator, all four lists: s wall", f"{time.monotonic() - start:.1f}")
    bench.aim("", f"simulator, then, with {rows} devices: peak MiB", sim.peak_mib(), MOST_MIB,
              "{:.0f}")


def main():
    rows = 20_000 if bench.QUICK else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        fleet = folder / "fleet.csv"
        with open(fleet, "wb") as out:
            subprocess.run([SIM, "--make-fleet", str(rows)], stdout=out, check=True)
        with open(fleet, encoding="utf-8", newline="") as file:
            serial = next(row["serial"] for row in csv.DictReader(file)
                          if row["enrollment_status"] == "Enrolled")
        start = time.monotonic()
        sim = Sim(fleet, folder)
        bench.line("", f"simulator, start with {rows} devices: s wall",
                   f"{time.monotonic() - start:.1f}")
        try:
            measure(sim, rows, serial)
        finally:
            sim.process.kill()
            sim.process.wait()
    bench.finish()


main()
