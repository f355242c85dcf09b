"""Captures of curl and nginx, taken while they talk; tshark is the oracle for responses and statuses."""
import json
import os

import real
import scope
from real import Nginx, Tcpdump, curl, free_port, tshark_statuses
from scope import Case, facts, replay

import sample
from mpsd import HOST, compact, etag, rate_limit, session

NAMES = [f"real-{n}" for n in range(8)]
REFUSALS = {  # name of a session -> (status, media type, body, further fields): what the service would answer
    "want-201": (201, "application/json", compact(session(sample.TITLE, "want-201", [sample.USER])), {"ETag": etag(1)}),
    "want-202": (202, "text/plain", b"", {}), "want-400": (400, "text/plain", b"The JSON is malformed.", {}),
    "want-403": (403, "text/plain", b"The requested session cannot be accessed.", {}),
    "want-404": (404, "text/plain", b"The requested session wasnt found.", {}),
    "want-405": (405, "text/plain", b"Not this verb.", {}), "want-409": (409, "text/plain", b"The constants differ.", {}),
    "want-412": (412, "application/json", compact(session(sample.TITLE, "want-412", sample.FRIENDS)), {"ETag": etag(2)}),
    "want-429": (429, "application/json", compact(rate_limit(31, 30, 15)), {"Retry-After": "15"}),
    "want-503": (503, "text/plain", b"", {"Retry-After": "5"}), "want-204": (204, "", b"", {})}
ROWS = {"want-403": "403-message", "want-412": "412-session"}


def locations():
    blocks = []
    for name, (status, kind, body, fields) in REFUSALS.items():
        lines = "".join(f"add_header {field} '{value}' always; " for field, value in fields.items())
        reply = f"{status} '{body.decode()}'" if body else f"{status} ''" if status != 204 else "204"
        blocks.append(f"location ~* /sessions/{name}$ {{ default_type {kind or 'text/plain'}; {lines}return {reply}; }}")
    return "\n".join(blocks)


class RealTraffic(Case):
    @classmethod
    def setUpClass(cls):
        cls.plain, cls.tls = free_port(), free_port()
        every = (f"root $ROOT/www; default_type application/json; types {{ }} client_max_body_size 50m;\n"
                 f"gzip on; gzip_types application/json; gzip_min_length 1; gzip_vary on; chunked_transfer_encoding on;\n{locations()}\n"
                 f"location /uploads/ {{ dav_methods PUT; create_full_put_path on; }}\n"
                 f"location /handles/query {{ return 200 '{{\"results\":[]}}'; }}\n")
        cls.nginx = Nginx(f"server {{ listen 127.0.0.1:{cls.plain}; {every} }}\n"
                          f"server {{ listen 127.0.0.1:{cls.tls} ssl http2; ssl_protocols TLSv1.2 TLSv1.3; {every} }}",
                          [cls.plain, cls.tls])
        cls.addClassCleanup(cls.nginx.__exit__)
        for number, name in enumerate(NAMES):
            document = session(sample.TITLE, name, sample.FRIENDS[:1 + number % 7], 1, filler="x" * (number * 8000))  # 1 KB to 60 KB
            cls.nginx.put(sample.TITLE.session(name), compact(document), folder="/www")
        os.chmod(f"{cls.nginx.root}/www", 0o777)  # for uploads

    def setUp(self):
        self.keys = scope.scratch("keys.log")
        self.dump = Tcpdump(self.plain, self.tls)
        self.addCleanup(self.dump.__exit__)

    def url(self, path, scheme="https"):
        return f"{scheme}://{HOST}:{self.tls if scheme == 'https' else self.plain}{path}"

    def curl(self, *arguments):
        ask = [part for name, value in sample.USER.headers()[1:] for part in ("-H", f"{name}: {value}")]
        to = [part for port in (self.plain, self.tls) for part in ("--connect-to", f"{HOST}:{port}:127.0.0.1:{port}")]
        curl(*ask, *to, *arguments, keys=self.keys)

    def replayed(self, count, refused=False):
        """Replays what was captured; checks against tshark that nothing is missing.

        `refused`: nginx may answer before curl sends the body, which then may leave it off.
        """
        capture = self.dump.finish()
        done = replay(capture, options=["--keylog", self.keys] if os.path.exists(self.keys) else [])
        keys = self.keys if os.path.exists(self.keys) else None
        self.assertEqual(sorted(exchange["status"] for exchange in done.exchanges),
                         tshark_statuses(capture, keys, [self.plain], [self.tls]))
        self.assertEqual(len(done.exchanges), count)
        left_off = [["request-truncated"]] if refused else []
        self.assertEqual([exchange["defects"] for exchange in done.exchanges if exchange["defects"] not in left_off + [[]]], [])
        self.assertEqual(done.summary["undecrypted"], [])
        for threads in (1, 8):
            options = ["--threads", threads] + (["--keylog", self.keys] if keys else [])
            self.assertEqual(replay(capture, options=options).out, done.out)
        return done

    def all_sessions(self, scheme):
        return [self.url(sample.TITLE.session(name), scheme) for name in NAMES]

    def test_plain_keep_alive(self):
        self.curl("--http1.1", *self.all_sessions("http"))
        done = self.replayed(len(NAMES))
        self.assertEqual(len({exchange["conn"] for exchange in done.exchanges}), 1)
        self.assertEqual([facts(exchange, ["row", "session"]) for exchange in done.exchanges],
                         [{"row": "200", "session": name} for name in NAMES])

    def test_each_tls_version_and_protocol(self):
        combinations = [(tls, protocol) for tls in ("1.2", "1.3") for protocol in ("--http1.1", "--http2")]
        for tls, protocol in combinations:
            self.curl(protocol, f"--tlsv{tls}", "--tls-max", tls, *self.all_sessions("https"))
        done = self.replayed(len(combinations) * len(NAMES))
        self.assertEqual([exchange["http"] for exchange in done.exchanges], (["1.1"] * 8 + ["2"] * 8) * 2)
        self.assertEqual({exchange["row"] for exchange in done.exchanges}, {"200"})
        self.assertEqual([facts(exchange)["rules"] for exchange in done.exchanges], [[]] * len(done.exchanges))

    def test_compressed(self):
        for scheme, protocol in (("http", "--http1.1"), ("https", "--http1.1"), ("https", "--http2")):
            self.curl("--compressed", protocol, *self.all_sessions(scheme))
        done = self.replayed(3 * len(NAMES))
        for exchange in done.exchanges:  # the documents were decompressed, or they would be found malformed
            self.assertEqual(facts(exchange, ["row", "rules"]), {"row": "200", "rules": facts(exchange)["rules"]})
            self.assertNotIn("session-malformed", facts(exchange)["rules"])
            self.assertLess(exchange["response_bytes"], 4000)

    def test_parallel_streams(self):
        self.curl("--http2", "--parallel", "--parallel-max", "30", "--parallel-immediate", *(self.all_sessions("https") * 6))
        self.replayed(6 * len(NAMES))

    def test_parallel_connections(self):
        self.curl("--http1.1", "--parallel", "--parallel-max", "12", *(self.all_sessions("https") * 4), *(self.all_sessions("http") * 4))
        self.replayed(8 * len(NAMES))

    def test_refusals(self):
        urls = [(scheme, protocol, name) for scheme, protocol in (("http", "--http1.1"), ("https", "--http1.1"), ("https", "--http2"))
                for name, (_, _, answer, _) in REFUSALS.items()
                if answer or protocol == "--http1.1"]  # nginx 1.22 resets an HTTP/2 stream that it returns nothing on
        body = scope.file(json.dumps({"members": {"me": None}}), "put.json")
        for scheme, protocol, name in urls:
            self.curl(protocol, "-X", "PUT", "-H", "If-Match: \"old\"", "--data-binary", f"@{body}",
                      self.url(sample.TITLE.session(name), scheme))
        done = self.replayed(len(urls), refused=True)
        self.assertEqual([facts(exchange, ["session", "row"]) for exchange in done.exchanges],
                         [{"session": name, "row": ROWS.get(name, name.removeprefix("want-"))} for _, _, name in urls])
        # A session may be put: 405 is the wrong answer. nginx sends a page of its own with a 503 that is to have no body.
        rules = {405: ["status-method-mismatch"], 503: ["body-unexpected", "content-type-mismatch"]}
        for exchange in done.exchanges:
            self.assertEqual(facts(exchange)["rules"], rules.get(exchange["status"], []))

    def test_uploads(self):
        """With 100-continue, and in HTTP/2 with flow control; the server reads all of it."""
        large = scope.file(json.dumps({"properties": {"custom": {"filler": "y" * 2_000_000}}}), "large.json")
        for scheme, protocol in (("http", "--http1.1"), ("https", "--http1.1"), ("https", "--http2")):
            self.curl(protocol, "-X", "PUT", "-H", "If-Match: *", "-H", "Expect: 100-continue", "--data-binary", f"@{large}",
                      self.url(f"/uploads{sample.TITLE.session('real')}", scheme))
        done = self.replayed(3)
        self.assertEqual([(exchange["request_bytes"], exchange["status"]) for exchange in done.exchanges],
                         [(os.path.getsize(large), status) for status in (201, 204, 204)])

    def test_refused_before_the_upload(self):
        """A client that waits for 100 and gets the final answer instead does not send its body; nobody is at fault."""
        large = scope.file(json.dumps({"properties": {"custom": {"filler": "y" * 2_000_000}}}), "large.json")
        for scheme in ("http", "https"):
            self.curl("--http1.1", "-X", "PUT", "-H", "If-Match: *", "-H", "Expect: 100-continue", "--data-binary", f"@{large}",
                      self.url(sample.TITLE.session("want-409"), scheme))
        capture = self.dump.finish()
        done = replay(capture, options=["--keylog", self.keys])
        self.assertEqual([facts(exchange, ["row", "rules"]) for exchange in done.exchanges], [{"row": "409", "rules": []}] * 2)

    def test_conditional_and_head(self):
        url = self.url(sample.TITLE.session(NAMES[0]), "http")
        saved = scope.scratch("etag")
        self.curl("--etag-save", saved, url)
        self.curl("--etag-compare", saved, url)
        self.curl("--head", url)
        self.curl("-X", "POST", "--data", "{}", self.url("/handles/query", "http"))
        done = self.replayed(4)
        self.assertEqual([(exchange["method"], exchange["row"]) for exchange in done.exchanges],
                         [("GET", "200"), ("GET", "304"), ("HEAD", "200"), ("POST", "200")])

    def test_many_connections_with_resumption(self):
        """h2load: many connections at once, each with its own secrets."""
        uris = scope.file("".join(url + "\n" for url in self.all_sessions("https")), "uris")
        ask = [part for name, value in sample.USER.headers()[1:] for part in ("-H", f"{name}: {value}")]
        for protocol in (["--h1"], []):
            real.subprocess.run(["h2load", *protocol, "-n", "400", "-c", "20", "-m", "1" if protocol else "8", "-i", uris, *ask,
                                 f"--connect-to=127.0.0.1:{self.tls}"], check=True, capture_output=True, timeout=scope.PATIENCE,
                                env={**os.environ, "SSLKEYLOGFILE": self.keys})
        capture = self.dump.finish()
        done = replay(capture, options=["--keylog", self.keys])
        self.assertEqual([(exchange["status"], exchange["defects"]) for exchange in done.exchanges], [(200, [])] * 800)
        self.assertEqual(done.counter("tls_decrypted"), 40)


if __name__ == "__main__":
    real.isolate()
    scope.main()
