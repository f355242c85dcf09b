"""The bundled play test: every row, every rule of the service's side, and the promises about output."""
import gzip
import json
import os
import re
import subprocess
import sys
import unittest

import scope
from scope import PLAYTEST, Case, facts, replay, run

import capture_file
import mpsd
import sample
import wire

ROWS = {"200", "201", "202", "204", "304", "400", "403-message", "403-session", "404", "405", "409", "412-bare",
        "412-session", "429", "503", "unlisted"}
VARIANTS = {"session-absent", "element-absent", "session-deleted", "element-gone"}
SERVICE_RULES = {"4xx-partial-session", "503-no-retry-after", "429-no-retry-after", "retry-after-malformed",
                 "session-malformed", "412-no-etag", "session-no-etag", "content-type-mismatch", "body-unexpected",
                 "body-missing", "429-body-malformed", "status-method-mismatch", "status-unlisted", "http-malformed",
                 "response-missing"}


def expectation():
    with open(os.path.join(os.path.dirname(PLAYTEST), "expected.jsonl")) as lines:
        return [json.loads(line) for line in lines]


class Golden(unittest.TestCase):
    """What the capture holds, by the generator's word and by tshark's: checks the test data itself."""

    def test_shows_every_row_and_variant_and_rule(self):
        expected = expectation()
        self.assertEqual({record["row"] for record in expected if "row" in record}, ROWS)
        self.assertEqual({record["variant"] for record in expected if "variant" in record}, VARIANTS)
        self.assertEqual({rule for record in expected for rule in record["rules"]}, SERVICE_RULES)
        self.assertLess(os.path.getsize(PLAYTEST), 300_000)

    def test_tshark_sees_the_expected_responses(self):
        lines = subprocess.run(["tshark", "-r", PLAYTEST, "-Y", "http.response or http2.headers.status", "-T", "fields",
                                "-e", "ip.src", "-e", "http.response.code", "-e", "http2.headers.status"],
                               capture_output=True, text=True, check=True).stdout.splitlines()
        seen = [int((one or two)) for source, one, two in (line.split("\t") for line in lines) if source == "203.0.113.10"]
        expected = [record["status"] for record in expectation() if "status" in record]
        # tshark does not show a response whose body was cut off by the end of the connection.
        cut = next(i for i, record in enumerate(expectation()) if "response-truncated" in record["defects"])
        self.assertIn(seen, (expected, expected[:cut] + expected[cut + 1:]))


    def test_generator_still_makes_it(self):
        """A fresh capture differs in its bytes, TLS being random, and holds the same."""
        directory = scope.scratch("generated")
        os.makedirs(directory)
        subprocess.run([sys.executable, "-B", os.path.join(os.path.dirname(PLAYTEST), "generate.py"), directory], check=True)
        with open(os.path.join(directory, "expected.jsonl")) as lines:
            self.assertEqual([json.loads(line) for line in lines], expectation())
        fresh, committed = (replay(path) for path in (os.path.join(directory, "playtest.pcapng"), PLAYTEST))
        self.assertEqual([facts(exchange) for exchange in fresh.exchanges], [facts(exchange) for exchange in committed.exchanges])


class PlayTest(Case):
    @classmethod
    def setUpClass(cls):
        cls.done = replay(PLAYTEST)

    def test_finds_what_the_play_test_holds(self):
        columns = ["method", "target", "status", "row", "variant", "title_id", "user_id", "rules", "defects"]
        expected = [{column: record.get(column, "") for column in columns} for record in expectation()]
        self.assertEqual([facts(exchange, columns) for exchange in self.done.exchanges], expected)

    def test_finds_what_the_titles_do(self):
        """By the script of the play test, read as the facts say: the same user, title and limit, calls in order."""
        found = {}
        for number, exchange in enumerate(self.done.exchanges, 1):
            rules = [violation["rule"] for violation in exchange["violations"] if "advice" in violation]
            if rules:
                found[number] = rules
        self.assertEqual(found, {
            5: ["repeated-call"],  # a GET of what did not exist, again when it does
            24: ["blind-overwrite"], 34: ["blind-overwrite"], 36: ["blind-overwrite"], 48: ["blind-overwrite"],
            26: ["rate-burst", "repeated-call"],  # searches, of which one in 15 s is allowed
            27: ["retry-after-ignored", "rate-burst"], 28: ["retry-after-ignored", "throttle-loop"],
            37: ["repeated-call"],
            43: ["retry-after-ignored"], 44: ["retry-after-ignored-bucket"], 45: ["retry-after-ignored-bucket"],
            46: ["retry-after-ignored"]})
        self.assertEqual(self.done.summary["retry_after"], {"honoured": 2, "ignored": 3, "open": 1})

    def test_summary_adds_up(self):
        expected, summary = expectation(), self.done.summary
        self.assertEqual(summary["calls"], len(expected))
        self.assertEqual(summary["exchanges"], len(expected) + 2)  # the mock's
        by_row = {row: sum(record.get("row") == row for record in expected) for row in ROWS}
        self.assertEqual(summary["by_row"], by_row)
        self.assertEqual({rule: count for rule, count in summary["rules"].items() if rule in SERVICE_RULES},
                         {rule: sum(rule in record["rules"] for record in expected) for rule in SERVICE_RULES})
        self.assertEqual(summary["undecrypted"], [{"name": "telemetry.harbour-lights.example", "reason": "no key",
                                                   "connections": 2}])
        self.assertEqual(summary["hosts"]["mock-mpsd.builds.example"], 2)
        self.assertEqual(summary["problems"], [])
        self.assertEqual(self.done.counter("packets"), 380)

    def test_rates_of_each_title(self):
        last = {record["title_id"]: record for record in self.done.of_type("rates")}
        expected = expectation()
        for title in ("0A6D2730", "6B4A1C07"):
            answered = [record for record in expected if record["title_id"] == title and "status" in record]
            throttled = sum(record["status"] == 429 for record in answered)
            self.assertEqual((last[title]["responses"], last[title]["throttled"]), (len(answered), throttled))
            users = {record["user_id"] for record in answered}
            self.assertEqual({user["user"] for user in last[title]["users"]}, users)
        self.assertEqual(last["0A6D2730"]["last_15s"]["peak_throttled"], 3)

    def test_threads_change_nothing(self):
        for threads in (1, 2, 3, 8):
            with self.subTest(threads=threads):
                self.assertEqual(replay(PLAYTEST, options=["--threads", threads]).out, self.done.out)

    def test_stdin_and_compression_change_nothing(self):
        with open(PLAYTEST, "rb") as capture:
            data = capture.read()
        zstd = subprocess.run(["zstd", "-c", PLAYTEST], capture_output=True, check=True).stdout
        halves = gzip.compress(data[:50_000]) + gzip.compress(data[50_000:])  # as log rotation concatenates
        for name, form in (("plain", data), ("gzip", gzip.compress(data)), ("zstd", zstd), ("gzip members", halves)):
            with self.subTest(form=name, by="stdin"):
                self.assertEqual(replay("-", stdin=form).body(), self.done.body())
            with self.subTest(form=name, by="file"):
                self.assertEqual(replay(form).body(), self.done.body())

    def test_no_secret_reaches_any_output(self):
        outputs = [self.done] + [run("replay", *options, PLAYTEST) for options in
                                 (["--format", "pretty"], ["--format", "pretty", "--all"], ["--format", "jsonl", "--all"])]
        for output in outputs:
            text = output.out.decode() + output.err
            self.assertGreater(len(text), 1000)
            self.assertNotIn(mpsd.FAKE_TOKEN, text)
            self.assertNotIn(mpsd.FAKE_SIGNATURE, text)

    def test_pretty_output_is_for_people(self):
        done = run("replay", "--format", "pretty", "--color", "never", PLAYTEST)
        self.assertEqual(done.code, 0, done.err)
        text = done.out.decode()
        self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\x7f]")
        for word in [*ROWS, *VARIANTS, *SERVICE_RULES, "0A6D2730", "6B4A1C07", "telemetry.harbour-lights.example"]:
            self.assertIn(word, text)
        coloured = run("replay", "--format", "pretty", "--color", "always", PLAYTEST).out.decode()
        bare = re.sub("\x1b\\[[0-9;]*m", "", coloured)
        self.assertEqual([line.rstrip() for line in bare.splitlines()], text.splitlines())
        self.assertNotEqual(coloured, text)

    def test_out_writes_the_same_to_a_file(self):
        path = scope.scratch("log.jsonl")
        done = replay(PLAYTEST, options=["--out", path])
        self.assertEqual(done.out, b"")
        with open(path, "rb") as log:
            self.assertEqual(log.read(), self.done.out)

    def test_out_that_cannot_be_written(self):
        for path in ("/nonexistent/log.jsonl", "/dev/full"):
            with self.subTest(path=path):
                done = replay(PLAYTEST, options=["--out", path], code=1)
                self.assertIn(path, done.err)

    def test_all_lists_the_other_hosts_too(self):
        done = replay(PLAYTEST, options=["--all"])
        hosts = [exchange["host"] for exchange in done.exchanges]
        self.assertEqual(hosts.count("mock-mpsd.builds.example"), 2)
        self.assertEqual(len(hosts), len(expectation()) + 2)
        mock = [exchange for exchange in done.exchanges if exchange["host"] == "mock-mpsd.builds.example"]
        self.assertEqual([("row" in exchange, exchange["violations"]) for exchange in mock], [(False, [])] * 2)

    def test_mpsd_host_takes_the_mock_for_the_service(self):
        for pattern in ("mock-mpsd.*", "*", "MOCK-mpsd.builds.example"):
            with self.subTest(pattern=pattern):
                done = replay(PLAYTEST, options=["--mpsd-host", pattern])
                mock = [facts(exchange, ["status", "row", "variant"]) for exchange in done.exchanges
                        if exchange["host"] == "mock-mpsd.builds.example"]
                self.assertEqual(mock[0], {"status": 204, "row": "204", "variant": "session-absent"})

    def test_fail_on(self):
        for severity, code in (("error", 3), ("warning", 3), ("info", 3)):
            self.assertEqual(replay(PLAYTEST, options=["--fail-on", severity], code=None).code, code)
        self.assertEqual(replay(PLAYTEST, options=["--fail-on", "never-heard-of"], code=None).code, 2)

    def test_fail_on_asks_for_the_severity_or_above(self):
        steps = sample.steps()
        clean, info, warning = steps[:3], [sample.step("GET", sample.PATH, 200, "session", "200", None, mpsd.session(sample.TITLE, "a", []))], \
            [sample.step("GET", sample.PATH, 500, "session", "unlisted", ETag="")]
        for script, codes in ((clean, (0, 0, 0)), (info, (3, 0, 0)), (warning, (3, 3, 0)), (steps, (3, 3, 3))):
            capture = capture_file.pcap(wire.frames(sample.plain(script=script).segments))
            for severity, code in zip(("info", "warning", "error"), codes):
                with self.subTest(steps=[step.row for step in script], severity=severity):
                    self.assertEqual(replay(capture, options=["--fail-on", severity], code=None).code, code)


class CommandLine(Case):
    def test_usage_errors_exit_2_and_say_why(self):
        for arguments in (["replay"], ["no-such-command"], ["replay", "--no-such-flag", PLAYTEST],
                          ["replay", "--format", "yaml", PLAYTEST], ["replay", "--threads", "many", PLAYTEST]):
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertEqual((done.code, done.out), (2, b""))
                self.assertTrue(done.err.strip())

    def test_help_and_version(self):
        for arguments in (["--help"], ["replay", "--help"], ["sniff", "--help"], ["rules", "--help"], ["--version"]):
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertEqual((done.code, done.err), (0, ""))
                self.assertTrue(done.out.strip())

    def test_rules_prints_the_tables(self):
        text = run("rules").out.decode()
        for word in ROWS - {"unlisted"} | SERVICE_RULES:
            self.assertIn(word, text)

    def test_rules_explains_one(self):
        for rule in sorted(SERVICE_RULES):
            done = run("rules", rule)
            self.assertEqual(done.code, 0, rule)
            self.assertIn(rule, done.out.decode())
        self.assertEqual(run("rules", "no-such-rule").code, 2)

    def test_no_hits_says_what_there_was(self):
        talk = wire.Conversation(sample.CLIENT, sample.SERVER).open()
        talk.client_sends(b"GET / HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n")
        talk.server_sends(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").close()
        capture = scope.file(capture_file.pcap(wire.frames(talk.segments)))
        done = run("replay", "--format", "pretty", "--color", "never", capture)
        self.assertEqual(done.code, 0)
        self.assertIn("elsewhere.example", done.out.decode() + done.err)


if __name__ == "__main__":
    scope.main()
