"""Turns the replies of some lists on their way, as the field has them.

    turned.py SIMULATOR-PORT TURN PORT-FILE     a proxy; its port is written to the file
"""

import http.client
import http.server
import json
import os
import re
import sys

ODD = "ODDRECORD002"


def listed_twice(change):
    """The UEM's list of devices names one of them again."""
    def turn(path, rows):
        if re.search(r"/dep/groups/[^/]*/devices", path):
            again = [dict(r, uuid="1", **change(r)) for r in rows if r.get("deviceSerialNumber") == ODD]
            return rows + again
        return rows
    return turn


def spoilt(change):
    """One record of the UEM's list holds more than can be read."""
    def turn(path, rows):
        if re.search(r"/dep/groups/[^/]*/devices", path):
            return [change(r) if r.get("deviceSerialNumber") == ODD else r for r in rows]
        return rows
    return turn


def paged(change):
    def turn(path, page):
        if "orgDevices?" in path:
            change(page)
        return page
    return turn


def cursor(value):
    return paged(lambda page: page["meta"]["paging"].update(nextCursor=value))


def link(value):
    return paged(lambda page: page["links"].update(next=value))


def unlisted(path, page):
    """No server lists it, whatever Apple calls its status."""
    if path.endswith(f"{ODD}/relationships/assignedServer"):
        return {"data": None, "links": {}}
    if "/relationships/devices" in path:
        n = len(page["data"])
        page["data"] = [r for r in page["data"] if r["id"] != ODD]
        page["meta"]["paging"]["total"] -= n - len(page["data"])
    return page


def deep(row):
    value = 7
    for _ in range(600):
        value = [value]
    return dict(row, deep=value)


TURNS = {
    "same": listed_twice(lambda r: {}),
    "lower case": listed_twice(lambda r: {"deviceSerialNumber": ODD.lower()}),
    "blanks": listed_twice(lambda r: {"deviceSerialNumber": f" {ODD}\u00a0"}),
    "another profile": listed_twice(lambda r: {"profileName": "Another Profile"}),
    "lower case, another profile": listed_twice(lambda r: {"deviceSerialNumber": ODD.lower(), "profileName": "Another Profile"}),
    "no profile": listed_twice(lambda r: {"profileName": None, "profileUuid": None}),
    "large": spoilt(lambda r: dict(r, picture="A" * 300_000)),
    "deep": spoilt(deep),
    "cursor of blanks": cursor("  "),
    "cursor of a tab": cursor("\t"),
    "cursor that is another": cursor("MDox"),
    "cursor that stays": cursor("MDoy"),
    "link of blanks": link(" "),
    "unlisted": unlisted,
}


def turned(turn, path, status, text):
    if status != 200 or not text:
        return text
    try:
        return json.dumps(turn(path, json.loads(text))).encode()
    except (ValueError, KeyError):
        return text


def main():
    upstream, turn, port_file = int(sys.argv[1]), TURNS[sys.argv[2]], sys.argv[3]

    class Proxy(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
            connection = http.client.HTTPConnection("127.0.0.1", upstream)
            drop = ("host", "content-length", "connection", "accept-encoding")
            path = re.sub(r"&?cursor=MDo[xy]", "", self.path)
            connection.request(self.command, path, body, {k: v for k, v in self.headers.items() if k.lower() not in drop})
            got = connection.getresponse()
            text = turned(turn, self.path, got.status, got.read())
            self.send_response(got.status)
            if text or got.status != 204:
                self.send_header("Content-Type", got.headers.get("Content-Type") or "application/json")
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            connection.close()

        do_GET = do_POST = do_PUT = forward

        def log_message(self, *words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    with open(port_file + ".new", "w") as f:
        f.write(str(server.server_port))
    os.rename(port_file + ".new", port_file)
    server.serve_forever()


main()
