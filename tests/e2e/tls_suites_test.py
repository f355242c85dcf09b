"""TLS as OpenSSL speaks it: every cipher suite, resumption, key updates, early data, a second hello."""
import os
import subprocess

import real
import scope
from real import Process, Tcpdump, free_port, wait_for
from scope import Case, facts, replay

import sample
from http_message import request, response
from mpsd import HOST, compact, etag, service_headers, session
from tls_channel import certificate

TLS12 = ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305",
         "DHE-RSA-AES128-GCM-SHA256", "AES128-GCM-SHA256", "AES256-GCM-SHA384",
         "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA384",
         "DHE-RSA-AES256-SHA256", "AES128-SHA", "AES256-SHA256",
         "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"]
NOT_CBC = ("GCM", "POLY1305")
TLS13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
UNSUPPORTED = ["ECDHE-RSA-CAMELLIA128-SHA256", "ECDHE-ECDSA-CAMELLIA256-SHA384", "ARIA128-GCM-SHA256"]

DOCUMENT = compact(session(sample.TITLE, sample.NAME, sample.FRIENDS, 3))
ANSWER = response(200, [*service_headers(sample.USER, "Read", ETag=etag(3)), ("Content-Type", "application/json")], DOCUMENT)
GOOD = {"method": "GET", "status": 200, "row": "200", "rules": [], "defects": [], "response_bytes": len(DOCUMENT)}


def ask(name):
    return request("GET", sample.TITLE.session(name), sample.USER.headers())


def rsa_certificate():
    cert, key = scope.scratch("rsa.pem"), scope.scratch("rsa.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


class Tls(Case):
    @classmethod
    def setUpClass(cls):
        ec, rsa = certificate(), rsa_certificate()
        cls.identities = ["-cert", rsa[0], "-key", rsa[1], "-dcert", ec[0], "-dkey", ec[1]]

    def setUp(self):
        self.port, self.keys = free_port(), scope.scratch("keys.log")
        self.dump = Tcpdump(self.port)
        self.addCleanup(self.dump.__exit__)

    def server(self, *options):
        """Answers nothing by itself: what is typed into it goes to the client."""
        messages = scope.scratch("messages")
        server = Process("openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", *self.identities,
                         "-cipher", "ALL:@SECLEVEL=0", "-msg", "-msgfile", messages, *options)
        server.messages = messages
        self.addCleanup(server.__exit__)
        return server.says("ACCEPT", "out")

    def client(self, *options):
        messages = scope.scratch("messages")
        client = Process("openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-servername", HOST, "-keylogfile", self.keys,
                         "-msg", "-msgfile", messages, *options)
        client.messages = messages
        self.addCleanup(client.__exit__)
        return client

    def exchange(self, server, client, name):
        """One request and its answer, typed at both ends."""
        client.type(ask(name))
        wait_for(lambda: f"/{name} HTTP/1.1".encode() in server.out, f"request {name} at the server")
        before = client.out.count(DOCUMENT)
        server.type(ANSWER)
        wait_for(lambda: client.out.count(DOCUMENT) > before, f"response {name} at the client")

    def end(self, server, client):
        """The client hangs up; the server has noticed when it waits for the next."""
        done = server.out.count(b"\nDONE\n")
        client.process.stdin.close()
        client.process.wait(scope.PATIENCE)
        wait_for(lambda: server.out.count(b"\nDONE\n") > done, "the server's end")

    def replayed(self, names):
        capture = self.dump.finish()
        done = replay(capture, options=["--keylog", self.keys])
        self.assertFacts(done, [{**GOOD, "session": name} for name in names])
        self.assertEqual(done.summary["undecrypted"], [])
        self.assertEqual(done.counter("tls_bad_records"), 0)
        self.assertEqual(real.tshark_statuses(capture, self.keys, tls=[self.port]), [200] * len(names))
        return done


class Suites(Tls):
    """The server answers with a file that holds a whole HTTP response."""

    def ask_file(self, *options):
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-servername", HOST, "-keylogfile", self.keys,
                               "-quiet", *options], input=ask(sample.NAME), capture_output=True, timeout=scope.PATIENCE)
        self.assertIn(DOCUMENT, done.stdout, (options, done.stderr))

    def serve_file(self, *options):
        root = scope.scratch("www")
        path = root + sample.TITLE.session(sample.NAME)
        os.makedirs(os.path.dirname(path))
        with open(path, "wb") as file:
            file.write(ANSWER)
        before = os.getcwd()
        os.chdir(root)
        try:
            self.server("-HTTP", *options)
        finally:
            os.chdir(before)

    def test_every_suite(self):
        self.serve_file()
        runs = [["-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0"] for suite in TLS12]
        runs += [["-tls1_2", "-no_etm", "-cipher", f"{suite}:@SECLEVEL=0"] for suite in TLS12 if not any(word in suite for word in NOT_CBC)]
        runs += [["-tls1_3", "-ciphersuites", suite] for suite in TLS13]
        for options in runs:
            self.ask_file(*options)
        self.replayed([sample.NAME] * len(runs))

    def test_unsupported_suites_are_named(self):
        self.serve_file()
        for suite in UNSUPPORTED:
            self.ask_file("-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
        done = replay(self.dump.finish(), options=["--keylog", self.keys])
        self.assertEqual(done.exchanges, [])
        self.assertEqual({(entry["name"], entry["reason"]) for entry in done.summary["undecrypted"]}, {(HOST, "unsupported suite")})
        self.assertEqual(sum(entry["connections"] for entry in done.summary["undecrypted"]), len(UNSUPPORTED))

    def test_padding_and_small_records(self):
        """Records padded by TLS 1.3, and a document spread over records of 512 bytes."""
        self.serve_file("-split_send_frag", "512", "-max_send_frag", "512", "-record_padding", "256")
        self.ask_file("-tls1_3")
        self.ask_file("-tls1_3", "-record_padding", "1000")
        self.ask_file("-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0")
        self.replayed([sample.NAME] * 3)

    def test_resumption(self):
        """By ticket and by session id in TLS 1.2, by PSK with and without a new key exchange in TLS 1.3."""
        self.serve_file()
        kinds = [["-tls1_2"], ["-tls1_2", "-no_ticket"], ["-tls1_3"], ["-tls1_3", "-allow_no_dhe_kex"]]
        for options in kinds:
            saved = scope.scratch("session")
            self.ask_file(*options, "-sess_out", saved)
            self.ask_file(*options, "-sess_in", saved)
        self.replayed([sample.NAME] * 2 * len(kinds))

    def test_hello_retry_request(self):
        self.serve_file("-groups", "P-384")
        self.ask_file("-tls1_3", "-groups", "X25519:P-384")
        self.replayed([sample.NAME])

    def test_client_certificate(self):
        """A handshake with more messages; TLS 1.3 sends the client's after its keys have changed."""
        self.serve_file("-verify", "1")
        cert, key = certificate()
        for version in ("-tls1_2", "-tls1_3"):
            self.ask_file(version, "-cert", cert, "-key", key)
        self.replayed([sample.NAME] * 2)


class LongConnections(Tls):
    def test_key_updates(self):
        """By either side, with and without asking the other for one, between exchanges."""
        server = self.server("-tls1_3")
        client = self.client("-tls1_3")
        names = ["first", "after-k", "after-K", "after-server-k", "after-server-K", "after-both"]
        self.exchange(server, client, names[0])
        updates = [[(client, b"k\n")], [(client, b"K\n")], [(server, b"k\n")], [(server, b"K\n")],
                   [(client, b"K\n"), (server, b"K\n"), (client, b"k\n")]]
        for name, steps in zip(names[1:], updates):
            for side, command in steps:
                before = self.updates(side)
                side.type(command)
                wait_for(lambda: self.updates(side) > before, f"key update before {name}")
            self.exchange(server, client, name)
        self.end(server, client)
        self.replayed(names)

    @staticmethod
    def updates(side):
        """How many that side has begun: s_client says so and sends with its next data, s_server sends at once."""
        sent = sum(line.startswith(b">>>") and b"KeyUpdate" in line for line in real.read(side.messages).splitlines())
        return side.err.count("KEYUPDATE") or sent

    def test_early_data(self):
        server = self.server("-tls1_3", "-early_data", "-no_anti_replay")
        saved, early = scope.scratch("session"), scope.file(ask("early"), "early")
        client = self.client("-tls1_3", "-sess_out", saved)
        self.exchange(server, client, "first")
        wait_for(lambda: os.path.exists(saved) and os.path.getsize(saved) > 0, "the session ticket")
        self.end(server, client)
        client = self.client("-tls1_3", "-sess_in", saved, "-early_data", early)
        wait_for(lambda: b"/early HTTP/1.1" in server.out, "early data at the server")
        server.type(ANSWER)
        wait_for(lambda: DOCUMENT in client.out, "the response to early data")
        self.assertIn("Early data was accepted", client.out.decode(errors="replace"))
        self.exchange(server, client, "late")
        self.end(server, client)
        self.replayed(["first", "early", "late"])

    def test_rejected_early_data_is_sent_again(self):
        server = self.server("-tls1_3", "-early_data", "-no_anti_replay")
        saved, early = scope.scratch("session"), scope.file(ask("early"), "early")
        client = self.client("-tls1_3", "-sess_out", saved)
        self.exchange(server, client, "first")
        wait_for(lambda: os.path.exists(saved) and os.path.getsize(saved) > 0, "the session ticket")
        self.end(server, client)
        server.__exit__()
        server = self.server("-tls1_3")  # another ticket key: it knows nothing of the session
        client = self.client("-tls1_3", "-sess_in", saved, "-early_data", early)
        self.exchange(server, client, "again")
        self.end(server, client)
        self.replayed(["first", "again"])


if __name__ == "__main__":
    real.isolate()
    scope.main()
