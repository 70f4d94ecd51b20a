#!/usr/bin/env python3
"""What the simulator's audit says about the requests since line FROM: count.py AUDIT FROM

Prints NAME VALUE lines. A listing is counted by its first page; off_ms is the longest time that a
device was off its server before it was put on one again.
"""
import json
import re
import sys

LISTINGS = {
    "apple": r"/v1/(mdmServers|orgDevices|mdmServers/[^/]+/relationships/devices)$",
    "uem": r"/api/mdm/(dep/(groups/[^/]+/devices|profiles/search)|groups/[^/]+/enrollment-tokens)$",
}
SIGN_IN = "/auth/oauth2/token", "/connect/token"


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        lines = [json.loads(line) for line in f][int(sys.argv[2]):]
    n = dict.fromkeys(["apple_changes", "uem_changes", "syncs", "apple_listings", "uem_listings",
                       "apple_reads", "uem_reads", "activity_polls", "off_ms"], 0)
    off = {}
    for a in lines:
        if a["kind"] == "effect":
            if a["what"] == "unassign" and a["effective"]:
                off[a["serial"]] = a["t"]
            if a["what"] == "assign" and a["serial"] in off:
                n["off_ms"] = max(n["off_ms"], a["t"] - off.pop(a["serial"]))
        elif a["kind"] == "request" and a["path"] not in SIGN_IN:
            service = "apple" if a["path"].startswith("/v1/") else "uem"
            query = a.get("query") or ""
            if re.search("action=(Sync|Fetch)", query):
                n["syncs"] += 1
            elif a["method"] != "GET" and not a["path"].endswith("/search"):
                n[f"{service}_changes"] += 1
            elif "/orgDeviceActivities/" in a["path"]:
                n["activity_polls"] += 1
            else:
                n[f"{service}_reads"] += 1
                n[f"{service}_listings"] += bool(re.match(LISTINGS[service], a["path"])
                                                 and not re.search("cursor=|page=[1-9]|serial_number=", query))
    for name, value in n.items():
        print(name, int(value))


if __name__ == "__main__":
    main()
