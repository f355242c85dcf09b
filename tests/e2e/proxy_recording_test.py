"""What `mpsdscope proxy` records: log, capture, key log, screen; through kills, full disks and rotation."""
import collections
import http.client
import json
import os
import random
import re
import signal
import ssl
import stat
import subprocess
import threading

import real
import scope
from proxy_service import ca, identity
from real import Nginx, Process, curl, free_port, read, tshark_statuses, wait_for
from real_traffic_test import REFUSALS, locations
from scope import Case, replay

import sample
from mpsd import HOST, compact, session

SESSION = sample.TITLE.session("want-412")


class RecordingProxy(Process):
    """A reverse proxy before nginx with everything in `directory`: ca/, log.jsonl, play.pcapng, keys.log."""

    def __init__(self, port, *options, directory=None, files=True, environment=None):
        self.directory = directory or scope.scratch("proxy")
        os.makedirs(self.directory, exist_ok=True)
        recording = ["--log", self.path("log.jsonl"), "--save", self.path("play.pcapng"), "--keylog", self.path("keys.log")]
        super().__init__(scope.PROGRAM, "proxy", "--mode", f"reverse:https://localhost:{port}", "--listen", "127.0.0.1:0",
                         "--ca-dir", self.path("ca"), "--upstream-ca", ca(), *(recording if files else []), *options,
                         environment={"SSLKEYLOGFILE": "", **(environment or {})})
        self.says("Ctrl-C ends")
        found = re.search(r"listening on \S+:(\d+)", self.err)
        if not found:
            raise AssertionError(self.err)
        self.port = int(found[1])

    def path(self, name):
        return os.path.join(self.directory, name)

    def curl(self, *arguments, path=SESSION):
        return curl("--cacert", self.path("ca/mpsdscope-ca-cert.pem"), "--connect-to", f"{HOST}:443:127.0.0.1:{self.port}", "-H",
                    "x-xbl-contract-version: 107", *arguments,
                    *(f"https://{HOST}{one}" for one in ([path] if isinstance(path, str) else path)))

    def client(self):
        context = ssl.create_default_context(cafile=self.path("ca/mpsdscope-ca-cert.pem"))
        connection = http.client.HTTPSConnection("localhost", self.port, context=context, timeout=scope.PATIENCE)
        connection.connect()
        return connection

    def logs(self, count):
        """Waits for so many exchanges in its log."""
        wait_for(lambda: read(self.path("log.jsonl")).count(b'"type":"exchange"') >= count, f"{count} exchanges in the log")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(scope.PATIENCE)


def ask(client, path=SESSION):
    client.request("GET", path, headers={"Host": HOST})
    response = client.getresponse()
    response.read()
    return response.status


def exchanges(text):
    return [record for record in map(json.loads, text.splitlines()) if record["type"] == "exchange"]


def bare(value):
    """Without the numbers of connections, wherever they stand: the proxy and a capture count them differently."""
    if isinstance(value, dict):
        return {key: bare(one) for key, one in value.items() if key != "conn"}
    return [bare(one) for one in value] if isinstance(value, list) else value


def without_conn(records):
    return sorted(json.dumps(bare(record)) for record in records)


def answered(records):
    return collections.Counter((record["client"], record["stream"], record["status"], record.get("row"))
                               for record in records if "status" in record)


class Recording(Case):
    @classmethod
    def setUpClass(cls):
        cls.port = free_port()
        cls.nginx = Nginx(f"server {{ listen 127.0.0.1:{cls.port} ssl http2; ssl_certificate {identity()}; ssl_certificate_key {identity()};\n"
                          f"keepalive_requests 1000000; client_max_body_size 50m; default_type application/json; types {{ }}\n"
                          f"root $ROOT/www; {locations()}\n"
                          f"location /cookie {{ add_header Set-Cookie session=zebra-set; return 204; }}\nlocation /uploads/ {{ dav_methods PUT; create_full_put_path on; }} }}",
                          [cls.port])
        cls.addClassCleanup(cls.nginx.__exit__)
        cls.large = sample.TITLE.session("large")
        cls.nginx.put(cls.large, compact(session(sample.TITLE, "large", sample.FRIENDS[:3], 1, filler="x" * 300_000)), folder="/www")
        os.chmod(f"{cls.nginx.root}/www", 0o777)  # for uploads

    def proxy(self, *options, **settings):
        proxy = RecordingProxy(self.port, *options, **settings)
        self.addCleanup(proxy.__exit__)
        return proxy

    def test_the_saved_capture_gives_the_live_verdicts(self):
        for threads in (1, 2):
            proxy = self.proxy("--threads", threads)
            paths = [sample.TITLE.session(name) for name in REFUSALS] + [self.large]
            for version in ("--http1.1", "--http2"):
                for tls in (["--tls-max", "1.2"], []):
                    proxy.curl(version, *tls, path=paths)
            upload = scope.file(os.urandom(200_000), "upload")
            proxy.curl("--http1.1", "-H", "Expect: 100-continue", "--upload-file", upload, path="/uploads/one")
            self.assertEqual(proxy.interrupt(), 0, proxy.err)
            log = read(proxy.path("log.jsonl"))
            live = exchanges(log)
            self.assertEqual(len(live), 4 * len(paths) + 1)
            found = replay(proxy.path("play.pcapng"), options=["--mpsd-host", "nothing"]).summary
            self.assertEqual(found["undecrypted"], [])
            found = replay(proxy.path("play.pcapng"))
            self.assertEqual(without_conn(found.exchanges), without_conn(live))
            waits = [record for record in map(json.loads, log.splitlines()) if record["type"] == "conduct"]
            self.assertEqual(without_conn(found.of_type("conduct")), without_conn(waits))
            self.assertIn("retry-after-ignored", {violation["rule"] for one in live for violation in one["violations"]})
            self.assertEqual(found.summary["problems"], [])
            self.assertEqual(tshark_statuses(proxy.path("play.pcapng"), tls=[self.port]), sorted(one["status"] for one in live))
            self.assertEqual(json.loads(log.splitlines()[0])["type"], "header")
            self.assertEqual(json.loads(log.splitlines()[-1])["proxy"]["decrypted"], 5)

    def test_the_key_log_decrypts_too_and_all_files_are_the_owners(self):
        keys = scope.scratch("environment.log")
        proxy = self.proxy("--log", scope.scratch("x.jsonl"), "--save", scope.scratch("x.pcapng"), files=False,
                           environment={"SSLKEYLOGFILE": keys})
        proxy.curl()
        proxy.interrupt()
        self.assertRegex(read(keys).decode(), r"(?m)^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]+$")
        options = [proxy.process.args[proxy.process.args.index(flag) + 1] for flag in ("--log", "--save")]
        for path in (keys, *options):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600, path)

    def test_a_killed_proxy_loses_at_most_the_record_that_it_was_writing(self):
        chance = random.Random(3)
        for _ in range(6):
            proxy = self.proxy("--threads", "2")
            seen = collections.Counter()

            def load(client):
                port = client.sock.getsockname()[1]
                try:
                    while True:
                        ask(client, chance.choice([SESSION] * 9 + [self.large]))
                        seen[port] += 1
                except (OSError, http.client.HTTPException, ssl.SSLError):
                    client.close()  # killed
            threads = [threading.Thread(target=load, args=(proxy.client(),)) for _ in range(3)]
            for thread in threads:
                thread.start()
            wanted = chance.randrange(1, 200_000)
            wait_for(lambda: len(read(proxy.path("log.jsonl"))) > wanted, "the log to grow")
            proxy.kill()
            for thread in threads:
                thread.join()
            log = read(proxy.path("log.jsonl"))
            logged = exchanges(log[:log.rfind(b"\n") + 1])
            # What a client was answered is in the log.
            found = collections.Counter(int(record["client"].rsplit(":", 1)[1]) for record in logged)
            for port, count in seen.items():
                self.assertGreaterEqual(found[port], count)
            replayed = replay(proxy.path("play.pcapng"))
            self.assertEqual(answered(logged) - answered(replayed.exchanges), collections.Counter())
            shark = subprocess.run(["tshark", "-n", "-r", proxy.path("play.pcapng")], capture_output=True, timeout=scope.PATIENCE)
            self.assertGreater(len(shark.stdout.splitlines()), 2 * len(logged))

    def test_a_log_that_was_cut_short_is_gone_on_with(self):
        directory = scope.scratch("again")
        os.makedirs(directory)
        with open(os.path.join(directory, "log.jsonl"), "wb") as log:
            log.write(b'{"type":"header"}\n{"type":"excha')
        proxy = self.proxy(directory=directory)
        proxy.curl()
        proxy.interrupt()
        lines = read(proxy.path("log.jsonl")).splitlines()
        self.assertEqual(lines[:2], [b'{"type":"header"}', b'{"type":"excha'])
        self.assertEqual([json.loads(line)["type"] for line in lines[2:]], ["header", "exchange", "rates", "summary"])

    def test_sighup_begins_a_new_file(self):
        proxy = self.proxy()
        proxy.curl()
        proxy.logs(1)
        os.rename(proxy.path("log.jsonl"), proxy.path("moved.jsonl"))
        proxy.process.send_signal(signal.SIGHUP)
        wait_for(lambda: read(proxy.path("log.jsonl")), "the new log")
        proxy.curl()
        proxy.curl()
        proxy.interrupt()
        self.assertEqual(len(exchanges(read(proxy.path("moved.jsonl")))), 1)
        self.assertEqual(len(exchanges(read(proxy.path("log.jsonl")))), 2)
        self.assertEqual(json.loads(read(proxy.path("log.jsonl")).splitlines()[0])["type"], "header")

    def test_rotation_by_size_loses_nothing(self):
        directory = scope.scratch("rotation")
        os.makedirs(directory)
        proxy = self.proxy("--log", os.path.join(directory, "play-%Y.jsonl"), "--rotate-size", "4K", "--bodies", "none", files=False)
        client = proxy.client()
        for _ in range(40):
            ask(client)
        client.close()
        proxy.interrupt()
        texts = [read(os.path.join(directory, name)) for name in os.listdir(directory)]
        self.assertGreater(len(texts), 5)
        self.assertEqual(sum(len(exchanges(text)) for text in texts), 40)
        for text in texts:
            self.assertEqual(json.loads(text.splitlines()[0])["type"], "header")
            self.assertLessEqual(len(text), 4096)

    def test_a_full_disk_is_told_and_counted_and_traffic_goes_on(self):
        proxy = self.proxy("--log", "/dev/full", "--save", "/dev/full", "--keylog", "/dev/full", files=False)
        proxy.says("cannot write the log /dev/full: No space left on device")
        proxy.says("cannot write the capture /dev/full: No space left on device")
        client = proxy.client()
        for _ in range(20):
            self.assertEqual(ask(client), 412)
        client.close()
        self.assertEqual(proxy.interrupt(), 1)
        self.assertRegex(proxy.err, r"[0-9]+ records could not be written to the log")
        self.assertRegex(proxy.err, r"[0-9]+ packets could not be written to the capture")
        self.assertRegex(proxy.err, "20 multiplayer session calls")

    def test_nobody_who_reads_the_screen_makes_traffic_wait(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        with open(scope.scratch("err"), "wb") as err:
            port = free_port()
            process = subprocess.Popen([scope.PROGRAM, "proxy", "--mode", f"reverse:https://localhost:{self.port}", "--listen",
                                        f"127.0.0.1:{port}", "--ca-dir", scope.scratch("ca"), "--upstream-ca", ca(),
                                        "--format", "pretty"], stdout=writer, stderr=err)
        os.close(writer)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for(lambda: real.accepting(port), "the proxy")
        context = ssl._create_unverified_context()  # it is not what this is about
        client = http.client.HTTPSConnection("localhost", port, context=context, timeout=scope.PATIENCE)
        for _ in range(800):  # lines of more than a pipe holds
            self.assertEqual(ask(client), 412)
        client.close()

    def test_the_log_on_standard_output_and_exit_codes(self):
        for stop, level, code in ((signal.SIGINT, "error", 0), (signal.SIGTERM, "warning", 3)):
            proxy = self.proxy("--log", "-", "--fail-on", level, files=False)
            proxy.curl(path=sample.TITLE.session("want-201"))  # a 201 to a GET: a warning
            proxy.process.send_signal(stop)
            self.assertEqual(proxy.process.wait(scope.PATIENCE), code, proxy.err)
            self.assertEqual([(violation["rule"], violation["severity"]) for violation in exchanges(proxy.out)[0]["violations"]],
                             [("status-method-mismatch", "warning")])

    def test_nobody_who_reads_messages_makes_traffic_wait(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.write(writer, b"x" * 65536)  # the pipe is full
        port = free_port()
        process = subprocess.Popen([scope.PROGRAM, "proxy", "--mode", f"reverse:https://localhost:{self.port}", "--listen",
                                    f"127.0.0.1:{port}", "--ca-dir", scope.scratch("ca"), "--upstream-ca", ca()],
                                   stdout=subprocess.DEVNULL, stderr=writer)
        os.close(writer)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for(lambda: real.accepting(port), "the proxy")
        client = http.client.HTTPSConnection("localhost", port, context=ssl._create_unverified_context(), timeout=scope.PATIENCE)
        self.assertEqual(ask(client), 412)
        client.close()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(scope.PATIENCE), 0)

    def test_a_second_start_leaves_the_first_ones_files_alone(self):
        proxy = self.proxy()
        client = proxy.client()  # stays: what is recorded of a connection's end comes later
        self.addCleanup(client.close)
        ask(client)
        proxy.logs(1)
        before = [read(proxy.path(name)) for name in ("log.jsonl", "play.pcapng", "keys.log")]
        arguments = list(map(str, proxy.process.args[1:]))
        again = scope.run(*arguments)  # any free port
        self.assertEqual(again.code, 1)
        self.assertIn("another mpsdscope writes it", again.err)
        arguments[arguments.index("127.0.0.1:0")] = f"127.0.0.1:{proxy.port}"
        arguments[arguments.index("--save") + 1] = old = scope.file(b"a capture of yesterday", "old.pcapng")
        self.assertEqual(scope.run(*arguments).code, 1)
        self.assertEqual(read(old), b"a capture of yesterday")
        self.assertEqual([read(proxy.path(name)) for name in ("log.jsonl", "play.pcapng", "keys.log")], before)
        self.assertEqual(proxy.interrupt(), 0, proxy.err)

    def test_one_file_for_two_purposes_is_refused(self):
        path = scope.scratch("both")
        done = scope.run("proxy", "--listen", "127.0.0.1:0", "--ca-dir", scope.scratch("ca"), "--log", path, "--save", path)
        self.assertEqual(done.code, 1)
        self.assertIn("another option names it too", done.err)

    def test_what_the_proxy_reads_is_never_written_over(self):
        directory = scope.scratch("ca")
        self.assertEqual(scope.run("ca", "--ca-dir", directory, "make").code, 0)
        reads = [os.path.join(directory, name) for name in os.listdir(directory)] + [ca()]
        before = [read(path) for path in reads]
        for option in ("--log", "--save", "--keylog"):
            for path in reads:
                done = scope.run("proxy", "--listen", "127.0.0.1:0", "--ca-dir", directory, "--upstream-ca", ca(), option, path)
                self.assertEqual(done.code, 1)
                self.assertIn(f"{option} {path} would be written over", done.err)
        self.assertEqual([read(path) for path in reads], before)

    def test_sighup_while_the_log_is_a_pipe(self):
        pipe = scope.scratch("pipe")
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        proxy, got = self.proxy("--log", pipe, files=False), b""

        def logged(count):
            nonlocal got
            try:
                got += os.read(reader, 65536)
            except BlockingIOError:
                pass
            return got.count(b'"type":"exchange"') >= count
        for count in (1, 2):
            proxy.curl()
            wait_for(lambda: logged(count), f"{count} exchanges")
            proxy.process.send_signal(signal.SIGHUP)
            # The new file begins with its header.
            wait_for(lambda: logged(0) and got.count(b'"type":"header"') > count, "a header")
        self.assertEqual(proxy.interrupt(), 0, proxy.err)
        logged(0)
        self.assertEqual([json.loads(line)["type"] for line in got.splitlines()],
                         ["header", "exchange", "header", "exchange", "header", "rates", "summary"])

    def test_standard_output_that_is_closed_is_nobodys(self):
        """Else the first file or socket would get its number, and the log."""
        closed = ["sh", "-c", 'exec "$0" "$@" >&-', scope.PROGRAM, "proxy", "--mode", f"reverse:https://localhost:{self.port}",
                  "--ca-dir", scope.scratch("ca"), "--upstream-ca", ca()]
        with Process(*closed, "--listen", "127.0.0.1:0", "--log", "-") as proxy:
            self.assertEqual(proxy.process.wait(scope.PATIENCE), 1)
            self.assertIn("standard output, which is closed", proxy.err)
        log = scope.scratch("log.jsonl")
        with Process(*closed, "--listen", "127.0.0.1:0", "--log", log) as proxy:
            proxy.says("Ctrl-C ends")
            port = int(re.search(r"listening on \S+:(\d+)", proxy.err)[1])
            client = http.client.HTTPSConnection("localhost", port, context=ssl._create_unverified_context(), timeout=scope.PATIENCE)
            for _ in range(5):
                self.assertEqual(ask(client), 412)
            client.close()
            self.assertEqual(proxy.interrupt(), 0, proxy.err)
            self.assertEqual(len(exchanges(read(log))), 5)

    def test_tokens_reach_no_log(self):
        secrets = ("zebra-token", "zebra-signature", "zebra-cookie", "zebra-query", "zebra-set")
        proxy = self.proxy("--format", "pretty", "--verbose", "--all")
        for version in ("--http1.1", "--http2"):
            proxy.curl(version, "-H", f"Authorization: XBL3.0 x={sample.USER.user_hash()};zebra-token", "-H", "Signature: zebra-signature", "-H",
                       "Cookie: session=zebra-cookie", path=[SESSION, "/cookie?access_token=zebra-query"])
        proxy.logs(4)
        self.assertEqual(proxy.interrupt(), 0, proxy.err)
        log = read(proxy.path("log.jsonl"))
        self.assertEqual([record["status"] for record in exchanges(log)], [412, 204] * 2)
        self.assertIn(b"want-412", proxy.out)
        for secret in secrets:
            self.assertNotIn(secret.encode(), log + proxy.out + proxy.err.encode())

    def test_personal_data_is_masked_in_every_output(self):
        proxy = self.proxy("--redact-personal", "--format", "pretty")
        proxy.curl("-H", f"Authorization: XBL3.0 x={sample.USER.user_hash()};token",
                   path=[self.large, f"/users/xuid({sample.USER.xuid})/x"])
        proxy.interrupt()
        everything = read(proxy.path("log.jsonl")) + proxy.out + proxy.err.encode()
        self.assertIn(b"user-", everything)
        self.assertNotIn(sample.USER.xuid.encode(), everything)
        self.assertNotIn(sample.USER.user_hash().encode(), everything)
        self.assertIn("does not reach into", proxy.err)


if __name__ == "__main__":
    real.isolate()
    scope.main()
