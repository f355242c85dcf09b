"""A secret in any field that is printed reaches neither output."""
import scope
import http_message as http
import sample
import wire
from capture_file import pcap, pcapng
from mpsd import HOST, compact, session
from scope import Case, run
from tls_channel import KeyLog, TlsChannel

SECRET = "S3CRETvalue0123456789abcdefgh"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0." + SECRET
PATH, TITLE, USER = sample.PATH, sample.TITLE, sample.USER
# Each way to write a credential into a text; the second column for a place in a path.
WAYS = {"XBL3.0": ("XBL3.0 x=12;" + SECRET, "XBL3.0%20x=12%3B" + SECRET),
        "XBL3.0 encoded twice": ("XBL3.0%20x%3D12%3B" + SECRET, "XBL3.0%2520x%253D12%253B" + SECRET),
        "XBL3.0 encoded three times": ("XBL3.0%2520x%253D12%253B" + SECRET, "XBL3.0%252520x%25253D12%25253B" + SECRET),
        "bearer": ("Bearer " + SECRET, "Bearer%20" + SECRET),
        "token": ("token=" + SECRET, "token=" + SECRET),
        "signature": ("Signature: " + SECRET, "Signature:%20" + SECRET),
        "JWT": (JWT, JWT)}


def exchanges():
    """(request, response) with a secret each."""
    ok, scid = http.response(204), "4fc10100-5f7a-4470-899b-280f0a6d2730"

    def ask(method="GET", path=PATH, host=HOST, fields=(), own=True):
        headers = USER.headers(host) if own else [("Host", host)]
        return http.request(method, path, [*headers, *fields])

    def answer(status, fields=(), body=b"", kind=""):
        return http.response(status, [*fields, *([("Content-Type", kind)] if kind else [])], body)
    for text, quoted in WAYS.values():
        yield ask(path=f"/serviceconfigs/{quoted}/sessionTemplates/{quoted}/sessions/{quoted}"), ok
        yield ask(path=PATH + "/properties/custom/" + quoted), ok
        yield ask(path="/handles/" + quoted), ok
        yield ask(path=f"{PATH}?q={quoted}&b=1#{quoted}"), ok
        yield ask(host=text), ok
        yield ask(host=f"user:{SECRET}@{HOST}"), ok
        yield ask(host=text, path="https://" + quoted + "/x"), ok
        yield ask(path=f"https://user:{SECRET}@{HOST}{PATH}"), ok
        yield ask(), answer(200, [("ETag", f'"{text}"')], compact(session(TITLE, "s", [USER], 1)), "application/json")
        yield ask(), answer(404, [], b"x", text)
        yield ask(), answer(503, [("Retry-After", text)])
        yield ask(), answer(403, [("X-XblCorrelationId", text)], b"x", "text/html")
        yield ask(), answer(204, [("X-Xbl-Debug", "user0=" + text)])
        yield ask(), answer(429, [("Retry-After", "5")],
                            compact({"currentRequests": 3, "maxRequests": 2, "periodInSeconds": 15, "limitType": text}), "application/json")
        for value in (text, f"XBL3.0 x={SECRET};{SECRET}", f"XBL3.0 x=12;{SECRET}", "XBL3.0 x=" + SECRET):
            yield ask(fields=[("Authorization", value), ("Signature", SECRET), ("Cookie", "a=" + SECRET)], own=False), ok
        yield ask(fields=[("Authorization XBL3.0 x=1;" + SECRET, "x")]), ok
        for body in (text, compact({"text": text, "access_token": SECRET, "credentials": {"of": [SECRET]}, "deep": [{"jwt": SECRET}]}),
                     compact({"text": text, "Token": SECRET + "x" * 20})[:-8], "password=" + SECRET, f"https://user:{SECRET}@{HOST}/"):
            body = body if isinstance(body, bytes) else body.encode()
            fields = [("X-Any", text), ("X-Api-Key", "a"), ("X-Link", f"<https://user:{SECRET}@{HOST}/x>"), ("Location", "/x?sig=" + SECRET)]
            yield http.request("PUT", PATH, [*USER.headers(HOST), *fields], body), answer(400, fields, body, "text/plain")


def capture():
    talks = []
    for port, (request, response) in enumerate(exchanges(), 20_000):
        talk = wire.Conversation(("10.20.0.11", port), sample.SERVER, start=wire.START + (port - 20_000) * 100_000_000).open()
        talk.client_sends(request).server_sends(response)
        talks += talk.close().segments
    # TLS that cannot be read is named by its server name.
    talk = TlsChannel(wire.Conversation(sample.CLIENT, sample.SERVER_TLS).open(), JWT, KeyLog())
    talk.client_sends(b"x")
    return pcap(wire.frames(sorted(talks + list(talk.segments), key=lambda segment: segment.time)))


class Secrets(Case):
    def test_in_no_field_of_any_output(self):
        path, count = scope.file(capture()), sum(1 for _ in exchanges())
        for options in (["--format", "jsonl"], ["--format", "pretty", "--width", "1000"], ["--format", "pretty", "--width", "80"],
                        ["--format", "pretty", "--width", "100", "-v", "--color", "always"]):
            for more in ([], ["--mpsd-host", "*"], ["--severity", "content-type-mismatch=error"], ["--bodies", "all"]):
                with self.subTest(options=options, more=more):
                    done = run("replay", "--all", *options, *more, path)
                    self.assertEqual(done.code, 0, done.err)
                    text = done.out.decode() + done.err
                    self.assertEqual([line for line in text.lower().splitlines() if SECRET.lower() in line], [])
                    self.assertIn("REDACTED", text)
                    if options[1] == "jsonl":
                        self.assertEqual(len(done.exchanges), count)
                        self.assertEqual([entry["name"] for entry in done.summary["undecrypted"]], ["REDACTED"])

    def test_ordinary_names_stay(self):
        done = scope.replay(pcap(wire.frames(sample.plain().segments)))
        self.assertNotIn(b"REDACTED", done.out)


class Unread(Case):
    """A run in which nothing could be decrypted never looks clean."""

    @classmethod
    def setUpClass(cls):
        cls.keys = KeyLog()
        cls.packets = wire.frames(sample.encrypted(cls.keys).segments)

    def test_the_log_is_not_all_that_is_said(self):
        done = run("replay", scope.file(pcap(self.packets)))
        self.assertEqual(done.code, 0)
        self.assertIn("no multiplayer session calls found", done.err)
        self.assertIn("sessiondirectory.xboxlive.com: 1 TLS connection not read, no key: give the key log", done.err)
        log = scope.scratch("log")
        self.assertIn("no multiplayer session calls found", run("replay", "--out", log, scope.file(pcap(self.packets))).err)

    def test_fail_on_fails(self):
        path = scope.file(pcap(self.packets))
        for options in (["--format", "jsonl"], ["--format", "pretty"], ["--out", scope.scratch("log")]):
            done = run("replay", "--fail-on", "error", *options, path)
            self.assertEqual(done.code, 1, options)
            self.assertIn("--fail-on has nothing to judge", done.err)
        read = run("replay", "--format", "jsonl", "--fail-on", "error", scope.file(pcapng(self.packets, keylog=self.keys.text())))
        self.assertEqual((read.code, read.err), (3, ""))

    def test_other_names_do_not_fail_it(self):
        talk = TlsChannel(wire.Conversation(sample.CLIENT, sample.SERVER_TLS).open(), "mock.example", KeyLog())
        talk.client_sends(b"x")
        path = scope.file(pcap(wire.frames(talk.segments)))
        self.assertEqual(run("replay", "--format", "jsonl", "--fail-on", "error", path).code, 0)
        self.assertEqual(run("replay", "--format", "jsonl", "--fail-on", "error", "--mpsd-host", "mock.*", path).code, 1)

    def test_the_service_is_named_also_when_other_calls_were_read(self):
        plain = wire.frames(sample.plain().segments)
        done = run("replay", "--format", "jsonl", "--fail-on", "off", scope.file(pcap(self.packets)), scope.file(pcap(plain)))
        self.assertEqual(done.code, 0)
        self.assertIn("sessiondirectory.xboxlive.com: 1 TLS connection not read, no key", done.err)
        self.assertNotIn("no multiplayer session calls", done.err)

    def test_a_wrong_key_log_is_told_from_none(self):
        other = KeyLog()
        sample.encrypted(other)
        for kind in ("jsonl", "pretty"):
            done = run("replay", "--format", kind, "--keylog", scope.file(other.text(), "k"), scope.file(pcap(self.packets)))
            self.assertRegex(done.out.decode() + done.err, r"none of the \d+ secrets given is of this connection")


if __name__ == "__main__":
    scope.main()
