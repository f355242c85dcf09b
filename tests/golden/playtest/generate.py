"""Writes playtest.pcapng and expected.jsonl: a play test of two titles, as a tap on the office network saw it.

    python3 tests/golden/playtest/generate.py [DIRECTORY]

What each exchange is expected to be is said beside it, from the facts of the service, and goes to
expected.jsonl; nothing of it comes from mpsdscope. TLS is random: packets differ with every run, the
decoded facts do not.

Harbour Lights runs in a development sandbox and mostly meets the service in good health, throttling included.
Foundry runs in retail, against a deployment that breaks every rule of the service's side in turn.
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import capture_file
import http_message as http
from mpsd import (CLIENT_HOST, HOST, LEAVE, Title, User, activity, compact, etag, handle, join, member, rate_limit,
                  search, service_headers, session)
from tls_channel import KeyLog, TlsChannel
from wire import START, Conversation, frames, merged

HARBOUR = Title("Harbour Lights", 174925616, "4fc10100-5f7a-4470-899b-280f0a6d2730", "QuickMatch", "XDKS.1")
FOUNDRY = Title("Foundry", 0x6B4A1C07, "7492baca-c1b4-440d-a391-b7ef6b4a1c07", "raid lobby".replace(" ", "%20"), "")

MAREN = User("PlumBadger4207", "2533274908811001", HARBOUR, "10.20.0.11")
IDRIS = User("QuietLantern77", "2533274908811002", HARBOUR, "10.20.0.12")
OLENA = User("NorthRelay", "2533274908811003", HARBOUR, "10.20.0.13")
TOMAS = User("CopperKite 12", "2533274908822001", FOUNDRY, "10.20.0.14")
AYUMI = User("GlassOtter", "2533274908822002", FOUNDRY, "10.20.0.15")

DIRECTORY, OTHERS, BUILDS = "203.0.113.10", "203.0.113.77", "10.20.0.250"
JSON, TEXT = "application/json", "text/plain"


class PlayTest:
    """All conversations on one clock, so that exchanges complete in the order of the script."""

    def __init__(self):
        self.clock, self.keys, self.conversations, self.expected = START, KeyLog(), [], []

    def connect(self, user, host=HOST, server=(DIRECTORY, 443), tls="1.3", keys=True, **how):
        """A connection of its own for the user; plain TCP with tls=None."""
        port = 51000 + len(self.conversations)
        tcp = Conversation((user.address, port), server, start=self.clock, client_isn=port * 70001, server_isn=port * 9001)
        self.conversations.append(tcp)
        tcp.open()
        channel = TlsChannel(tcp, host, self.keys if keys else None, tls, **how) if tls else tcp
        self.clock = tcp.clock
        return Line(self, user, channel, tcp, host)

    def write(self, directory):
        packets = frames(merged(*(conversation.segments for conversation in self.conversations)))
        with open(os.path.join(directory, "playtest.pcapng"), "wb") as file:
            file.write(capture_file.pcapng(packets, keylog=self.keys.text()))
        with open(os.path.join(directory, "expected.jsonl"), "w") as file:
            file.writelines(json.dumps(record) + "\n" for record in self.expected)


class Line:
    """One user's connection to the service."""

    def __init__(self, test, user, channel, tcp, host):
        self.test, self.user, self.channel, self.tcp, self.host = test, user, channel, tcp, host

    def call(self, method, path, status, target, row, document=None, answer=b"", kind=None, variant=None,
             after=0.4, took=0.035, rules=(), defects=(), mpsd=True, wire=None, length=None, **fields):
        """One exchange. `fields` starting with if_ or accept are the request's, the others the response's."""
        asked = {name: value for name, value in fields.items() if name.startswith(("if_", "accept"))}
        answered = {name: value for name, value in fields.items() if name not in asked}
        body = document if isinstance(document, bytes) else compact(document) if document is not None else b""
        if body:
            asked["Content_Type"] = "application/json; charset=utf-8"
        answer = answer if isinstance(answer, bytes) else compact(answer)
        if kind:
            answered["Content_Type"] = kind
        self.tcp.clock = max(self.tcp.clock, self.test.clock)
        self.channel.wait(after)
        self.channel.client_sends(http.request(method, path, self.user.headers(self.host, **asked), body))
        self.channel.wait(took)
        if wire is None and status:
            mode = "Read" if method == "GET" else "Write"
            wire = http.response(status, service_headers(self.user, mode, **answered), answer, length)
        if wire:
            self.channel.server_sends(wire)
        if mpsd:
            record = {"method": method, "target": target, "status": status, "row": row, "variant": variant,
                      "title_id": self.user.title.shown_id(), "user_id": self.user.xuid, "rules": sorted(rules),
                      "defects": sorted(defects)}
            self.test.expected.append({name: value for name, value in record.items() if value is not None})
        self.test.clock = self.tcp.clock

    def hang_up(self, first="client"):
        self.tcp.clock = max(self.tcp.clock, self.test.clock)
        self.channel.close(first)
        self.test.clock = self.tcp.clock


def healthy_match(test):
    """Harbour Lights: two friends find each other, play, collide, and leave."""
    name = "3f2b8f4e-harbour-0001"
    at, mine = HARBOUR.session(name), handle(MAREN, name)
    tags = [etag(name, change) for change in range(9)]
    maren, idris = test.connect(MAREN), test.connect(IDRIS, tls="1.2", ciphers="ECDHE-ECDSA-AES128-GCM-SHA256")

    maren.call("POST", "/handles/query?include=relatedInfo,customProperties", 200, "handle-query", "200",
               {"type": "activity", "scid": HARBOUR.scid, "owners": {"xuids": [MAREN.xuid, IDRIS.xuid]}}, {"results": []}, JSON)
    maren.call("GET", at, 204, "session", "204", variant="session-absent")
    maren.call("PUT", at, 201, "session", "201", join(MAREN, deck=4), session(HARBOUR, name, [MAREN], 1), JSON,
               ETag=tags[1], if_None_Match="*")
    maren.call("POST", "/handles", 201, "handles", "201", activity(HARBOUR, name), mine, JSON,
               Location=f"/handles/{mine['id']}", Content_Location=f"/handles/{mine['id']}")
    maren.call("GET", at, 200, "session", "200", answer=session(HARBOUR, name, [MAREN], 2), kind=JSON, ETag=tags[2])

    idris.call("POST", "/handles/query", 200, "handle-query", "200",
               {"type": "activity", "scid": HARBOUR.scid, "owners": {"people": {"moniker": "people", "monikerXuid": IDRIS.xuid}}},
               {"results": [mine]}, JSON)
    idris.call("PUT", f"/handles/{mine['id']}/session", 200, "session-by-handle", "200", join(IDRIS, deck=2),
               session(HARBOUR, name, [MAREN, IDRIS], 3), JSON, ETag=tags[3], if_Match="*")
    idris.call("GET", HARBOUR.session(name, "members/me"), 200, "element", "200", answer=member(IDRIS, 2), kind=JSON,
               ETag=tags[3])

    # A collision as it should go: the refused write gets the whole session, is merged and written again.
    change = {"properties": {"custom": {"round": 1, "map": "breakwater"}}}
    maren.call("PUT", at, 412, "session", "412-session", change, session(HARBOUR, name, [MAREN, IDRIS], 3), JSON,
               ETag=tags[3], if_Match=tags[2])
    maren.call("PUT", at, 200, "session", "200", change, session(HARBOUR, name, [MAREN, IDRIS], 4, round=1), JSON,
               ETag=tags[4], if_Match=tags[3])
    idris.call("GET", at, 304, "session", "304", if_None_Match=tags[4])
    idris.call("GET", HARBOUR.session(name, "servers/relay"), 204, "element", "204", variant="element-absent")
    maren.call("PUT", HARBOUR.session(name, "members/me/properties/custom"), 202, "element", "202", {"ready": True},
               kind=TEXT)
    maren.call("PUT", at, 403, "session", "403-session", {"properties": {"system": {"joinRestriction": "local"}}},
               session(HARBOUR, name, [MAREN, IDRIS], 4, round=1), "application/json; charset=utf-8", ETag=tags[4],
               if_Match=tags[4])

    idris.call("PUT", at, 200, "session", "200", LEAVE, session(HARBOUR, name, [MAREN], 5, round=1), JSON, ETag=tags[5])
    maren.call("PUT", at, 204, "session", "204", LEAVE, variant="session-deleted")
    idris.call("DELETE", HARBOUR.session(name, "members/me"), 204, "element", "204", variant="element-gone")
    maren.hang_up()
    idris.hang_up()


def refusals(test):
    """Harbour Lights: what the service refuses, correctly."""
    name = "3f2b8f4e-harbour-0002"
    at = HARBOUR.session(name)
    olena = test.connect(OLENA, tls="1.2", ciphers="ECDHE-ECDSA-AES256-SHA384")
    olena.call("PUT", at, 400, "session", "400", b'{"members":{"me":', b"The request body is not valid JSON.", TEXT)
    olena.call("GET", at, 403, "session", "403-message", kind="text/plain; charset=utf-8",
               answer=b"The requested session cannot be accessed. Private Sessions can only be read by members of the session.")
    olena.call("GET", at.replace("QuickMatch", "QuickMtach"), 404, "session", "404", kind=TEXT,
               answer=b"The requested session template wasn't found.")
    olena.call("DELETE", at, 405, "session", "405", answer=b"The requested resource does not support DELETE.", kind=TEXT)
    olena.call("PUT", at, 409, "session", "409", {"constants": {"system": {"maxMembersCount": 16}}},
               b"The constants of the request differ from the constants of the session.", TEXT)
    olena.call("PUT", at, 412, "session", "412-bare", join(OLENA), if_None_Match="*")
    olena.call("PUT", at, 503, "session", "503", join(OLENA), kind=TEXT, Retry_After=8)
    olena.hang_up()


def throttled(test):
    """Harbour Lights: searching too often. Search handles may be read once in 15 seconds."""
    olena = test.connect(OLENA)
    for status, current in ((200, 1), (429, 2), (429, 3), (429, 4)):
        limit = rate_limit(current, 1, 15)
        olena.call("POST", "/handles/query", status, "handle-query", str(status), search(HARBOUR),
                   {"results": []} if status == 200 else limit, JSON, after=2.5, **({} if status == 200 else {"Retry_After": 15}))
    olena.call("POST", "/handles/query", 200, "handle-query", "200", search(HARBOUR), {"results": []}, JSON, after=16)
    olena.hang_up()


def broken_deployment(test):
    """Foundry: each rule of the service's side fires, alone where it can."""
    name = "9c1d-foundry-night"
    at, me = FOUNDRY.session(name), FOUNDRY.session(name, "members/me")
    tags = [etag(name, change) for change in range(9)]
    both = session(FOUNDRY, name, [TOMAS, AYUMI], 3)
    tomas = test.connect(TOMAS, tls="1.2", ciphers="ECDHE-ECDSA-CHACHA20-POLY1305")

    tomas.call("PUT", at, 201, "session", "201", join(TOMAS), session(FOUNDRY, name, [TOMAS]), JSON, ETag=tags[1],
               if_None_Match="*")
    tomas.call("PUT", at, 200, "session", "200", {"properties": {"custom": {"wave": 1}}},
               session(FOUNDRY, name, [TOMAS], 2, wave=1), JSON, rules=["session-no-etag"])
    tomas.call("GET", at, 200, "session", "200", answer={**both, "membersInfo": {"first": 0, "next": 2, "count": 3}},
               kind=JSON, ETag=tags[3], rules=["session-malformed"])
    tomas.call("PUT", me, 412, "element", "412-session", {"properties": {"custom": {"ready": True}}}, member(TOMAS, 1),
               JSON, ETag=tags[3], if_Match=tags[2], rules=["4xx-partial-session"])
    tomas.call("PUT", at, 403, "session", "403-session", {"properties": {"custom": {"wave": 9}}},
               compact(both)[:400], JSON, ETag=tags[3], rules=["4xx-partial-session"])
    tomas.call("PUT", at, 412, "session", "412-session", {"properties": {"custom": {"wave": 2}}}, both, JSON,
               if_Match=tags[1], rules=["412-no-etag"])
    tomas.call("PUT", at, 412, "session", "412-bare", {"properties": {"custom": {"wave": 3}}},
               rules=["status-method-mismatch"])
    tomas.call("GET", at, 503, "session", "503", kind=TEXT, rules=["503-no-retry-after"])
    tomas.call("GET", at, 503, "session", "503", kind=TEXT, Retry_After="soon", rules=["retry-after-malformed"])
    tomas.call("GET", at, 503, "session", "503", answer=b"Retry again later", kind=JSON, Retry_After=3,
               rules=["body-unexpected", "content-type-mismatch"])

    # HTTP/2, to the client's host name.
    ayumi = H2Line(test.connect(AYUMI, host=CLIENT_HOST, alpn=["h2"]))
    ayumi.call("PUT", at, 200, "session", "200", join(AYUMI), both, JSON, ETag=tags[3], if_Match="*")
    ayumi.call("GET", at, 429, "session", "429", answer=rate_limit(31, 30, 15), kind=JSON, rules=["429-no-retry-after"])
    ayumi.call("GET", at, 429, "session", "429", answer={"status": {"errorCode": "ThrottledTryAgain"}, "result": []},
               kind=JSON, Retry_After=7, rules=["429-body-malformed"])
    ayumi.call("GET", FOUNDRY.session("no-such-night"), 404, "session", "404", answer=b"<html>Not Found</html>",
               kind="text/html", rules=["content-type-mismatch"])
    ayumi.call("PUT", at, 400, "session", "400", {"members": []}, kind=TEXT, rules=["body-missing"])
    ayumi.call("PUT", at, 202, "session", "202", LEAVE, b"accepted, probably", TEXT, rules=["body-unexpected"])
    ayumi.call("GET", at, 401, "session", "unlisted", rules=["status-unlisted"])
    ayumi.hang_up()

    # Twice the connection breaks: once in the middle of a message, once before the response.
    tomas.call("GET", FOUNDRY.session("lost"), 404, "session", "404", answer=b"The requested session temp", kind=TEXT,
               length=46, rules=["http-malformed"], defects=["response-truncated"])
    tomas.hang_up("server")
    tomas = test.connect(TOMAS)
    tomas.call("PUT", at, None, "session", None, LEAVE, rules=["response-missing"], defects=["response-missing"])
    tomas.hang_up("server")


class H2Line:
    """A line that speaks HTTP/2."""

    def __init__(self, line):
        self.line, self.stream = line, -1
        line.channel.client_sends(http.PREFACE + http.h2_frame(http.SETTINGS, 0, 0))
        line.channel.server_sends(http.h2_frame(http.SETTINGS, 0, 0) + http.h2_frame(http.SETTINGS, http.ACKED, 0))
        line.channel.client_sends(http.h2_frame(http.SETTINGS, http.ACKED, 0))
        self.sending = line.channel
        line.channel = self  # the line's messages pass through here and become frames

    def call(self, *what, **how):
        self.stream += 2
        self.line.call(*what, **how)

    @staticmethod
    def split(message):
        head, _, body = message.partition(b"\r\n\r\n")
        start, *lines = head.decode("latin-1").split("\r\n")
        pairs = [line.split(": ", 1) for line in lines]
        return start, [pair for pair in pairs if pair[0] not in ("Host", "Content-Length")], body

    def client_sends(self, message):
        start, pairs, body = self.split(message)
        method, path, _ = start.split(" ", 2)
        self.sending.client_sends(http.h2_request(self.stream, method, path, self.line.host, pairs, body))

    def server_sends(self, message):
        start, pairs, body = self.split(message)
        self.sending.server_sends(http.h2_response(self.stream, start.split(" ")[1], pairs, body))

    def wait(self, seconds):
        self.sending.wait(seconds)

    def close(self, first):
        self.sending.close(first)

    def hang_up(self):
        self.line.hang_up()


def other_traffic(test):
    """What else the tap saw: telemetry whose keys nobody has, and the build farm's mock of the service, in plain HTTP."""
    for _ in range(2):
        telemetry = test.connect(IDRIS, host="telemetry.harbour-lights.example", server=(OTHERS, 443), keys=False)
        telemetry.call("POST", "/v2/events", 200, None, None, {"fps": [60, 60, 59]}, b"{}", JSON, mpsd=False)
        telemetry.hang_up()
    mock = test.connect(MAREN, host="mock-mpsd.builds.example", server=(BUILDS, 80), tls=None)
    mock.call("GET", HARBOUR.session("smoke-test"), 204, None, None, mpsd=False)
    mock.call("GET", "/builds/latest", 200, None, None, answer={"build": 8812}, kind=JSON, mpsd=False)
    mock.hang_up()


def main(directory):
    test = PlayTest()
    healthy_match(test)
    other_traffic(test)
    refusals(test)
    throttled(test)
    broken_deployment(test)
    test.write(directory)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else HERE)
