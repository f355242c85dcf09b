"""Writes the captures whose sessions NAME.txt tells of, one story a capture, over plain TCP: the same bytes every time.

    python3 tests/golden/stories/generate.py DIRECTORY
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import capture_file
import http_message as http
import websocket as ws
from mpsd import LEAVE, Title, User, activity, compact, etag, guid, handle, join, service_headers, session
from wire import START, Conversation, frames, merged

TITLE = Title("Harbour Lights", 174925616, "4fc10100-5f7a-4470-899b-280f0a6d2730", "QuickMatch", "XDKS.1")
MAREN = User("PlumBadger4207", "2533274908811001", TITLE, "10.20.0.11")
IDRIS = User("QuietLantern77", "2533274908811002", TITLE, "10.20.0.12")
NAME = "Harbour-0001"
AT = TITLE.session(NAME)
TAGS = [etag(change) for change in range(10)]
JSON = "application/json"


class Story:
    """Conversations on one clock: what is said later happens later."""

    def __init__(self):
        self.clock, self.conversations = START, []

    def connect(self, user, server="203.0.113.10"):
        tcp = Conversation((user.address, 51000 + len(self.conversations)), (server, 80), start=self.clock)
        self.conversations.append(tcp)
        tcp.open()
        self.clock = tcp.clock
        return tcp

    def at(self, tcp, after):
        """The conversation goes on that much later."""
        tcp.clock = max(tcp.clock, self.clock)
        return tcp.wait(after)

    def write(self, path):
        packets = frames(merged(*(conversation.segments for conversation in self.conversations)))
        with open(path, "wb") as file:
            file.write(capture_file.pcap(packets))


class Player:
    """A user's connection to the service."""

    def __init__(self, story, user):
        self.story, self.user, self.tcp = story, user, story.connect(user)

    def call(self, method, path, status, document=None, answer=b"", after=0.4, took=0.05, **fields):
        asked = {name: value for name, value in fields.items() if name.startswith("if_")}
        answered = {name: value for name, value in fields.items() if name not in asked}
        body = compact(document) if document is not None else b""
        if answer:
            answered["Content_Type"] = JSON
        self.story.at(self.tcp, after)
        self.tcp.client_sends(http.request(method, path, self.user.headers(**asked), body))
        self.tcp.wait(took)
        self.tcp.server_sends(http.response(status, service_headers(self.user, "Write", **answered), compact(answer) if answer else b""))
        self.story.clock = self.tcp.clock


class Listener:
    """A user's websocket to RTA."""

    def __init__(self, story, user, compression=None):
        self.story, self.user, self.tcp = story, user, story.connect(user, "203.0.113.20")
        self.connection_id = guid("connection", user.xuid)
        offer = [("Sec-WebSocket-Extensions", compression)] if compression else []
        takeover = "no_context_takeover" not in (compression or "")
        self.packed = {side: ws.Deflater(takeover) if compression else None for side in ("client", "server")}
        self.story.at(self.tcp, 0.1)
        self.tcp.client_sends(ws.upgrade([pair for pair in user.headers(ws.RTA_HOST) if pair[0] == "Authorization"] + offer))
        self.tcp.server_sends(ws.accepted(offer))
        self.story.clock = self.tcp.clock

    def send(self, side, payload, after=0.05):
        packed = self.packed[side]
        data = ws.frame(packed(payload) if packed else payload, mask=ws.MASK if side == "client" else None, compressed=bool(packed))
        self.story.at(self.tcp, after)
        self.tcp.send(side, data)
        self.story.clock = self.tcp.clock

    def subscribe(self):
        self.send("client", ws.subscribe(1))
        self.send("server", ws.subscribed(1, 4711, self.connection_id))

    def tapped(self, *taps):
        self.send("server", ws.event(4711, *taps))

    def hang_up(self):
        self.story.at(self.tcp, 0.1)
        self.tcp.client_sends(ws.frame(b"\x03\xe8", ws.CLOSE, ws.MASK))
        self.tcp.server_sends(ws.frame(b"\x03\xe8", ws.CLOSE))
        self.tcp.close()
        self.story.clock = self.tcp.clock


def joining(user, connection):
    """The request of a join that also says where to tell of changes."""
    document = join(user)
    document["members"]["me"]["properties"]["system"].update(
        connection=connection, subscription={"id": guid("subscription", user.xuid), "changeTypes": ["everything"]})
    return document


def document(members, change, **properties):
    return session(TITLE, NAME, members, change, **properties)


def create_join_leave(story):
    maren, idris = Player(story, MAREN), Player(story, IDRIS)
    maren.call("GET", AT, 204)
    maren.call("PUT", AT, 201, join(MAREN), document([MAREN], 1), ETag=TAGS[1], if_None_Match="*")
    idris.call("PUT", AT.lower(), 200, join(IDRIS), document([MAREN, IDRIS], 2), ETag=TAGS[2], if_Match="*")
    maren.call("GET", AT, 200, answer=document([MAREN, IDRIS], 2), ETag=TAGS[2])
    maren.call("PUT", AT + "?nocommit=true", 200, LEAVE, document([IDRIS], 3), ETag=TAGS[9])
    maren.call("GET", AT, 304, if_None_Match=TAGS[2])
    idris.call("PUT", AT, 200, LEAVE, document([MAREN], 3), ETag=TAGS[3])
    maren.call("PUT", AT, 204, LEAVE)
    maren.call("GET", AT, 204)


def conflict_adopted(story):
    maren, idris = Player(story, MAREN), Player(story, IDRIS)
    maren.call("PUT", AT, 201, join(MAREN), document([MAREN], 1), ETag=TAGS[1], if_None_Match="*")
    idris.call("PUT", AT, 200, join(IDRIS), document([MAREN, IDRIS], 2), ETag=TAGS[2], if_Match="*")
    change = {"properties": {"custom": {"round": 1}}}
    maren.call("PUT", AT, 412, change, document([MAREN, IDRIS], 2), ETag=TAGS[2], if_Match=TAGS[1])
    maren.call("PUT", AT, 200, change, document([MAREN, IDRIS], 3, round=1), ETag=TAGS[3], if_Match=TAGS[2])


def conflict_stale(story):
    maren, idris = Player(story, MAREN), Player(story, IDRIS)
    maren.call("PUT", AT, 201, join(MAREN), document([MAREN], 1), ETag=TAGS[1], if_None_Match="*")
    idris.call("PUT", AT, 200, join(IDRIS), document([MAREN, IDRIS], 2), ETag=TAGS[2], if_Match="*")
    change = {"properties": {"custom": {"round": 1}}}
    maren.call("PUT", AT, 412, change, document([MAREN, IDRIS], 2), ETag=TAGS[2], if_Match=TAGS[1])
    maren.call("PUT", AT, 412, change, document([MAREN, IDRIS], 2), ETag=TAGS[2], if_Match=TAGS[1])
    maren.call("PUT", AT, 200, change, document([MAREN, IDRIS], 3, round=1), ETag=TAGS[3], if_Match="*")


def handle_join(story):
    maren, idris = Player(story, MAREN), Player(story, IDRIS)
    mine = handle(MAREN, NAME)
    maren.call("PUT", AT, 201, join(MAREN), document([MAREN], 1), ETag=TAGS[1], if_None_Match="*")
    maren.call("POST", "/handles", 201, activity(TITLE, NAME), mine)
    idris.call("POST", "/handles/query", 200, {"type": "activity", "scid": TITLE.scid, "owners": {"xuids": [MAREN.xuid, IDRIS.xuid]}},
               {"results": [mine]})
    idris.call("GET", f"/handles/{mine['id'].upper()}/session", 200, answer=document([MAREN], 2), ETag=TAGS[2])
    idris.call("PUT", f"/handles/{mine['id']}/session", 200, join(IDRIS), document([MAREN, IDRIS], 3), ETag=TAGS[3], if_Match="*")
    # A handle that nobody has seen before: the answer says which session it was.
    idris.call("PUT", f"/handles/{guid('unseen')}/session/members/me/properties/custom", 200, {"ready": True},
               Content_Location=AT, ETag=TAGS[4])


def taps(story, compression=None):
    maren, idris = Player(story, MAREN), Player(story, IDRIS)
    told = Listener(story, MAREN, compression)
    told.subscribe()
    maren.call("PUT", AT, 201, joining(MAREN, told.connection_id), document([MAREN], 1), ETag=TAGS[1], if_None_Match="*")
    told.tapped(ws.tap(TITLE, NAME, 1))
    idris.call("PUT", AT, 200, join(IDRIS), document([MAREN, IDRIS], 2), ETag=TAGS[2], if_Match="*")
    idris.call("PUT", AT, 200, {"properties": {"custom": {"round": 1}}}, document([MAREN, IDRIS], 3, round=1), ETag=TAGS[3], if_Match=TAGS[2])
    told.tapped(ws.tap(TITLE, NAME, 3), ws.tap(TITLE, "another-one", 8))
    maren.call("GET", AT, 200, answer=document([MAREN, IDRIS], 3, round=1), ETag=TAGS[3])
    idris.call("PUT", AT, 200, LEAVE, document([MAREN], 4), ETag=TAGS[4])
    maren.call("PUT", AT, 204, LEAVE)
    told.tapped(ws.tap(TITLE, NAME))
    told.hang_up()


STORIES = {"create-join-leave": create_join_leave, "conflict-adopted": conflict_adopted, "conflict-stale": conflict_stale,
           "handle-join": handle_join, "taps": taps}


def main(directory):
    for name, tell in STORIES.items():
        story = Story()
        tell(story)
        story.write(os.path.join(directory, name + ".pcap"))


if __name__ == "__main__":
    main(sys.argv[1])
