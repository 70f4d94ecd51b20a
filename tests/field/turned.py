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


def replied(pattern, status, text):
    """Something else answers there: a gateway, a server without that path."""
    def turn(path, _rows):
        return (status, text) if re.search(pattern, path) else None
    turn.replaces = True
    return turn


def beside_an_error(pattern):
    """Some entries of a list, and an error that says why not all."""
    def turn(path, page):
        if re.search(pattern, path):
            page["data"] = [r for r in page["data"] if ODD not in json.dumps(r)]
            page["errors"] = [{"status": "500", "code": "PARTIAL", "title": "some are left out"}]
            page["meta"]["paging"].pop("total", None)
        return page
    return turn


def members(pattern, names, value):
    """The same value in every entry of a list."""
    def turn(path, page):
        rows = page if isinstance(page, list) else next((v for v in page.values() if isinstance(v, list)), [])
        if re.search(pattern, path):
            for row in rows:
                row.update({k: value for k in row if k.lower() in names})
        return page
    return turn


def not_in_the_list(text):
    """The list leaves one out, and who asks for it by name is answered 404."""
    def turn(path, page):
        if "/orgDevices?" in path:
            page["data"] = [r for r in page["data"] if r["id"] != ODD]
            page["meta"]["paging"].pop("total", None)
        return (404, text) if re.search(rf"/orgDevices/{ODD}[?]", path) else page
    return turn


def first_alone(change):
    """A page with one entry, which names the next page in another way."""
    def turn(page):
        page["data"] = page["data"][:1]
        page["links"].pop("next", None)
        page["meta"]["paging"] = {"limit": 1000}
        change(page)
    return paged(turn)


def pointers_from_one(_path, text):
    """A refusal counts its devices from 1, and names none."""
    text = re.sub('"(detail|title)":"[^"]*"', r'"\1":"not allowed"', text)
    return re.sub("(/devices/data/)([0-9]+)", lambda m: m[1] + str(int(m[2]) + 1), text)


pointers_from_one.refusals = True


def log_of(status, substatus="UPDATED"):
    """The log of each activity has these words for all of its devices."""
    def turn(path, text):
        if not re.search("/orgDeviceActivities/.", path):
            return re.sub("^([0-9A-Z]{10,}),[^,]*,[^,]*", rf"\1,{status},{substatus}", text, flags=re.M)
        text = text.replace("COMPLETED_WITH_SUCCESS", "COMPLETED_WITH_ERROR")
        return re.sub('("downloadUrl":"http://127.0.0.1):[0-9]+', rf"\1:{turn.port}", text)
    turn.texts = True
    return turn


def log_twice(path, text):
    """... and names each of them twice, once so and once so."""
    text = log_twice.one(path, text)
    return re.sub("^([0-9A-Z]{10,}),(SUCCESS,UPDATED)(.*)$", r"\1,ISSUE,INTERNAL_ERROR\3\n\1,\2\3", text, flags=re.M)


log_twice.texts, log_twice.one = True, log_of("SUCCESS")


def prompting_twin(path, page):
    """A second profile of the same name asks for a prompt, the first does not."""
    if "/dep/profiles/search" in path:
        twin = dict(page["ProfileList"][0], uuid="00000000-1111-2222-3333-444444444444", profile_identifier="F" * 32)
        twin["CustomPromptRequired"] = not twin.get("CustomPromptRequired")
        page["ProfileList"].append(twin)
        page["TotalResults"] = len(page["ProfileList"])
    return page


DEVICE = rf"/orgDevices/{ODD}|/orgDevices\?"
ASSIGNED = rf"/orgDevices/{ODD}/relationships"
RECORD = r"/mdm/devices\?"
APPS = r"/mdm/devices/[0-9]+/apps"
TOKENS = r"/enrollment-tokens\?"
DETAILS = r"/enrollment-tokens/"
ZERO = "00000000-0000-0000-0000-000000000000"


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
    "a gateway without that device": replied(DEVICE, 404, '{"message":"no Route matched with those values"}'),
    "a server without that device": replied(DEVICE, 404, "404 page not found"),
    "an old API without records": replied(RECORD, 404, '{"Message":"No HTTP resource was found"}'),
    "an API without records": replied(RECORD, 404, '{"errorCode":5002,"message":"Device not found"}'),
    "an API that keeps records to itself": replied(RECORD, 404, '{"errorCode":6,"message":"no access to this group"}'),
    "an API without a word on records": replied(RECORD, 404, '{"errorCode":0,"message":"?"}'),
    "a path that Apple does not know": not_in_the_list('{"errors":[{"status":"404","code":"PATH_ERROR","title":"x"}]}'),
    "a right that Apple does not give": not_in_the_list('{"errors":[{"status":"404","code":"FORBIDDEN_ERROR","title":"x"}]}'),
    "a 404 without errors": not_in_the_list('{"errors":[]}'),
    "Apple's own 404": not_in_the_list('{"errors":[{"status":"404","code":"NOT_FOUND","title":"x"}]}'),
    "details of nothing": replied(DETAILS, 200, "{}"),
    "details in an envelope": replied(DETAILS, 200, '{"data":{"serial_number":"X","profile_status":"Empty"}}'),
    "details that are a word": replied(DETAILS, 200, '{"message":"ok"}'),
    "tokens that are counted and not shown": replied(TOKENS, 200, '{"tokens":[],"total":1}'),
    "tokens beside an error in words": replied(TOKENS, 200, '{"tokens":[],"errorCode":"PARTIAL"}'),
    "next cursor a number": first_alone(lambda page: page["meta"]["paging"].update(nextCursor=12345)),
    "next cursor an object": first_alone(lambda page: page["meta"]["paging"].update(nextCursor={"value": "MDox"})),
    "next link an object": first_alone(lambda page: page["links"].update(next={"url": "?cursor=MDox"})),
    "next link a list": first_alone(lambda page: page["links"].update(next=["?cursor=MDox"])),
    "pointers from 1": pointers_from_one,
    "log SUCCESS_WITH_WARNING": log_of("SUCCESS_WITH_WARNING"),
    "log WARNING": log_of("WARNING"),
    "log ERFOLG": log_of("ERFOLG", "AKTUALISIERT"),
    "log PENDING": log_of("PENDING", ""),
    "log SUC": log_of("SUC", ""),
    "log twice": log_twice,
    "no apps, and no body": replied(APPS, 200, ""),
    "apps that are yet to come": replied(APPS, 202, ""),
    "no apps": replied(APPS, 204, ""),
    "devices beside an error": beside_an_error(r"/orgDevices\?"),
    "members beside an error": beside_an_error(r"/relationships/devices"),
    "tokens without ids": members(TOKENS, ("uuid",), None),
    "tokens with empty ids": members(TOKENS, ("uuid",), ""),
    "tokens with numbers for ids": members(TOKENS, ("uuid",), 7),
    "devices with zeros for ids": members(r"/dep/groups/[^/]*/devices", ("uuid", "id"), ZERO),
    "purchased apps with zeros for ids": members(r"/mam/apps/purchased/search", ("uuid", "id"), ZERO),
    "devices with empty ids": members(r"/orgDevices\?", ("id",), ""),
    "devices with 0 for ids": members(r"/orgDevices\?", ("id",), 0),
    "twin profiles": prompting_twin,
    "users in no JSON": replied(r"/system/users/search", 200, ")]}'"),
    "groups in no JSON": replied(r"/system/groups/[^/]*/children", 200, "OK"),
    "groups without themselves": replied(r"/system/groups/[^/]*/children", 204, ""),
    "servers in no JSON": replied(r"/mdmServers\?", 200, "{\"message\":\"up\"}"),
    "servers by no method": replied(r"/mdmServers\?", 405, "{}"),
}


def turned(turn, path, status, text):
    if getattr(turn, "replaces", False):
        instead = turn(path, None)
        return (instead[0], instead[1].encode()) if instead else (status, text)
    if getattr(turn, "refusals", False):
        return status, turn(path, text.decode()).encode() if status == 409 else text
    if status != 200 or not text:
        return status, text
    if getattr(turn, "texts", False):
        return status, turn(path, text.decode()).encode()
    try:
        got = turn(path, json.loads(text))
        return (got[0], got[1].encode()) if isinstance(got, tuple) else (status, json.dumps(got).encode())
    except (ValueError, KeyError):
        return status, text


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
            status, text = turned(turn, self.path, got.status, got.read())
            self.send_response(status)
            if text or status != 204:
                self.send_header("Content-Type", got.headers.get("Content-Type") or "application/json")
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            connection.close()

        do_GET = do_POST = do_PUT = forward

        def log_message(self, *words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    log_twice.one.port = turn.port = server.server_port
    with open(port_file + ".new", "w") as f:
        f.write(str(server.server_port))
    os.rename(port_file + ".new", port_file)
    server.serve_forever()


main()
