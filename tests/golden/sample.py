"""A short conversation with the session directory that the tests bend in every way, and its facts."""
from dataclasses import dataclass, field

import http_message as http
from mpsd import HOST, Title, User, activity, compact, etag, handle, join, rate_limit, search, service_headers, session
from tls_channel import TlsChannel
from wire import START, Conversation

TITLE = Title("Sample", 174925616, "4fc10100-5f7a-4470-899b-280f0a6d2730", "QuickMatch", "XDKS.1")
USER = User("PlumBadger4207", "2533274908811001", TITLE, "10.20.0.11")
FRIENDS = [USER] + [User(f"Friend{n}", str(2533274908811100 + n), TITLE, "10.20.0.99") for n in range(6)]
NAME = "sample-0001"
PATH = TITLE.session(NAME)
CLIENT, SERVER, SERVER_TLS = ("10.20.0.11", 51000), ("203.0.113.10", 80), ("203.0.113.10", 443)
CLIENT6, SERVER6 = ("fd00:20::11", 51000), ("2001:db8::10", 80)


@dataclass
class Step:
    """A request, its response, and what is to be found in them."""
    method: str
    status: int
    target: str
    row: str
    request: bytes
    response: bytes
    rules: list = field(default_factory=list)
    variant: str = ""

    def facts(self, **more):
        facts = {"method": self.method, "status": self.status, "target": self.target, "row": self.row,
                 "variant": self.variant, "rules": self.rules, "defects": [], "user_id": USER.xuid,
                 "title_id": TITLE.shown_id(), "response_bytes": len(self.response.partition(b"\r\n\r\n")[2])}
        facts.update(more)
        return facts


def step(method, path, status, target, row, document=None, answer=None, rules=(), variant="", asked=(), **answered):
    body = compact(document) if document is not None else b""
    if answer is not None:
        answered.setdefault("Content_Type", "application/json")
    return Step(method, status, target, row,
                http.request(method, path, [*USER.headers(), *asked], body),
                http.response(status, service_headers(USER, "Write", **answered), compact(answer) if answer is not None else b""),
                sorted(rules), variant)


def steps():
    """Seven exchanges; the session document of seven members spans several segments."""
    large, small = session(TITLE, NAME, FRIENDS, 3), session(TITLE, NAME, [USER], 1)
    return [
        step("PUT", PATH, 201, "session", "201", join(USER), small, ETag=etag(1), asked=[("If-None-Match", "*")]),
        step("POST", "/handles", 201, "handles", "201", activity(TITLE, NAME), handle(USER, NAME)),
        step("GET", PATH, 200, "session", "200", None, large, ETag=etag(3)),
        step("PUT", PATH, 412, "session", "412-session", join(USER), large, ETag=etag(3), asked=[("If-Match", etag(1))]),
        step("POST", "/handles/query", 429, "handle-query", "429", search(TITLE), rate_limit(2, 1, 15), ["429-no-retry-after"]),
        step("GET", PATH, 304, "session", "304", asked=[("If-None-Match", etag(3))]),
        step("PUT", PATH, 204, "session", "204", {"members": {"me": None}}, variant="session-deleted")]


def facts():
    return [step.facts() for step in steps()]


def play(channel, script=None):
    """Sends the requests and responses of `script` one after the other."""
    for step in steps() if script is None else script:
        channel.client_sends(step.request)
        channel.server_sends(step.response)
    return channel


def plain(client=CLIENT, server=SERVER, script=None, close=True, **how):
    """The sample over plain HTTP, as a finished conversation."""
    talk = Conversation(client, server, **how).open()
    play(talk, script)
    return talk.close() if close else talk


def encrypted(keylog, version="1.3", ciphers=None, alpn=("http/1.1",), close=True, start=START, session_of=None, mss=1460):
    channel = TlsChannel(Conversation(CLIENT, SERVER_TLS, start=start, mss=mss).open(), HOST, keylog, version, ciphers, alpn,
                         session_of)
    play(channel)
    return channel.close() if close else channel
