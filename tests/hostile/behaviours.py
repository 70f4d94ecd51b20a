"""How a server can misbehave: one table row each.

A behaviour picks requests by method and path, and does something else than answer well. An answer
function gets the socket, the request and an event that tells when the test is over; it returns
whether the connection goes on.
"""

import gzip
import json
import re

from proxy import plain, reset

# What is picked.
TOKEN = ("POST", r"^/auth/oauth2/token")
SERVERS = ("GET", r"^/v1/mdmServers(\?|$)")
DEVICES = ("GET", r"^/v1/orgDevices")
MEMBERS = ("GET", r"^/v1/mdmServers/[^/]+/relationships/devices")
CHANGE = ("POST", r"^/v1/orgDeviceActivities")
ACTIVITY = ("GET", r"^/v1/orgDeviceActivities/")
UEM_TOKEN = ("POST", r"^/connect/token")
UEM_LIST = ("GET", r"^/api/mdm/dep/groups/[^/]+/devices")
SYNC = ("PUT", r"^/api/mdm/dep/groups/[^/]+/devices")

ALWAYS = 10**9
NOTHING = (("", "^$"), None)


class Behaviour:
    """name; what it picks and how often; what it does; the exit statuses and the words that follow."""

    def __init__(self, name, target, act, exits, says, times=ALWAYS, tls=None):
        self.name, self.target, self.act, self.times = name, target, act, times
        self.exits, self.says, self.tls = exits, says, tls


# --- answers ---


def raw(data, keep=False):
    def act(link, request, over):
        link.sendall(data)
        return keep

    return act


def text(status, body, *headers):
    return raw(plain(status, [("Content-Type", "application/json"), *headers], body), True)


def spoilt(change):
    """The simulator's answer with a changed body."""

    def act(link, request, over):
        status, headers, body = request.forward()
        link.sendall(plain(status, headers, change(body)))
        return True

    return act


def after(act):
    """The simulator gets the request, the client another answer."""

    def both(link, request, over):
        request.forward()
        return act(link, request, over)

    return both


def redirect(status, where):
    return text(status, b"", ("Location", where))


def cut(link, request, over):
    reset(link)
    return False


def close(link, request, over):
    return False


def forever(head, piece, pause=0.0):
    """A head, then the same piece until somebody gives up."""

    def act(link, request, over):
        link.sendall(head)
        while not over.wait(pause):
            link.sendall(piece)
        return False

    return act


def half(link, request, over):
    status, headers, body = request.forward()
    whole = plain(status, headers, body)
    link.sendall(whole[: len(whole) - len(body) // 2])
    return False


def edit(pattern, by):
    return spoilt(lambda body: re.sub(pattern, by, body, count=1))


def with_links(change):
    def act(body):
        page = json.loads(body)
        change(page)
        return json.dumps(page).encode()

    return spoilt(act)


def loop(page):
    page.setdefault("links", {})["next"] = page["links"]["self"]


def elsewhere(page):
    page.setdefault("links", {})["next"] = "https://attacker.example/v1/steal?cursor=x"


def same_cursor(page):
    page.setdefault("meta", {}).setdefault("paging", {})["nextCursor"] = "again"


def many(link, request, over):
    """A million elements, streamed."""
    link.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
    link.sendall(b'{"data":[')
    element = b'{"type":"orgDevices","id":"C02AAAAAAAAA"},' * 1000
    for _ in range(1000):
        link.sendall(element)
    link.sendall(b'{"type":"orgDevices","id":"C02AAAAAAAAA"}],"links":{"self":"x"}}')
    return False


JSON = [("Content-Type", "application/json")]
BOMB = gzip.compress(b" " * 50_000_000)
DEEP = b"[" * 10_000 + b"]" * 10_000
HTML = b"<html><body>Please sign in to the <b>hotel</b> network</body></html>"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
SLOW = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"

# --- the table ---

# A server that cannot be used ends the run with 69 or, when trying later can help, 75; where it
# spoils facts or proofs, rows are left undecided (3) or in flight (5). A change whose answer is
# spoilt is looked after: every row is done all the same. So it is where a server's list is spoilt:
# what bears a device's own name proves where it is.
UNUSABLE = (3, 5, 69, 75)
FINE = (0,)

LIST = [
    Behaviour("redirect to another host", DEVICES, redirect(301, "https://attacker.example/"), UNUSABLE, "301"),
    Behaviour("redirect to another scheme", DEVICES, redirect(302, "ftp://127.0.0.1/"), UNUSABLE, "302"),
    Behaviour("a choice of places", DEVICES, redirect(300, "/v1/mdmServers"), UNUSABLE, "300"),
    Behaviour("304 though nothing is kept", DEVICES, raw(b"HTTP/1.1 304 Not Modified\r\n\r\n", True), UNUSABLE, "304"),
    Behaviour("redirect to a proxy", DEVICES, redirect(305, "http://127.0.0.1:1/"), UNUSABLE, "305"),
    Behaviour("redirect of a list, 308", MEMBERS, redirect(308, "/v1/orgDevices"), FINE, "308"),
    Behaviour("redirect of a token request", TOKEN, redirect(307, "https://attacker.example/"), (69, 75, 77), "307"),
    Behaviour("redirect of a change, 303", CHANGE, redirect(303, "/v1/orgDevices"), (3, 5, 69, 75), "303"),
    Behaviour("redirect of a change, 307", CHANGE, redirect(307, "/v1/orgDeviceActivities"), (3, 5, 69, 75), "307"),
    Behaviour("redirect of a change, 308", CHANGE, redirect(308, "/v1/orgDeviceActivities"), (3, 5, 69, 75), "308"),
    Behaviour("a header of 1 MB", DEVICES, raw(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 1_000_000 + b"\r\nContent-Length: 2\r\n\r\n{}"), UNUSABLE, "header"),
    Behaviour("a thousand headers", DEVICES, raw(b"HTTP/1.1 200 OK\r\n" + b"X-A: aaaaaaaaaaaaaaaa\r\n" * 20_000 + b"Content-Length: 2\r\n\r\n{}"), UNUSABLE, "header"),
    Behaviour("a gzip bomb", DEVICES, text(200, BOMB, ("Content-Encoding", "gzip")), UNUSABLE, "JSON"),
    Behaviour("endless chunks", ACTIVITY, forever(CHUNKED, b"10000\r\n" + b" " * 65536 + b"\r\n"), (5, 69, 75), "larger"),
    Behaviour("an endless list", MEMBERS, forever(CHUNKED + b'9\r\n{"data":[\r\n', b"10000\r\n" + b" " * 65536 + b"\r\n"), FINE, "larger"),
    Behaviour("a byte every half second", CHANGE, after(forever(SLOW, b" ", 0.5)), FINE, "timed out", times=1),
    Behaviour("an immediate reset", DEVICES, cut, UNUSABLE, "reset"),
    Behaviour("closed without an answer", DEVICES, close, UNUSABLE, "(?i)empty reply"),
    Behaviour("closed after a change", CHANGE, after(close), FINE, "(?i)empty reply", times=1),
    Behaviour("reset after a change", CHANGE, after(cut), FINE, "reset", times=1),
    Behaviour("a change lost on the way", CHANGE, cut, FINE, "reset", times=1),
    Behaviour("a hotel's page", DEVICES, raw(plain(200, [("Content-Type", "text/html")], HTML)), (78,), "sign-in page"),
    Behaviour("a hotel's page for a token", TOKEN, raw(plain(200, [("Content-Type", "text/html")], HTML)), (78,), "sign-in page"),
    Behaviour("a hotel's page for a change", CHANGE, after(raw(plain(200, [("Content-Type", "text/html")], HTML))), FINE, "JSON|HTML", times=1),
    Behaviour("a flood of 1xx", DEVICES, forever(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), UNUSABLE, "headers are larger"),
    Behaviour("two lengths", DEVICES, raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\n{}"), UNUSABLE, "transfer closed"),
    Behaviour("half an answer", MEMBERS, half, UNUSABLE, "transfer closed"),
    Behaviour("half an answer to a change", CHANGE, half, FINE, "transfer closed", times=1),
    Behaviour("JSON that ends early", MEMBERS, spoilt(lambda body: body[: len(body) // 2]), (0, *UNUSABLE), "JSON|end"),
    Behaviour("JSON 10,000 deep", DEVICES, text(200, DEEP), UNUSABLE, "deep|level"),
    Behaviour("a key twice", DEVICES, edit(rb'"status":"', b'"status":"UNASSIGNED","status":"'), (0, *UNUSABLE), "twice"),
    Behaviour("a number beyond 2^53", UEM_LIST, edit(rb"\[\{", b'[{"big":9007199254740993,'), (0, 3), ""),
    Behaviour("a NUL in a name", SERVERS, edit(rb'"serverName":"', b'"serverName":"a\\\\u0000'), UNUSABLE, "u0000|NUL"),
    Behaviour("invalid UTF-8", SERVERS, edit(rb'"serverName":"', b'"serverName":"\xff\xfe'), UNUSABLE, "UTF-8"),
    Behaviour("pages in a circle", MEMBERS, with_links(loop), (0, *UNUSABLE), "no cursor|circles"),
    Behaviour("the next page elsewhere", MEMBERS, with_links(elsewhere), (0, *UNUSABLE), "not a valid cursor"),
    Behaviour("the same cursor again", MEMBERS, with_links(same_cursor), (0, *UNUSABLE), "not a valid cursor"),
    Behaviour("a list of a million", MEMBERS, many, (0, 4, *UNUSABLE), ""),
    Behaviour("a negative Retry-After", DEVICES, text(429, b"{}", ("Retry-After", "-5")), UNUSABLE, "429"),
    Behaviour("an absurd Retry-After", DEVICES, text(429, b"{}", ("Retry-After", "99999999999999999999")), (75,), "--max-wait ends before"),
    Behaviour("a Retry-After of a century", DEVICES, text(503, b"{}", ("Retry-After", "Wed, 21 Oct 2122 07:28:00 GMT")), (75,), "--max-wait ends before the next try at 20[2-9]"),
    Behaviour("a token for ever", TOKEN, edit(rb'"expires_in":\s*\d+', b'"expires_in":99999999999999'), (0, 69, 77), ""),
    Behaviour("a token that is over", TOKEN, edit(rb'"expires_in":\s*\d+', b'"expires_in":-1'), (0, 69, 75, 77), ""),
    Behaviour("a token with a line end", TOKEN, edit(rb'"access_token":\s*"', b'"access_token":"a\\\\r\\\\nX-Evil: 1'), (69, 75, 77), "token"),
    Behaviour("a UEM token of 1 MB", UEM_TOKEN, text(200, b'{"access_token":"' + b"a" * 1_000_000 + b'","expires_in":3600,"token_type":"Bearer"}'), (69, 75, 77), ""),
    Behaviour("an activity with a path for a name", CHANGE, edit(rb'"id":\s*"[^"]+"', b'"id":"../../x?y=1#"'), (0, 5, 69), "", times=1),
    Behaviour("HTTP/0.9", DEVICES, raw(b"hello\r\n"), UNUSABLE, "HTTP/0.9"),
    Behaviour("a status of 999", DEVICES, raw(b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n"), UNUSABLE, "999"),
    Behaviour("204 for a device list", MEMBERS, raw(b"HTTP/1.1 204 No Content\r\n\r\n", True), FINE, "204"),
    Behaviour("an empty 200", MEMBERS, text(200, b""), FINE, "cut short"),
    Behaviour("a list that is none", MEMBERS, text(200, b'{"data":{"a":1},"links":{}}'), FINE, "no list"),
    Behaviour("terminal escapes in an error", DEVICES, text(400, json.dumps({"errors": [{"status": "400", "code": "BAD\x1b]0;owned\x07", "title": "\x1b[2J", "detail": "\x1b[31mred"}]}).encode()), (3, 69, 75), "BAD"),
    Behaviour("a failing sync", SYNC, text(500, HTML), (0, 5, 69, 75), "500"),
    Behaviour("TLS as it should be", *NOTHING, FINE, "", tls="good"),
    Behaviour("a certificate that has expired", *NOTHING, (69,), "expired", tls="expired"),
    Behaviour("a certificate of another host", *NOTHING, (69,), "does not match|no alternative certificate", tls="other"),
    Behaviour("a certificate nobody signed", *NOTHING, (69,), "self.signed", tls="self"),
    Behaviour("TLS 1.0", *NOTHING, (69,), "version|unsupported protocol|alert", tls="old"),
    Behaviour("no TLS where it should be", *NOTHING, (69,), "(?i)wrong version|ssl|tls", tls="none"),
    Behaviour("a sync that is redirected", SYNC, redirect(308, "https://attacker.example/"), (5, 69, 75), "308"),
]
