"""The title's side, from packets to the log: stories of titles that behave and of titles that do not."""
import dataclasses

import scope
from scope import Case, replay, run

import http_message as http
import sample
import wire
from capture_file import pcap
from mpsd import compact, handle, rate_limit, search, service_headers, session
from sample import PATH, TITLE, USER
from wire import MILLISECOND, START

DOCUMENT = compact(session(TITLE, sample.NAME, [USER], 1))
MATE = dataclasses.replace(USER, xuid="2533274908811777", gamertag="Mate")
HANDLE = "/handles/" + handle(USER, sample.NAME)["id"]
FIELDS = {"if_match": "If-Match", "signature": "Signature"}
THROTTLED = {"status": 429, "answer": compact(rate_limit(31, 30, 15))}


def call(method="GET", path=PATH, status=200, user=USER, body=b"", answer=DOCUMENT, etag=1, contract=107, debug=True, **more):
    """A request and its response; if_match and signature are of the request, all other fields of the response."""
    asked = user.headers(contract=contract)
    for name, field in FIELDS.items():
        if name in more:
            asked = [pair for pair in asked if pair[0] != field] + [(field, more.pop(name))]
    answered = service_headers(user if debug else dataclasses.replace(user, title=dataclasses.replace(TITLE, sandbox="")), "Read",
                               Content_Type="application/json", ETag=f'"{etag}"', **more)
    return http.request(method, path, asked, body), http.response(status, answered, answer)


def capture(*timed, connections=1):
    """Calls, each (begin, end, call) in milliseconds after the start, dealt out to connections in turn."""
    talks = [wire.Conversation((sample.CLIENT[0], 50_000 + i), sample.SERVER, start=START - wire.SECOND + i * MILLISECOND).open()
             for i in range(connections)]
    for number, (begin, end, (request, response)) in enumerate(timed):
        talk = talks[number % connections]
        talk.clock = START + int(begin * MILLISECOND)
        talk.client_sends(request)
        talk.clock = START + int(end * MILLISECOND)
        talk.server_sends(response)
    return pcap(wire.frames(wire.merged(*(talk.close().segments for talk in talks))), nanoseconds=True)


def found(done):
    """What the title's side is found to do: (number of the exchange, rule, severity)."""
    return [(number, violation["rule"], violation["severity"]) for number, exchange in enumerate(done.exchanges, 1)
            for violation in exchange["violations"] if "advice" in violation]


def conducts(done):
    return [(record["end"], record.get("after_ms")) for record in done.of_type("conduct")]


PATIENT = [(0, 20, call("PUT", **THROTTLED, Retry_After=5)), (5020, 5040, call("PUT"))]
STUBBORN = [(0, 20, call("PUT", **THROTTLED, Retry_After=5)), (1020, 1040, call("PUT", **THROTTLED, Retry_After=5)),
            (2040, 2060, call("PUT", **THROTTLED, Retry_After=5))]
CORRECT = [(0, 20, call("PUT", status=412, etag=2, if_match='"1"')), (500, 520, call("PUT", etag=3, if_match='"2"'))]
STALE = [(0, 20, call("PUT", status=412, etag=2, if_match='"1"')), (500, 520, call("PUT", status=412, etag=2, if_match='"1"'))]
BLIND = [(0, 20, call("PUT", status=412, etag=2, if_match='"1"')), (500, 520, call("PUT", etag=3, if_match="*"))]
POLLING = [(10_000 * i, 10_000 * i + 20, call()) for i in range(6)]
STORIES = {"patient": PATIENT, "stubborn": STUBBORN, "correct": CORRECT, "stale": STALE, "blind": BLIND, "polling": POLLING}
FINDINGS = {
    "patient": [],
    "stubborn": [(2, "retry-after-ignored", "error"), (3, "retry-after-ignored", "error"), (3, "throttle-loop", "warning")],
    "correct": [],
    "stale": [(2, "stale-etag-retry", "error")],
    "blind": [(2, "blind-overwrite", "info")],
    "polling": [(5, "polling", "warning")],
}


class Conduct(Case):
    def test_stories(self):
        for name, story in STORIES.items():
            with self.subTest(story=name):
                self.assertEqual(found(replay(capture(*story))), FINDINGS[name])

    def test_connections_and_threads_change_nothing(self):
        for name, story in STORIES.items():
            with self.subTest(story=name):
                trace = capture(*story, connections=3)
                one, many = (replay(trace, options=["--threads", threads]) for threads in (1, 8))
                self.assertEqual(found(one), FINDINGS[name])
                self.assertEqual(one.body(), many.body())

    def test_waits_are_told_with_what_ended_them(self):
        patient, stubborn = replay(capture(*PATIENT)), replay(capture(*STUBBORN))
        self.assertEqual(conducts(patient), [("honoured", 5000.0)])
        self.assertEqual(conducts(stubborn), [("ignored", 1000.0), ("ignored", 1000.0), ("open", None)])
        record, (answer, request) = patient.of_type("conduct")[0], patient.exchanges
        self.assertEqual(record, {
            "type": "conduct", "ts": request["ts"], "end": "honoured", "title_id": TITLE.shown_id(), "user": USER.xuid, "status": 429,
            "retry_after_s": 5, "method": "PUT", "target": "session",
            "answer": {key: answer[key] for key in ("conn", "stream", "ts")},
            "request": {key: request[key] for key in ("conn", "stream", "ts")},
            "after_ms": 5000.0, "same_kind": True, "automatic": False})
        self.assertEqual(stubborn.summary["retry_after"], {"honoured": 0, "ignored": 2, "open": 1})
        rates = stubborn.of_type("rates")[-1]
        self.assertEqual(rates["retry_after"], {"honoured": 0, "ignored": 2, "open": 1})
        self.assertEqual(rates["users"][0]["retry_after"], {"honoured": 0, "ignored": 2, "open": 1})
        self.assertNotIn("retry_after", replay(capture(*CORRECT)).summary)

    def test_the_edges_of_a_wait(self):
        for begin, expected in ((20, []), (21, ["retry-after-ignored"]), (5019, ["retry-after-ignored"]), (5020, [])):
            done = replay(capture((0, 20, call("PUT", **THROTTLED, Retry_After=5)), (begin, begin + 30, call("PUT"))))
            self.assertEqual([rule for _, rule, _ in found(done) if rule != "repeated-call"], expected, begin)

    def test_the_signature_tells_the_library_from_the_title_and_is_not_shown(self):
        for second, automatic in (("AAAA-first", True), ("AAAA-second", False)):
            trace = capture((0, 20, call(**THROTTLED, Retry_After=5, signature="AAAA-first")), (1000, 1020, call(signature=second)))
            for options in (["--format", "jsonl"], ["--format", "pretty"]):
                self.assertNotIn(b"AAAA", run("replay", *options, scope.file(trace)).out)
            done = replay(trace)
            self.assertEqual(done.of_type("conduct")[0]["automatic"], automatic)
            self.assertIn("an automatic retry" if automatic else "the title called again", done.exchanges[1]["violations"][0]["message"])

    def test_a_finding_names_its_exchanges_and_what_to_do(self):
        done = replay(capture(*STALE))
        finding = done.exchanges[1]["violations"][0]
        self.assertIn('If-Match "1"', finding["message"])
        self.assertIn("0.48 s", finding["message"])
        self.assertIn('"2"', finding["advice"])
        self.assertEqual(finding["exchanges"], [{key: exchange[key] for key in ("conn", "stream", "ts")} for exchange in done.exchanges])
        text = run("replay", "--format", "pretty", "--color", "never", scope.file(capture(*STALE))).out.decode()
        self.assertIn(finding["advice"], text)
        self.assertRegex(text, r"after 15:00:\d\d\.\d{3} \(conn 1, stream 1\)")

    def test_pretty_tells_of_waits(self):
        text = run("replay", "--format", "pretty", "--color", "never", scope.file(capture(*PATIENT))).out.decode()
        self.assertIn("Retry-After honoured: 5 s asked by the 429", text)
        table = text[text.index("Waits asked for (Retry-After)"):].splitlines()
        self.assertEqual([line.split() for line in table[2:4]], [[TITLE.shown_id(), "1", "0", "0"], [USER.xuid, "1", "0", "0"]])

    def test_a_handle_that_was_seen_is_its_session(self):
        join = [(0, 20, call("POST", "/handles/query", body=compact(search(TITLE)), answer=compact({"results": [handle(USER, sample.NAME)]}))),
                (100, 120, call("PUT", HANDLE + "/session", status=412, etag=2, if_match='"1"')),
                (500, 520, call("PUT", status=412, etag=2, if_match='"1"'))]
        self.assertEqual(found(replay(capture(*join))), [(3, "stale-etag-retry", "error")])
        self.assertEqual(found(replay(capture(*join[1:]))), [])

    def test_a_user_that_only_the_hash_tells_is_a_user(self):
        story = [(0, 20, call("PUT", **THROTTLED, Retry_After=5, debug=False)), (1000, 1020, call("PUT", user=MATE, debug=False)),
                 (2000, 2020, call("PUT", debug=False))]
        done = replay(capture(*story, connections=2))
        self.assertEqual([number for number, rule, _ in found(done) if rule == "retry-after-ignored"], [3])
        self.assertEqual(done.of_type("conduct")[0]["user"], "hash:" + USER.user_hash())

    def test_contract_version(self):
        done = replay(capture((0, 20, call(contract=103)), (9000, 9020, call(contract=104))))
        self.assertEqual(found(done), [(1, "contract-version", "warning")])

    def test_severity_and_fail_on(self):
        trace = capture(*STUBBORN)
        self.assertEqual(replay(trace, options=["--fail-on", "error"], code=3).code, 3)
        options = ["--severity", "retry-after-ignored=off", "--severity", "throttle-loop=info"]
        done = replay(trace, options=[*options, "--fail-on", "warning"], code=0)
        self.assertEqual(found(done), [(3, "throttle-loop", "info")])
        self.assertEqual(conducts(done), [("ignored", 1000.0), ("ignored", 1000.0), ("open", None)])


if __name__ == "__main__":
    scope.main()
