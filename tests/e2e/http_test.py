"""What HTTP/1.1 and HTTP/2 allow, on the wire; bodies are session documents, so that a wrongly read body shows."""
import gzip
import subprocess
import zlib

import scope
from scope import Case, facts, replay, run

import http_message as http
import sample
import wire
from capture_file import pcap
from http_message import chunked, h2_data, h2_frame, h2_headers, h2_request, h2_response, request, response
from mpsd import HOST, compact, etag, rate_limit, service_headers, session
from sample import PATH, TITLE, USER
from tls_channel import KeyLog, TlsChannel

DOCUMENT = compact(session(TITLE, sample.NAME, sample.FRIENDS, 3))
ASK = USER.headers()
JSON = ("Content-Type", "application/json")
GOOD = {"method": "GET", "status": 200, "target": "session", "row": "200", "rules": [], "defects": []}


def answer_headers(*more):
    return [*service_headers(USER, "Read", ETag=etag(3)), JSON, *more]


def get(path=PATH, *more, **how):
    return request("GET", path, [*ASK, *more], **how)


def ok(*more, body=DOCUMENT, **how):
    return response(200, answer_headers(*more), body, **how)


def talk_of(*turns, close=True):
    """A plain conversation: requests and responses in turn, beginning with the client."""
    talk = wire.Conversation(sample.CLIENT, sample.SERVER).open()
    for number, turn in enumerate(turns):
        talk.send("server" if number % 2 else "client", turn)
    return talk.close("server") if close else talk


def replayed(talk, *options):
    return replay(pcap(wire.frames(talk.segments)), options=options)


def tool(*command, data):
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


class Http1(Case):
    def good(self, *turns, times=1, **more):
        done = replayed(talk_of(*turns))
        self.assertFacts(done, [{**GOOD, **more}] * times)
        return done

    def test_pipelined(self):
        self.good(get() * 5, ok() * 5, times=5)

    def test_pipelined_with_answers_between(self):
        self.good(get() * 3, ok(), get() * 2, ok() * 4, times=5)

    def test_lines_before_a_request_and_bare_line_feeds(self):
        self.good(b"\r\n" + get(), ok(), b"\r\n\r\n" + get(), ok(), times=2)

    def test_chunked(self):
        for size in (1, 7, 1000, 10**6):
            for extension in ("", ";name=value", ';quoted="a;b"'):
                body = chunked(DOCUMENT, size, extension=extension)
                with self.subTest(size=size, extension=extension):
                    self.good(get(), ok(("Transfer-Encoding", "chunked"), body=body, length=""), response_bytes=len(DOCUMENT))

    def test_trailers(self):
        body = chunked(DOCUMENT, 300, [("X-Checked", "yes"), ("X-More", "1")])
        self.good(*[get(), ok(("Transfer-Encoding", "chunked"), ("Trailer", "X-Checked"), body=body, length="")] * 2, times=2)

    def test_chunked_request(self):
        put = request("PUT", PATH, [*ASK, ("Transfer-Encoding", "chunked")], chunked(compact({"members": {"me": None}})), "")
        self.good(put, ok(), put, ok(), times=2, method="PUT")

    def test_interim_responses(self):
        hints = response(103, [("Link", "</a>; rel=preload")])
        self.good(get(), response(100) + ok(), get(), hints + hints + ok(), times=2)

    def test_expect_continue(self):
        body = compact({"members": {"me": None}})
        head = request("PUT", PATH, [*ASK, ("Expect", "100-continue")], length=len(body))
        self.good(head, response(100), body, ok(), method="PUT")

    def test_head_has_no_body(self):
        """HEAD is answered with the length of a body that does not come."""
        other = request("HEAD", "/", [("Host", "elsewhere.example")])
        done = self.good(other, response(200, length=5000), get(), ok())
        self.assertEqual(done.summary["exchanges"], 2)

    def test_no_body_statuses(self):
        done = replayed(talk_of(get(PATH, ("If-None-Match", etag(3))), response(304, answer_headers(), length=4000), get(), ok(),
                                get(), response(204, service_headers(USER, "Read")), get(), ok()))
        self.assertEqual([(exchange["status"], exchange["defects"]) for exchange in done.exchanges],
                         [(304, []), (200, []), (204, []), (200, [])])

    def test_body_ends_with_the_connection(self):
        self.good(get(), ok(length=""), response_bytes=len(DOCUMENT))
        self.good(get(), ok(length="", version="HTTP/1.0"), response_bytes=len(DOCUMENT))

    def test_absolute_form(self):
        self.good(get(f"https://{HOST}{PATH}"), ok(), get(f"HTTP://{HOST.upper()}:443{PATH}?nocommit=false"), ok(), times=2)

    def test_spelling_of_paths_and_hosts(self):
        for path in (PATH.upper().replace("/SERVICECONFIGS", "/serviceConfigs"), PATH.replace("sample", "%73ample"), PATH + "?x=1"):
            with self.subTest(path=path):
                self.good(get(path), ok())
        ask = [("host", HOST.upper() + ":80"), *ASK[1:]]
        self.good(request("GET", PATH, ask), ok())

    def test_websocket(self):
        """After the upgrade nothing is HTTP any more, even where it looks so."""
        upgrade = request("GET", "/connect", [("Host", HOST), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
                                              ("Sec-WebSocket-Key", "AAAA"), ("Sec-WebSocket-Version", "13")])
        done = replayed(talk_of(get(), ok(), upgrade, response(101, [("Upgrade", "websocket"), ("Connection", "Upgrade")])
                                + b"\x81\x05hello", get(), b"\x82\x7e\x01\x00" + b"HTTP/1.1 200 OK\r\n\r\n" * 13), "--all")
        self.assertEqual([exchange["status"] for exchange in done.exchanges], [200, 101])
        self.assertEqual(done.counter("websockets"), 1)

    def test_refused_upgrade_goes_on_as_http(self):
        self.good(get(PATH, ("Upgrade", "websocket"), ("Connection", "Upgrade")), ok(), get(), ok(), times=2)

    def test_content_codings(self):
        forms = {"gzip": gzip.compress(DOCUMENT), "x-gzip": gzip.compress(DOCUMENT), "deflate": zlib.compress(DOCUMENT),
                 "br": tool("brotli", "-c", data=DOCUMENT), "zstd": tool("zstd", "-c", data=DOCUMENT),
                 "identity": DOCUMENT, "gzip, br": tool("brotli", "-c", data=gzip.compress(DOCUMENT)),
                 "GZip": gzip.compress(DOCUMENT[:500]) + gzip.compress(DOCUMENT[500:])}
        raw = zlib.compressobj(wbits=-15)  # what some servers call deflate
        forms["Deflate"] = raw.compress(DOCUMENT) + raw.flush()
        for coding, body in forms.items():
            with self.subTest(coding, framing="length"):
                self.good(get(), ok(("Content-Encoding", coding), body=body), response_bytes=len(body))
            with self.subTest(coding, framing="chunked"):
                self.good(get(), ok(("Content-Encoding", coding), ("Transfer-Encoding", "chunked"), body=chunked(body, 50), length=""))

    def test_undecodable_bodies_are_marked(self):
        for coding, body in (("gzip", DOCUMENT), ("br", b"\xff" * 40), ("zstd", DOCUMENT), ("klingon", DOCUMENT),
                             ("gzip", gzip.compress(DOCUMENT)[:-20])):
            with self.subTest(coding):
                done = replayed(talk_of(get(), ok(("Content-Encoding", coding), body=body), get(), ok()))
                self.assertEqual([exchange["defects"] for exchange in done.exchanges], [["response-body-undecoded"], []])
                self.assertIn("session-malformed", facts(done.exchanges[0])["rules"])  # no client can read it

    def test_bombs_are_cut_not_eaten(self):
        """A small body that inflates to a gigabyte costs neither memory nor the rest of the connection."""
        zeros = b"\0" * (1 << 20)
        packer = zlib.compressobj(9, wbits=31)
        bomb = b"".join(packer.compress(zeros) for _ in range(1024)) + packer.flush()
        done = replayed(talk_of(get(), ok(("Content-Encoding", "gzip"), body=bomb), get(), ok()))
        self.assertEqual([exchange["defects"] for exchange in done.exchanges], [["response-body-undecoded", "response-body-over-limit"], []])

    def test_connect_tunnel_with_tls(self):
        keys = KeyLog()
        connect = request("CONNECT", f"{HOST}:443", [("Host", f"{HOST}:443"), ("Proxy-Authorization", "Basic b2J2aW91cy1mYWtl")])
        for version in ("1.2", "1.3"):
            talk = talk_of(connect, response(200, length="", reason="Connection established"), close=False)
            sample.play(TlsChannel(talk, HOST, keys, version)).close()
            with self.subTest(version=version):
                done = replayed(talk, "--keylog", scope.file(keys.text(), "keys.log"))
                self.assertFacts(done, sample.facts())
                self.assertEqual(done.counter("connect_tunnels"), 1)
                self.assertEqual({exchange["tls"] for exchange in done.exchanges}, {True})
                self.assertNotIn(b"b2J2aW91cy1mYWtl", done.out)

    def test_connect_tunnel_with_plain_http(self):
        talk = talk_of(request("CONNECT", f"{HOST}:80", [("Host", f"{HOST}:80")]), response(200, length=""), close=False)
        self.assertFacts(replayed(sample.play(talk).close()), sample.facts())

    def test_refused_tunnel(self):
        connect = request("CONNECT", f"{HOST}:443", [("Host", f"{HOST}:443")])
        self.good(connect, response(407, [("Proxy-Authenticate", "Basic")], b"who are you?"), get(), ok())

    def test_syntax_errors_and_wrong_lengths(self):
        bad = {"chunk size": ok(("Transfer-Encoding", "chunked"), body=b"zz\r\nhello\r\n0\r\n\r\n", length=""),
               "two lengths": ok(("Content-Length", 3)), "length not a number": ok(length="many"),
               "negative length": ok(length=-5), "huge length": ok(length=10**30)}
        for name, reply in bad.items():
            with self.subTest(name):
                done = replayed(talk_of(get(), reply))
                self.assertEqual(len(done.exchanges), 1)
                self.assertIn("http-malformed", facts(done.exchanges[0])["rules"])

    def test_bytes_behind_a_response(self):
        """A wrong length shows in the bytes behind: in the packet of the response's end, or later."""
        long = response(204, service_headers(USER, "Read"), length=5) + b"hello"
        for reply in (ok() + b"}", long):
            with self.subTest(reply[:12]):
                done = replayed(talk_of(get(), reply, get(), ok()))
                self.assertEqual([exchange["defects"] for exchange in done.exchanges], [["response-malformed"], []])
                self.assertIn("http-malformed", facts(done.exchanges[0])["rules"])
        talk = talk_of(get(), ok(), close=False)
        talk.server_sends(b"more")
        done = replayed(talk.close())
        self.assertEqual([(exchange["host"], exchange["stream"], exchange["defects"]) for exchange in done.exchanges],
                         [(HOST, 1, []), (HOST, 1, ["request-missing", "response-malformed"])])
        self.assertEqual(facts(done.exchanges[1])["rules"], ["http-malformed"])

    def test_response_of_a_lost_request_is_judged(self):
        talk = talk_of(get(), ok(), get(), response(503), get(), ok())
        asks = [i for i, segment in enumerate(talk.segments) if segment.payload and segment.src == talk.segments[0].src]
        done = replay(pcap(wire.frames(wire.lose(talk.segments, asks[1]))))
        lost = next(exchange for exchange in done.exchanges if exchange.get("status") == 503)
        self.assertEqual((lost["host"], lost["defects"]), (HOST, ["request-missing"]))
        self.assertIn("503-no-retry-after", facts(lost)["rules"])

    def test_malformed_heads_are_judged(self):
        folded = get().replace(b"\r\n\r\n", b"\r\nFoo : bar\r\n\r\n")
        bad = response(503).replace(b"\r\n\r\n", b"\r\nFoo : bar\r\n\r\n")
        done = replayed(talk_of(get(), ok(), folded, response(503), get(), bad))
        self.assertEqual([(exchange["host"], exchange["status"]) for exchange in done.exchanges],
                         [(HOST, 200), (HOST, 503), (HOST, 503)])
        for exchange in done.exchanges[1:]:
            self.assertIn("http-malformed", facts(exchange)["rules"])

    def test_names_as_utf8_in_a_target(self):
        """Malformed (RFC 3986), and yet the request, its answer and what follows are read."""
        path = PATH.replace("sample", "jos\u00e9")
        self.assertNotEqual(path, PATH)
        done = replayed(talk_of(get(path.encode().decode("latin-1")), ok(), get(), ok()))
        self.assertEqual([(exchange["method"], exchange["status"], exchange["target"], exchange["defects"]) for exchange in done.exchanges],
                         [("GET", 200, "session", ["request-malformed"]), ("GET", 200, "session", [])])
        self.assertIn("http-malformed", facts(done.exchanges[0])["rules"])

    def test_who_ends_in_the_middle(self):
        """A client that gives up is no fault of the service; one that only closes its direction has given up nothing."""
        half = ok()[:-100]
        for by, wanted in (("client", "response-unseen"), ("server", "response-truncated")):
            for how in ("close", "reset"):
                with self.subTest(by=by, how=how):
                    talk = talk_of(get(), half, close=False)
                    done = replayed(getattr(talk, how)(by))
                    self.assertEqual(done.exchanges[0]["defects"], [wanted])
                    self.assertEqual("http-malformed" in facts(done.exchanges[0])["rules"], by == "server")
        talk = talk_of(get(), close=False)
        talk.segment("client", wire.FIN | wire.ACK)
        talk.server_sends(half)
        talk.segment("server", wire.FIN | wire.ACK)
        self.assertEqual(replayed(talk).exchanges[0]["defects"], ["response-truncated"])
        cut = talk_of(request("PUT", PATH, ASK, b"{}", length=9), close=False).reset("client")
        self.assertIn("request-truncated", replayed(cut).exchanges[0]["defects"])
        self.assertNotIn("request-gap", replayed(cut).exchanges[0]["defects"])

    def test_truncated_by_the_server(self):
        for text in (ok()[:-100], ok()[:60], ok(("Transfer-Encoding", "chunked"), body=chunked(DOCUMENT)[:-5], length="")):
            done = replayed(talk_of(get(), text))
            self.assertEqual((done.exchanges[0]["defects"], "http-malformed" in facts(done.exchanges[0])["rules"]),
                             (["response-truncated"], True))

    def test_response_missing(self):
        done = replayed(talk_of(get(), ok(), get()))
        self.assertEqual([facts(exchange)["rules"] for exchange in done.exchanges], [[], ["response-missing"]])

    def test_capture_ends_before_the_response(self):
        """Nobody's fault: the observation ended, not the connection."""
        done = replayed(talk_of(get(), ok(), get(), close=False))
        self.assertEqual([(facts(exchange)["rules"], exchange["defects"]) for exchange in done.exchanges],
                         [([], []), ([], ["response-unseen"])])

    def test_what_traffic_says_never_reaches_the_output_raw(self):
        evil = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e"
        path = PATH + "?q=" + evil.encode().decode("latin-1").replace(" ", "")
        answer = response(412, [*service_headers(USER, "Read", ETag='"' + evil[:9] + '"'), JSON], b'{"members":"\x1b[31m\\u001b"}',
                          reason="Pre\x1b[condition")
        talk = talk_of(get(path), answer, request("PUT", path, ASK), answer)
        for options in (["--format", "jsonl"], ["--format", "pretty", "--color", "never"]):
            done = run("replay", "--all", *options, scope.file(pcap(wire.frames(talk.segments))))
            self.assertEqual(done.code, 0, done.err)
            text = done.out.decode()  # and it is valid UTF-8
            self.assertNotRegex(text + done.err, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Http2(Case):
    """Over plain TCP with prior knowledge, and over TLS by ALPN."""

    SETTINGS = h2_frame(http.SETTINGS, 0, 0)
    HELLO = http.PREFACE + SETTINGS

    @staticmethod
    def ask(stream, method="GET", path=PATH, body=b"", **how):
        return h2_request(stream, method, path, HOST, ASK[1:], body, **how)

    @staticmethod
    def reply(stream, status=200, body=DOCUMENT, **how):
        return h2_response(stream, status, answer_headers(("content-length", len(body))), body, **how)

    def good(self, client, server, times=1, **more):
        done = replayed(talk_of(self.HELLO + client, self.SETTINGS + server))
        self.assertFacts(done, [{**GOOD, "http": "2", **more}] * times)
        return done

    def test_prior_knowledge(self):
        self.good(self.ask(1) + self.ask(3), self.reply(1) + self.reply(3), times=2)

    def test_alpn(self):
        keys = KeyLog()
        for version in ("1.2", "1.3"):
            channel = TlsChannel(wire.Conversation(sample.CLIENT, sample.SERVER_TLS).open(), HOST, keys, version, alpn=["h2"])
            channel.client_sends(self.HELLO + self.ask(1)).server_sends(self.SETTINGS + self.reply(1)).close()
            self.assertFacts(replayed(channel, "--keylog", scope.file(keys.text(), "k")), [{**GOOD, "http": "2", "tls": True}])

    def test_whole_byte_by_byte_and_in_random_pieces(self):
        talk = talk_of(self.HELLO + self.ask(1) + self.ask(3, "PUT", body=b"{}"), self.SETTINGS + self.reply(1) + self.reply(3, 201))
        whole = [facts(exchange) for exchange in replayed(talk).exchanges]
        self.assertEqual(len(whole), 2)
        for largest in (1, 2, 9, 50, 500):
            done = replay(pcap(wire.frames(wire.resegment(talk.segments, largest, largest))))
            self.assertEqual([facts(exchange) for exchange in done.exchanges], whole)

    def test_interleaved_streams(self):
        half = len(DOCUMENT) // 2
        heads = [h2_headers(stream, [(":status", 200), *answer_headers()]) for stream in (1, 3, 5)]
        firsts = [h2_data(stream, DOCUMENT[:half], False) for stream in (5, 1, 3)]
        lasts = [h2_data(stream, DOCUMENT[half:]) for stream in (3, 5, 1)]
        done = self.good(self.ask(1) + self.ask(3) + self.ask(5), b"".join(heads + firsts + lasts), times=3)
        self.assertEqual([exchange["stream"] for exchange in done.exchanges], [3, 5, 1])

    def test_continuation_padding_priority(self):
        for how in ({"pieces": 2}, {"pieces": 40}, {"padding": 0}, {"padding": 255}, {"priority": True},
                    {"pieces": 5, "padding": 9, "priority": True}):
            with self.subTest(**how):
                self.good(self.ask(1, **how), self.reply(1, **how))

    def test_padded_data(self):
        head = h2_headers(1, [(":status", 200), *answer_headers()])
        self.good(self.ask(1), head + h2_data(1, DOCUMENT, size=100, padding=200), response_bytes=len(DOCUMENT))

    def test_empty_data_and_other_frames_between(self):
        between = (h2_frame(http.PING, 0, 0, b"12345678") + h2_frame(http.WINDOW_UPDATE, 0, 0, b"\0\0\x10\0")
                   + h2_frame(0xBA, 0, 0, b"unknown") + h2_frame(2, 0, 1, b"\0\0\0\0\x0f"))
        head = h2_headers(1, [(":status", 200), *answer_headers()])
        self.good(self.ask(1), head + between + h2_data(1, DOCUMENT, False) + between + h2_data(1, b""))

    def test_trailers(self):
        self.good(self.ask(1), self.reply(1, trailers=[("x-checked", "yes")]))

    def test_interim_responses(self):
        interim = h2_headers(1, [(":status", 103)])
        self.good(self.ask(1), interim * 3 + self.reply(1))

    def test_push(self):
        promise = h2_frame(http.PUSH_PROMISE, http.END_HEADERS, 1, b"\0\0\0\2" + http.hpack(
            [(":method", "GET"), (":scheme", "https"), (":authority", HOST), (":path", PATH)]))
        done = replayed(talk_of(self.HELLO + self.ask(1), self.SETTINGS + promise + self.reply(2) + self.reply(1)))
        self.assertEqual([(exchange["stream"], exchange["defects"]) for exchange in done.exchanges], [(2, ["pushed"]), (1, [])])

    def test_reset_stream(self):
        head = h2_headers(1, [(":status", 200), *answer_headers()])
        reset = h2_frame(http.RST_STREAM, 0, 1, b"\0\0\0\x02")
        done = replayed(talk_of(self.HELLO + self.ask(1) + self.ask(3), self.SETTINGS + head + reset + self.reply(3)))
        self.assertEqual([exchange["stream"] for exchange in done.exchanges], [1, 3])
        self.assertIn("stream-reset", done.exchanges[0]["defects"])
        self.assertFacts(done.exchanges[1:], [GOOD])

    def test_refused_streams(self):
        refusal = h2_frame(http.RST_STREAM, 0, 1, b"\0\0\0\x07")
        goaway = h2_frame(http.GOAWAY, 0, 0, b"\0\0\0\1\0\0\0\0")
        done = replayed(talk_of(self.HELLO + self.ask(1) + self.ask(3), self.SETTINGS + refusal + goaway))
        self.assertEqual([sorted(exchange["defects"]) for exchange in done.exchanges],
                         [["request-refused", "stream-reset"], ["request-refused"]])
        self.assertEqual([facts(exchange)["rules"] for exchange in done.exchanges], [[], []])

    def test_reset_in_the_middle_of_a_response(self):
        head = h2_headers(1, [(":status", 200), *answer_headers()])
        reset = h2_frame(http.RST_STREAM, 0, 1, b"\0\0\0\x02")
        done = replayed(talk_of(self.HELLO + self.ask(1), self.SETTINGS + head + h2_data(1, DOCUMENT[:9], False) + reset))
        self.assertEqual(sorted(done.exchanges[0]["defects"]), ["response-truncated", "stream-reset"])
        self.assertIn("INTERNAL_ERROR", str(done.exchanges[0]["violations"]))

    def test_goaway_lets_open_streams_end(self):
        goaway = h2_frame(http.GOAWAY, 0, 0, b"\0\0\0\1\0\0\0\0")
        self.good(self.ask(1), goaway + self.reply(1))

    def test_compressed_fields(self):
        """Real compression, by a real encoder: tests/e2e/real_traffic_test.py. Here: indexing and table size updates."""
        update = b"\x20" + b"\x3f\xe1\x1f"  # to 0 and back to 4096
        indexed = b"\x40" + b"\x0bx-test-name" + b"\x05value"  # literal with incremental indexing, then index 62
        pseudo = http.hpack([(":method", "GET"), (":scheme", "https"), (":authority", HOST), (":path", PATH)])
        fields = http.hpack(ASK[1:])
        flags = http.END_HEADERS | http.END_STREAM
        asks = (h2_frame(http.HEADERS, flags, 1, update + pseudo + indexed + fields)
                + h2_frame(http.HEADERS, flags, 3, pseudo + b"\xbe" + fields))
        self.good(asks, self.reply(1) + self.reply(3), times=2)

    def test_damage_ends_the_connection_not_the_program(self):
        damage = {"index out of table": h2_frame(http.HEADERS, http.END_HEADERS, 3, b"\xff\xff\xff\xff\x0f"),
                  "frame too large": h2_frame(http.DATA, 0, 1, b"")[1:] + b"\xff" * 50,
                  "continuation without headers": h2_frame(http.CONTINUATION, 0, 7, b"abc")}
        for name, data in damage.items():
            with self.subTest(name):
                done = replayed(talk_of(self.HELLO + self.ask(1), self.SETTINGS + self.reply(1), self.ask(3), data))
                self.assertFacts(done.exchanges[:1], [GOOD])

    def test_throttled_over_http2(self):
        body = compact(rate_limit(31, 30, 15))
        reply = h2_response(1, 429, [*service_headers(USER, "Read"), JSON, ("retry-after", "15")], body)
        self.good(self.ask(1), reply, status=429, row="429", retry_after_s=15)


if __name__ == "__main__":
    scope.main()
