"""Change notifications (RTA): subscriptions and shoulder taps from captures and through the proxy, of real websocket peers."""
import re
import struct
import threading

import scope
from proxy_peers import Proxy, connect_through
from proxy_service import TlsOrigin, ca, client_context, read_exactly
from real import read
from scope import Case, replay
from stories_test import captured, pretty

import generate
import http_message as http
import websocket as ws
from capture_file import pcap
from mpsd import FAKE_TOKEN
from wire import Conversation, frames

COLUMNS = ("notification", "user", "title_id", "session", "member", "change_number", "connection_id")


def told(done):
    return [{name: record[name] for name in COLUMNS if name in record} for record in done.of_type("notification")]


class Captured(Case):
    def test_taps_are_joined_to_their_session(self):
        for compression in (None, "permessage-deflate", "permessage-deflate; server_no_context_takeover; client_no_context_takeover"):
            with self.subTest(compression=compression):
                story = generate.Story()
                generate.taps(story, compression)
                path = scope.scratch("taps.pcap")
                story.write(path)
                self.check(replay(path))

    def check(self, done):
        connection_id = generate.guid("connection", generate.MAREN.xuid)
        records = told(done)
        self.assertEqual([record["notification"] for record in records], ["subscribed", "tap", "tap", "tap", "tap", "closed"])
        self.assertEqual({record["connection_id"] for record in records}, {connection_id})
        taps = records[1:5]
        self.assertEqual([tap["session"] for tap in taps], [generate.NAME, generate.NAME, "another-one", generate.NAME])
        self.assertEqual([tap["member"] for tap in taps], [True, True, False, True])
        self.assertEqual([tap.get("change_number") for tap in taps], [1, 3, 8, None])
        self.assertEqual({tap["user"] for tap in taps}, {generate.MAREN.xuid})
        self.assertEqual({tap["title_id"] for tap in taps}, {"0A6D2730"})
        self.assertEqual(done.summary["notifications"], {"messages": 5, "subscriptions": 1, "taps": 4})
        self.assertEqual(done.counter("websockets"), 1)
        self.assertEqual(done.counter("websocket_messages"), 5)
        self.assertNotIn("websocket_lost", done.summary["counters"])
        self.assertEqual([exchange["host"] for exchange in done.exchanges], ["sessiondirectory.xboxlive.com"] * 6)

    def test_records_stand_in_the_order_of_time(self):
        records = [record for record in replay(captured("taps")).records if record["type"] in ("exchange", "notification")]
        self.assertEqual(records, sorted(records, key=lambda record: record["ts"]))

    def test_pretty_output_shows_them(self):
        text = pretty(captured("taps"))
        self.assertRegex(text, r"15:00:\S+ +0A6D2730 +2533274908811001 +RTA +session Harbour-0001, change 3 +- +tap\n")
        self.assertIn("1 subscription to change notifications, 4 notifications", text)

    def test_no_secret_gets_out(self):
        done = replay(captured("taps"), options=["--all", "--sessions"])
        self.assertNotIn(FAKE_TOKEN, done.out.decode() + done.err)

    def test_other_websockets_are_only_counted(self):
        talk = Conversation(("10.20.0.11", 51000), ("203.0.113.20", 80)).open()
        talk.client_sends(ws.upgrade(host="chat.example", protocol="chat")).server_sends(ws.accepted(protocol="chat"))
        talk.server_sends(ws.frame(ws.event(1, ws.tap(generate.TITLE, "a", 1)))).close()
        done = replay(pcap(frames(talk.segments)))
        self.assertEqual(told(done), [])
        self.assertEqual((done.counter("websockets"), done.counter("websocket_messages")), (1, 0))
        self.assertNotIn("notifications", done.summary)

    def test_what_cannot_be_read_is_counted(self):
        talk = Conversation(("10.20.0.11", 51000), ("203.0.113.20", 80)).open()
        talk.client_sends(ws.upgrade()).server_sends(ws.accepted())
        talk.server_sends(ws.frame(b"not json") + ws.frame(b"[1", final=False) + ws.frame(b"]", ws.CONTINUATION))
        talk.client_sends(ws.frame(b"[2,1,1]"))  # not masked
        talk.server_sends(ws.frame(b"x" * 2000))
        done = replay(pcap(frames(talk.segments)), options=["--max-websocket-message", "1K"])
        counters = done.summary["counters"]
        self.assertEqual([counters.get(name) for name in ("rta_unread", "websocket_lost", "websocket_dropped", "websocket_messages")],
                         [1, 1, 1, 2])

    def test_polling_in_spite_of_a_subscription(self):
        for subscribed in (True, False):
            story = generate.Story()
            maren = generate.Player(story, generate.MAREN)
            listener = generate.Listener(story, generate.MAREN)
            if subscribed:
                listener.subscribe()
            maren.call("PUT", generate.AT, 201, generate.joining(generate.MAREN, listener.connection_id),
                       generate.document([generate.MAREN], 1), ETag=generate.TAGS[1], if_None_Match="*")
            for _ in range(6):
                maren.call("GET", generate.AT, 200, answer=generate.document([generate.MAREN], 1), ETag=generate.TAGS[1], after=2)
            path = scope.scratch("polling.pcap")
            story.write(path)
            polling = [violation["message"] for exchange in replay(path).exchanges for violation in exchange["violations"]
                       if violation["rule"] == "polling"]
            with self.subTest(subscribed=subscribed):
                self.assertEqual(len(polling), 1)
                self.assertEqual("subscribed" in polling[0], subscribed)


class Peer:
    """One end of a websocket over TLS."""

    def __init__(self, connection, client):
        self.connection, self.mask = connection, ws.MASK if client else None

    def head(self):
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            data += read_exactly(self.connection, 1)
        return data

    def body(self, head):
        return read_exactly(self.connection, int(re.search(rb"(?i)content-length: (\d+)", head)[1]))

    def say(self, payload, opcode=ws.TEXT):
        self.connection.sendall(ws.frame(payload, opcode, self.mask))

    def hear(self):
        """The payload of the next frame."""
        _, second = read_exactly(self.connection, 2)
        size = second & 127
        if size == 126:
            size, = struct.unpack("!H", read_exactly(self.connection, 2))
        mask = read_exactly(self.connection, 4) if second & 128 else bytes(4)
        return bytes(byte ^ mask[i % 4] for i, byte in enumerate(read_exactly(self.connection, size)))


class Proxied(Case):
    """A game and a service that are both real TLS peers, with the proxy between them."""

    def serve(self, connection):
        peer = Peer(connection, client=False)
        head = peer.head()
        if b"Upgrade: websocket" in head:
            connection.sendall(ws.accepted())
            assert peer.hear() == ws.subscribe(1)
            peer.say(ws.subscribed(1, 4711, "8c1d5c6b"))
            for _ in range(2):
                self.changed.wait(scope.PATIENCE)
                self.changed.clear()
                peer.say(ws.event(4711, *self.taps))
            peer.say(peer.hear(), ws.CLOSE)
            return
        peer.body(head)
        connection.sendall(http.response(201, [("Content-Type", "application/json"), ("ETag", generate.TAGS[1])],
                                         generate.compact(generate.document([generate.MAREN], 1))))

    def play(self, proxy, port):
        def connect():
            return client_context(proxy.ca).wrap_socket(connect_through(proxy, "localhost", port), server_hostname="localhost")

        authority = f"localhost:{port}"
        with connect() as socket_of_rta, connect() as service:
            game = Peer(socket_of_rta, client=True)
            socket_of_rta.sendall(ws.upgrade([pair for pair in generate.MAREN.headers() if pair[0] == "Authorization"], host=authority))
            self.assertIn(b"101", game.head())
            game.say(ws.subscribe(1))
            self.assertEqual(game.hear(), ws.subscribed(1, 4711, "8c1d5c6b"))
            for change in (1, None):
                if change:
                    body = generate.compact(generate.joining(generate.MAREN, "8c1d5c6b"))
                    service.sendall(http.request("PUT", generate.AT, generate.MAREN.headers(authority, if_None_Match="*"), body))
                    head = (answer := Peer(service, client=True)).head()
                    self.assertIn(b"201", head)
                    answer.body(head)
                self.taps = [ws.tap(generate.TITLE, generate.NAME, change)]
                self.changed.set()
                self.assertEqual(game.hear(), ws.event(4711, *self.taps))
            game.say(b"\x03\xe8", ws.CLOSE)
            self.assertEqual(game.hear(), b"\x03\xe8")

    def test_the_proxy_tells_the_same_as_its_capture(self):
        self.changed = threading.Event()
        with TlsOrigin(self.serve) as origin:
            saved = scope.scratch("play.pcapng")
            with Proxy("--intercept", "localhost", "--mpsd-host", "localhost", "--upstream-ca", ca(), "--save", saved) as proxy:
                self.play(proxy, origin.port)
                origin.finish()
                proxy.interrupt()
            live = scope.Run(0, read(proxy.log), "")
        self.assertEqual([record["notification"] for record in told(live)], ["subscribed", "tap", "tap", "closed"])
        taps = [(tap["session"], tap["member"], tap.get("change_number"), tap["user"]) for tap in told(live)[1:3]]
        self.assertEqual(taps, [(generate.NAME, True, 1, generate.MAREN.xuid), (generate.NAME, True, None, generate.MAREN.xuid)])
        self.assertEqual(live.summary["notifications"], {"messages": 4, "subscriptions": 1, "taps": 2})
        again = replay(saved, options=["--mpsd-host", "localhost"])
        self.assertEqual(told(again), told(live))
        self.assertEqual([record["ts"] for record in again.of_type("notification")],
                         [record["ts"] for record in live.of_type("notification")])


if __name__ == "__main__":
    scope.main()
