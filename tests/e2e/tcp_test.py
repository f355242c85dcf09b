"""TCP as networks and taps deliver it: whatever happens to the segments, the exchanges are the same."""
import operator

import scope
from scope import Case, facts, replay

import capture_file
import http_message as http
import sample
import wire
from tls_channel import KeyLog


def capture(segments, **how):
    return capture_file.pcap(wire.frames(segments, **how))


def find(segments, text, place=0):
    """The place of the segment that holds `text`."""
    return [i for i, segment in enumerate(segments) if text in segment.payload][place]


def cut(head, tail=None):
    return operator.itemgetter(slice(head, tail))


# Each makes a finished conversation into the segments that a tap sees.
HARMLESS = {
    "as sent": lambda s: s,
    "every packet twice": wire.duplicate,
    "every packet three times": lambda s: wire.duplicate(wire.duplicate(s)),
    "two swapped data segments": lambda s: wire.swap(s, find(s, b"membersInfo"), find(s, b"membersInfo") + 2),
    "response before its request": lambda s: wire.swap(s, find(s, b"PUT "), find(s, b"HTTP/1.1 201")),
    "all requests after all responses": lambda s: wire.arranged(
        s, sorted(range(len(s)), key=lambda i: (i > 2, s[i].src == sample.CLIENT))),
    "all responses after all requests": lambda s: wire.arranged(
        s, sorted(range(len(s)), key=lambda i: (i > 2, s[i].src != sample.CLIENT))),
    "retransmitted at once": lambda s: wire.retransmit(s, find(s, b"HTTP/1.1 200"), 1),
    "retransmitted late": lambda s: wire.retransmit(s, find(s, b"PUT "), 12),
    "FIN first": lambda s: wire.arranged(s, [*range(3), len(s) - 3, *range(3, len(s) - 3), len(s) - 2, len(s) - 1]),
    "overlapping by 1": lambda s: wire.overlap(s, 1),
    "overlapping by 700": lambda s: wire.overlap(s, 700),
    "cut at random, at most 7 bytes": lambda s: wire.resegment(s, 1, 7),
    "cut at random, at most 200 bytes": lambda s: wire.resegment(s, 2, 200),
    "cut and overlapping and jumbled": lambda s: wire.jumble(wire.overlap(wire.resegment(s, 3, 300), 50), 3, 6),
    "without handshake": cut(3),
    "without SYN": cut(1),
    "without SYN|ACK": lambda s: wire.lose(s, 1),
    "without the end": cut(0, -3),
    "without any acknowledgement": lambda s: [x for x in s if x.payload or x.flags & (wire.SYN | wire.FIN)],
    "only data": lambda s: [x for x in s if x.payload],
}


class Perturbed(Case):
    def test_plain_is_the_same_however_it_arrives(self):
        talk = sample.plain()
        for name, perturb in HARMLESS.items():
            with self.subTest(name):
                self.assertFacts(replay(capture(perturb(talk.segments))), sample.facts())

    def test_tls_is_the_same_however_it_arrives(self):
        keys = KeyLog()
        path = None
        for version in ("1.2", "1.3"):
            segments = sample.encrypted(keys, version).segments
            path = scope.file(keys.text(), "keys.log")
            for name in ("every packet twice", "retransmitted at once", "overlapping by 1", "overlapping by 700",
                         "cut at random, at most 7 bytes", "cut at random, at most 200 bytes", "cut and overlapping and jumbled",
                         "all responses after all requests", "without the end", "without any acknowledgement"):
                perturb = HARMLESS[name]
                if name == "retransmitted at once":
                    perturb = lambda s: wire.retransmit(s, 9, 2)
                with self.subTest(name, version=version):
                    done = replay(capture(perturb(segments)), options=["--keylog", path])
                    self.assertFacts(done, sample.facts())

    def test_any_order_within_reach(self):
        """Plain and encrypted, 20 random arrangements each."""
        keys = KeyLog()
        talks = {"plain": sample.plain().segments, "tls": sample.encrypted(keys).segments}
        options = ["--keylog", scope.file(keys.text(), "keys.log")]
        for name, segments in talks.items():
            for seed in range(20):
                with self.subTest(name, seed=seed):
                    jumbled = wire.jumble(wire.resegment(segments, seed, 900), seed, 5)
                    self.assertFacts(replay(capture(jumbled), options=options), sample.facts())

    def test_any_order_and_any_threads_give_identical_logs(self):
        talks = [sample.plain(client=(f"10.20.0.{n}", 40000 + n), start=wire.START + n * 300_000).segments for n in range(1, 24)]
        data = capture(wire.jumble(wire.merged(*talks), 5, 4))
        logs = [replay(data, options=["--threads", threads]).body() for threads in (1, 2, 8)]
        self.assertEqual(logs[0], logs[1])
        self.assertEqual(logs[0], logs[2])
        self.assertEqual(logs[0].count(b'"type":"exchange"'), 23 * 7)


class Shapes(Case):
    """Conversations that are unusual, yet complete."""

    def same(self, segments, times=1, **how):
        self.assertFacts(replay(capture(segments, **how)), sample.facts() * times)

    def test_sequence_numbers_wrap(self):
        for before in (1, 2, 700, 5000):
            with self.subTest(before=before):
                self.same(sample.plain(client_isn=2**32 - before, server_isn=2**32 - before).segments)
                self.same(wire.jumble(sample.plain(client_isn=2**32 - before, server_isn=2**32 - 3 * before).segments, 1, 4))

    def test_segment_sizes(self):
        for mss in (1, 17, 536, 1460, 65000):
            with self.subTest(mss=mss):
                self.same(sample.plain(mss=mss).segments)

    def test_offloaded_packets_of_64_kib_and_more(self):
        """Larger than the IP length field can say: it is 0, and the frame's length counts."""
        body = b"{" + b" " * 200_000 + b"}"
        for mss in (65_000, 65_495, 66_000, 120_000):
            with self.subTest(mss=mss):
                talk = wire.Conversation(sample.CLIENT, sample.SERVER, mss=mss).open()
                talk.client_sends(http.request("POST", "/handles/query", sample.USER.headers(), b"{}"))
                talk.server_sends(http.response(200, [("Content-Type", "application/json")], body)).close()
                done = replay(capture_file.pcap(wire.frames(talk.segments), snaplen=300_000))
                self.assertEqual([facts(x, ["status", "response_bytes", "defects"]) for x in done.exchanges],
                                 [{"status": 200, "response_bytes": len(body), "defects": []}])

    def test_simultaneous_close(self):
        self.same(sample.plain(close=False).close_simultaneously().segments)

    def test_reset(self):
        for by in ("client", "server"):
            done = replay(capture(sample.plain(close=False).reset(by).segments))
            self.assertFacts(done, sample.facts())
            self.assertEqual(done.counter("tcp_resets"), 1)

    def test_half_closed_client_still_gets_its_response(self):
        talk = wire.Conversation(sample.CLIENT, sample.SERVER).open()
        *most, last = sample.steps()
        sample.play(talk, most)
        talk.client_sends(last.request)
        talk.segment("client", wire.FIN | wire.ACK)
        talk.server_sends(last.response)
        talk.segment("server", wire.FIN | wire.ACK)
        self.same(talk.segments)

    def test_keep_alive_probes(self):
        talk = wire.Conversation(sample.CLIENT, sample.SERVER).open()
        for step in sample.steps():
            talk.wait(75).keep_alive("client").keep_alive("server")
            talk.segment("client", wire.ACK, b"\0", seq=talk.next["client"] - 1)  # the old kind, with a garbage byte
            sample.play(talk, [step])
        self.same(talk.close().segments)

    def test_data_in_the_syn(self):
        """TCP Fast Open."""
        first, *rest = sample.steps()
        talk = wire.Conversation(sample.CLIENT, sample.SERVER)
        talk.segment("client", wire.SYN, first.request)
        talk.segment("server", wire.SYN | wire.ACK)
        talk.server_sends(first.response)
        self.same(sample.play(talk, rest).close().segments)

    def test_ports_are_reused(self):
        """The same ports again: after a close, after a reset, and after nothing at all."""
        second = wire.START + 5 * wire.SECOND
        for name, first in (("close", sample.plain()), ("reset", sample.plain(close=False).reset()),
                            ("nothing", sample.plain(close=False))):
            for isn in (1_000_000, 2**31 + 77, 5):
                with self.subTest(first=name, isn=isn):
                    again = sample.plain(start=second, client_isn=isn, server_isn=isn + 9)
                    self.same(first.segments + again.segments, times=2)

    def test_silent_close_then_reset_of_an_idle_connection(self):
        talk = sample.plain(close=False).wait(400)
        self.same(talk.reset("client").segments)

    def test_unanswered_syns_and_scans(self):
        """Connection attempts that lead to nothing are no exchanges and hurt none."""
        scans = []
        for port in range(1, 300):
            attempt = wire.Conversation(sample.CLIENT, (sample.SERVER[0], port), start=wire.START + port)
            attempt.segment("client", wire.SYN)
            attempt.segment("server", wire.RST | wire.ACK)
            scans += attempt.segments
        self.same(wire.merged(scans, sample.plain(client=("10.20.0.11", 60000)).segments))


class OneDirection(Case):
    """A tap that saw one direction only tells what it can, and accuses nobody."""

    def test_responses_only(self):
        done = replay(capture(wire.only(sample.plain().segments, sample.SERVER)), options=["--all"])
        self.assertEqual([exchange["status"] for exchange in done.exchanges], [step.status for step in sample.steps()])
        for exchange in done.exchanges:
            self.assertIn("request-missing", exchange["defects"])
            self.assertNotIn("http-malformed", facts(exchange)["rules"])
        self.assertEqual(done.counter("tcp_one_sided"), 1)

    def test_requests_only(self):
        done = replay(capture(wire.only(sample.plain().segments, sample.CLIENT)))
        self.assertEqual([(exchange["method"], exchange["target"]) for exchange in done.exchanges],
                         [(step.method, step.target) for step in sample.steps()])
        for exchange in done.exchanges:
            self.assertEqual((exchange["defects"], facts(exchange)["rules"]), (["response-unseen"], []))
        self.assertEqual(done.counter("tcp_one_sided"), 1)

    def test_tls_says_why_it_is_not_read(self):
        keys = KeyLog()
        segments = sample.encrypted(keys).segments
        for side in (sample.CLIENT, sample.SERVER_TLS):
            done = replay(capture(wire.only(segments, side)), options=["--keylog", scope.file(keys.text(), "keys.log")])
            self.assertEqual([entry["connections"] for entry in done.summary["undecrypted"]], [1])


class Lost(Case):
    """A segment that the capture never got: its exchange is marked, the others are as they were."""

    def check(self, lost, wounded, defects, segments=None, options=()):
        """Loses segments; `wounded` (by place) may be marked or gone, every other exchange must be unharmed."""
        segments = sample.plain().segments if segments is None else segments
        done = replay(capture(wire.lose(segments, *lost)), options=options)
        whole = [exchange for exchange in done.exchanges if not exchange["defects"]]
        expected = [fact for i, fact in enumerate(sample.facts()) if i not in wounded]
        self.assertFacts(whole, expected)
        marks = {defect for exchange in done.exchanges for defect in exchange["defects"]}
        self.assertLessEqual(marks, set(defects))
        for exchange in done.exchanges:
            if exchange["defects"]:  # a loss of the capture is no fault of the service
                self.assertEqual(facts(exchange)["rules"], [])
        self.assertGreaterEqual(done.counter("tcp_gaps"), 1)
        self.assertGreater(done.counter("tcp_gap_bytes"), 0)
        return done

    def test_inside_a_response_body(self):
        segments = sample.plain().segments
        i = find(segments, b"HTTP/1.1 200")
        done = self.check([i + 1], {2}, ["response-gap"])
        self.assertEqual(len(done.exchanges), 7)
        self.assertEqual(done.exchanges[2]["status"], 200)

    def test_head_of_a_response(self):
        segments = sample.plain().segments
        self.check([find(segments, b"HTTP/1.1 200")], {2}, ["response-gap", "response-unseen", "request-missing"])

    def test_whole_response_in_one_segment(self):
        segments = sample.plain().segments
        self.check([find(segments, b"HTTP/1.1 429")], {4}, ["response-gap", "response-unseen", "request-missing"])

    def test_request(self):
        segments = sample.plain().segments
        self.check([find(segments, b"If-Match")], {3}, ["request-missing", "request-gap", "response-unseen"])

    def test_first_request(self):
        """Its response is judged as one of the host that the next request names, and says so."""
        done = self.check([find(sample.plain().segments, b"PUT")], {0}, ["request-missing"])
        first = done.exchanges[0]
        self.assertEqual((first["host"], first["host_guessed"], first["row"], first["defects"]), (sample.HOST, True, "201", ["request-missing"]))
        self.assertNotIn("host_guessed", done.exchanges[1])

    def test_only_request(self):
        """Nothing names the host: the response is not judged, and that is told."""
        segments = sample.plain(script=sample.steps()[:1]).segments
        done = replay(capture(wire.lose(segments, find(segments, b"PUT"))))
        self.assertEqual((done.exchanges, done.counter("responses_placeless")), ([], 1))
        self.assertIn("1 HTTP response not judged", done.err)

    def test_tail_of_the_last_response(self):
        segments = sample.plain(script=sample.steps()[:3]).segments
        last = max(i for i, segment in enumerate(segments) if segment.payload)
        done = replay(capture(wire.lose(segments, last)))
        self.assertFacts(done.exchanges[:2], sample.facts()[:2])
        self.assertEqual(done.exchanges[2]["defects"], ["response-gap"])

    def test_every_single_segment_in_turn(self):
        """Never a crash, a false accusation or a wrong status; and most of the conversation is always read."""
        segments = sample.plain(mss=600).segments
        script = sample.steps()
        allowed = {(step.method, step.status) for step in script} | {("", step.status) for step in script} | \
                  {(step.method, "") for step in script}
        for i, segment in enumerate(segments):
            if not segment.payload:
                continue
            with self.subTest(lost=i):
                done = replay(capture(wire.lose(segments, i)), options=["--all"])
                self.assertGreaterEqual(sum(not exchange["defects"] for exchange in done.exchanges), 5)
                for exchange in done.exchanges:
                    self.assertIn(tuple(facts(exchange, ["method", "status"]).values()), allowed)
                    self.assertLessEqual(set(facts(exchange)["rules"]), {"429-no-retry-after"})

    def test_tls_finds_its_place_again(self):
        for version in ("1.2", "1.3"):
            keys = KeyLog()
            segments = sample.encrypted(keys, version, mss=700).segments
            data = [i for i, segment in enumerate(segments) if segment.payload and segment.src == sample.SERVER_TLS]
            middle = data[len(data) // 2]
            with self.subTest(version=version, lost=middle):
                done = replay(capture(wire.lose(segments, middle)), options=["--keylog", scope.file(keys.text(), "keys.log")])
                whole = [facts(exchange) for exchange in done.exchanges if not exchange["defects"]]
                self.assertEqual(whole[:2], sample.facts()[:2])
                self.assertEqual(whole[-1], sample.facts()[-1])
                for exchange in done.exchanges:
                    self.assertLessEqual(set(facts(exchange)["rules"]), {"429-no-retry-after"})

    def test_snap_length_cuts_packets(self):
        done = replay(capture_file.pcap(wire.frames(sample.plain().segments), snaplen=200))
        self.assertGreater(done.counter("packets_cut"), 0)
        for exchange in done.exchanges:
            self.assertTrue(exchange["defects"])
            self.assertEqual(facts(exchange)["rules"], [])


if __name__ == "__main__":
    scope.main()
