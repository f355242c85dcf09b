"""Rates and limits, from packets to the log: what is counted against which limit, and what is said of it."""
import dataclasses
import gzip

import scope
from scope import Case, replay, run

import http_message as http
import sample
import wire
from capture_file import pcap
from mpsd import HOST, compact, rate_limit, search, service_headers, session
from sample import PATH, TITLE, USER
from wire import MILLISECOND, START

DOCUMENT = compact(session(TITLE, sample.NAME, [USER], 1))
RATES = {"rate-burst", "rate-sustained", "rate-certification"}
MATE = dataclasses.replace(USER, xuid="2533274908811777", gamertag="Mate")


def call(method="GET", path=PATH, user=USER, status=200, body=b"", answer=DOCUMENT, host=HOST, **answered):
    asked = user.headers(host)
    if not host.startswith("sessiondirectory"):
        answered.setdefault("Content_Type", "text/plain")
    return (http.request(method, path, asked, body),
            http.response(status, service_headers(user, "Read", **{"Content_Type": "application/json", "ETag": '"1"', **answered}), answer))


def capture(*timed):
    """A capture of calls, each (milliseconds after the start, call), on one connection; each takes 20 ms."""
    talk = wire.Conversation(sample.CLIENT, sample.SERVER, start=START - wire.SECOND).open()
    for milliseconds, (request, response) in timed:
        talk.clock = START + int(milliseconds * MILLISECOND)
        talk.client_sends(request)
        talk.clock = START + int((milliseconds + 20) * MILLISECOND)
        talk.server_sends(response)
    return pcap(wire.frames(talk.close().segments), nanoseconds=True)


def rated(done):
    """What the rules of the rates said: (number of the exchange, rule, severity, first number)."""
    return [(number, violation["rule"], violation["severity"], int(violation["message"].split()[0]))
            for number, exchange in enumerate(done.exchanges, 1) for violation in exchange["violations"]
            if violation["rule"] in RATES]


def limits_of(done, user=USER.xuid):
    """The limits of a user in the last record of the sample's title."""
    title = [record for record in done.of_type("rates") if record.get("title_id") == TITLE.shown_id()][-1]
    return {limit["name"]: limit for entry in title["users"] if entry.get("user") == user for limit in entry["limits"]}


class Limits(Case):
    def test_burst_is_said_once_and_again_when_certain(self):
        done = replay(capture(*((100 * i, call()) for i in range(100))))
        self.assertEqual(rated(done), [(31, "rate-burst", "warning", 31), (61, "rate-burst", "warning", 61)])
        found = [violation for violation in done.exchanges[30]["violations"] if violation["rule"] == "rate-burst"][0]
        self.assertIn("at risk", found["message"])
        self.assertIn("at most 30 calls in any 15 s", found["advice"])
        self.assertEqual([named["stream"] for named in found["exchanges"]], [1, *range(17, 32)])
        self.assertEqual(found["exchanges"][0]["ts"], done.exchanges[0]["ts"])
        self.assertEqual(done.summary["rules"]["rate-burst"], 2)

    def test_the_window_ends_to_the_millisecond(self):
        for last, expected in ((14_999, [(31, "rate-burst", "warning", 31)]), (15_000, [])):
            done = replay(capture(*[(30 * i, call()) for i in range(30)], (last, call())))
            self.assertEqual(rated(done), expected, last)

    def test_sustained_up_to_certification(self):
        done = replay(capture(*((99 * i, call()) for i in range(3_001))))
        self.assertEqual(rated(done), [(31, "rate-burst", "warning", 31), (61, "rate-burst", "warning", 61),
                                       (301, "rate-sustained", "warning", 301), (601, "rate-sustained", "warning", 601),
                                       (3000, "rate-certification", "error", 3000)])
        limit = limits_of(done)["mpsd"]
        self.assertEqual((limit["calls"], limit["sustained"]["peak"], limit["sustained"]["peak_percent"]), (3001, 3001, 1000.333))

    def test_users_count_apart_and_shares_are_told(self):
        done = replay(capture(*((100 * i, call(user=(USER, MATE)[i % 2])) for i in range(60))))
        self.assertEqual(rated(done), [])
        for user in (USER, MATE):
            limit = limits_of(done, user.xuid)["mpsd"]
            self.assertEqual(limit["calls"], 30)
            self.assertEqual({key: limit["burst"][key] for key in ("period_s", "limit", "calls", "peak", "percent", "peak_percent")},
                             {"period_s": 15, "limit": 30, "calls": 30, "peak": 30, "percent": 100, "peak_percent": 100})
            self.assertEqual(limit["sustained"]["peak_percent"], 10)

    def test_searches_and_what_a_429_says(self):
        query = compact(search(TITLE))
        throttled = compact(rate_limit(3, 1, 15))
        done = replay(capture((0, call("POST", "/handles/query", body=query, answer=b'{"results":[]}')), (1_000, call()),
                              (2_000, call("POST", "/handles/query", body=query, status=429, answer=throttled, Retry_After=13))))
        self.assertEqual(rated(done), [(3, "rate-burst", "warning", 2)])
        self.assertEqual(done.exchanges[2]["limit"], {"current": 3, "max": 1, "period_s": 15, "type": "Rate", "seen": 2})
        limit = limits_of(done)["search-read"]
        self.assertEqual((limit["calls"], limit["throttled"], limit["told"]), (2, 1, 1))
        self.assertEqual({**limit["last_told"], "ts": ""}, {"ts": "", "current": 3, "max": 1, "period_s": 15, "seen": 2})
        self.assertTrue(limit["burst"]["said"])
        self.assertEqual(limits_of(done)["mpsd"]["calls"], 1)

    def test_what_a_429_of_another_service_says(self):
        """Its body is kept and believed, in the clear or compressed, and nothing of other answers' bodies is."""
        path, host, answer = "/users/me/profile/settings", "profile.xboxlive.com", compact(rate_limit(13, 10, 120))
        for body, coded in ((answer, {}), (gzip.compress(answer), {"Content_Encoding": "gzip"})):
            done = replay(capture((0, call()), *((1_000 + 100 * i, call(path=path, host=host, answer=answer)) for i in range(5)),
                                  (3_000, call(path=path, host=host, status=429, answer=body, Retry_After=5, **coded))),
                          options=["--all", "--bodies", "all"])
            self.assertEqual([exchange.get("limit") for exchange in done.exchanges[1:]],
                             [None] * 5 + [{"current": 13, "max": 10, "period_s": 120, "type": "Rate", "seen": 6}])
            self.assertFalse([exchange for exchange in done.exchanges[1:] if "response_body" in exchange])
            limit = limits_of(done)["profile"]
            self.assertEqual((limit["throttled"], limit["told"]), (1, 1))
            self.assertEqual({key: limit["sustained"][key] for key in ("period_s", "limit", "said")}, {"period_s": 120, "limit": 10, "said": True})

    def test_a_429_may_spell_its_type_as_it_likes_and_lack_the_version(self):
        body = b'{"currentRequests":3,"maxRequests":1,"periodInSeconds":15,"limitType":"%s"}'
        for spelled in (b"Rate", b"rate", b"RATE"):
            done = replay(capture((0, call()), (1_000, call(status=429, answer=body % spelled, Retry_After=1))))
            self.assertEqual(done.exchanges[1]["limit"], {"current": 3, "max": 1, "period_s": 15, "type": spelled.decode(), "seen": 2})
            self.assertNotIn("429-body-malformed", [violation["rule"] for violation in done.exchanges[1]["violations"]])
            self.assertEqual(limits_of(done)["mpsd"]["told"], 1)

    def test_a_peak_beyond_what_is_counted_one_by_one(self):
        for count, peak in ((5_500, "5500 of 300"), (17_000, "16384+ of 300")):
            trace = scope.file(capture(*((0.5 * i, call()) for i in range(count))))
            window = limits_of(run("replay", "--format", "jsonl", trace))["mpsd"]["sustained"]
            self.assertEqual((window["peak"], window.get("at_least", False)), (min(count, 16_384), count > 16_384))
            self.assertIn(peak, run("replay", "--format", "pretty", "--width", "160", "--filter", "false", trace).out.decode())

    def test_other_services_count_also_without_all(self):
        others = [(5_000 + 10 * i, call(path="/users/me/profile/settings", host="profile.xboxlive.com", answer=b"{}")) for i in range(11)]
        elsewhere = [(6_000, call(path="/", host="telemetry.example", answer=b"{}"))]
        trace = capture((0, call()), *others, *elsewhere)
        done = replay(trace)
        # Only the call with a finding is listed, and nothing of the session directory is said of it.
        self.assertEqual([exchange["host"] for exchange in done.exchanges], [HOST, "profile.xboxlive.com"])
        listed = done.exchanges[1]
        self.assertEqual([violation["rule"] for violation in listed["violations"]], ["rate-burst"])
        self.assertNotIn("row", listed)
        self.assertEqual((listed["title_id"], listed["user_id"]), (TITLE.shown_id(), USER.xuid))
        self.assertEqual(done.summary["calls"], 1)
        self.assertEqual(done.summary["violations"]["warning"], 1)
        self.assertEqual(limits_of(done)["profile"]["calls"], 11)
        everything = replay(trace, options=["--all"])
        self.assertEqual(len(everything.exchanges), 13)
        self.assertEqual(everything.of_type("rates"), done.of_type("rates"))

    def test_a_date_in_the_future_stops_no_clock(self):
        """One packet dated a year ahead, in the middle of calm traffic and before a burst."""
        year = 365 * 24 * 3_600 * 1_000
        done = replay(capture(*((1_000 * i, call()) for i in range(20)), (year, call()), *((20_000 + 1_000 * i, call()) for i in range(100)),
                              *((200_000 + 100 * i, call(status=429, answer=compact(rate_limit(31, 30, 15)), Retry_After=1)) for i in range(31))),
                      options=["--severity", "retry-after-ignored=off"])
        self.assertEqual([(rule, number) for _, rule, _, number in rated(done)], [("rate-burst", 31)])
        title = done.of_type("rates")[-1]
        self.assertEqual((title["last_15s"]["throttled"], title["last_15s"]["responses"]), (31, 31))
        self.assertTrue(title["ts"].startswith("2026-03-14T15:03:2"), title["ts"])
        self.assertGreater(len(done.of_type("rates")), 3)

    def test_pretty_table_with_bars(self):
        trace = scope.file(capture(*((100 * i, call()) for i in range(15))))
        for locale, bar in (("C", "####...."), ("C.UTF-8", "████····")):
            done = run("replay", "--format", "pretty", "--width", "120", trace, environment={"LC_ALL": locale})
            line = [line for line in done.out.decode().splitlines() if "mpsd" in line and bar[:4] in line][0]
            self.assertIn(f"{bar}  50 %  15 of 30 at 15:00:01", line)

    def test_the_output_is_the_same_for_any_number_of_threads(self):
        trace = scope.file(capture(*((50 * i, call(user=(USER, MATE)[i % 3 == 0])) for i in range(400))))
        logs = {run("replay", "--format", "jsonl", "--threads", threads, trace).body() for threads in (1, 8)}
        self.assertEqual(len(logs), 1)


if __name__ == "__main__":
    scope.main()
