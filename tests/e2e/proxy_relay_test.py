"""What real clients and servers say to each other passes the proxy unchanged, whichever way in, and is seen."""
import hashlib
import json
import os
import random
import socket
import ssl
import struct
import subprocess
import time

import real
import scope
from proxy_peers import Proxy, connect, connect_through, read_all, wait_for
from proxy_service import (TlsOrigin, ca, client_context, converse, identity, random_bytes,
                           read_exactly, server_context)
from server import Server

INTERCEPT = ("--intercept", "localhost", "--mpsd-host", "localhost")
BIG = 5_000_000


def trusting(*options, **settings):
    return Proxy("--upstream-ca", ca(), *INTERCEPT, "--all", *options, **settings)


def nginx(port, plain):
    return real.Nginx(f"""
        server {{ listen 127.0.0.1:{port} ssl http2; listen 127.0.0.1:{plain}; root $ROOT; client_max_body_size 0;
          ssl_certificate {identity()}; ssl_certificate_key {identity()};
          location /put {{ dav_methods PUT; client_body_temp_path $ROOT/temp; }}
          location /none {{ return 204; }} }}""", (port, plain))


def curl(proxy, *arguments, trusted=None, code=0):
    done = subprocess.run(["curl", "-sS", "--max-time", str(scope.PATIENCE), "--cacert", trusted or proxy.ca, "-x", proxy.url(),
                           *map(str, arguments)], capture_output=True,
                          env={key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")})
    if code is not None and done.returncode != code:
        raise AssertionError(f"curl {arguments}: {done.returncode}: {done.stderr.decode()}\n{proxy.err}")
    return done.stdout


def exchanges(proxy):
    """The exchanges of its log once it has ended."""
    proxy.interrupt()
    run = scope.Run(0, real.read(proxy.log), proxy.err)
    return run.exchanges


class Clients(scope.Case):
    def setUp(self):
        self.port, self.plain = real.free_port(), real.free_port()
        self.nginx = self.enterContext(nginx(self.port, self.plain))
        self.at = f"https://localhost:{self.port}"
        self.big = random.Random(1).randbytes(BIG)
        with open(f"{self.nginx.root}/big", "wb") as file:
            file.write(self.big)
        os.makedirs(f"{self.nginx.root}/put", mode=0o777)
        os.chmod(f"{self.nginx.root}/put", 0o777)

    def test_curl_with_every_version(self):
        with trusting() as proxy:
            for options, version in ((("--http1.1",), b"1.1"), (("--http2",), b"2"), (("--http1.0",), b"1.1"),
                                     (("--no-alpn",), b"1.1"), (("--http2", "--tls-max", "1.2"), b"2")):
                out = curl(proxy, *options, "-o", scope.scratch("got"), "-w", "%{http_version} %{http_code} ", f"{self.at}/none")
                self.assertEqual(out.replace(b"1.0 ", b"1.1 "), version + b" 204 ")
            self.assertEqual([exchange["status"] for exchange in exchanges(proxy)], [204] * 5)

    def test_downloads_and_uploads_are_what_was_sent(self):
        with trusting() as proxy:
            for version in ("--http1.1", "--http2"):
                self.assertEqual(curl(proxy, version, f"{self.at}/big"), self.big)
                for more in ((), ("-H", "Transfer-Encoding: chunked"), ("-H", "Expect: 100-continue")):
                    name = f"put/{len(os.listdir(self.nginx.root + '/put'))}"
                    if version == "--http2" and "Transfer" in str(more):
                        continue
                    status = curl(proxy, version, *more, "-T", f"{self.nginx.root}/big", "-o", scope.scratch("got"), "-w",
                                  "%{http_code}", f"{self.at}/{name}")
                    self.assertEqual(status, b"201")
                    self.assertEqual(real.read(f"{self.nginx.root}/{name}"), self.big)

    def test_plain_http_is_forwarded_and_tapped(self):
        with trusting() as proxy:
            self.assertEqual(curl(proxy, f"http://localhost:{self.plain}/big"), self.big)
            self.assertEqual(curl(proxy, "--proxytunnel", f"http://localhost:{self.plain}/big"), self.big)
            self.assertEqual([exchange["status"] for exchange in exchanges(proxy)], [200, 200])

    def test_plain_http_of_several_hosts_is_saved_as_it_was_judged(self):
        saved = scope.scratch("plain.pcapng")
        with trusting("--save", saved) as proxy:
            paths = ("/none", "/big", "/missing")
            curl(proxy, "--remote-name-all", "--output-dir", scope.scratch("got"), "--create-dirs", *(f"http://{host}:{self.plain}{path}" for path in paths for host in ("localhost", "127.0.0.1")))
            live = exchanges(proxy)
        self.assertEqual([exchange["status"] for exchange in live], [204, 204, 200, 200, 404, 404])
        self.assertEqual({exchange["conn"] for exchange in live}, {1})
        without_number = [[{key: value for key, value in exchange.items() if key not in ("conn", "stream")} for exchange in found]
                          for found in (live, scope.replay(saved, options=("--all", "--mpsd-host", "localhost")).exchanges)]
        self.assertEqual(*without_number)

    def test_a_large_plain_download_bounds_memory(self):
        with open(f"{self.nginx.root}/huge", "wb") as file:
            file.truncate(150_000_000)
        with trusting() as proxy:
            url = f"http://localhost:{self.plain}"
            curl(proxy, "-o", "/dev/null", f"{url}/big")
            before = proxy.memory()
            curl(proxy, "-o", "/dev/null", f"{url}/huge")
            self.assertLess(proxy.memory() - before, 16_000_000)
            self.assertEqual([exchange["response_bytes"] for exchange in exchanges(proxy)], [BIG, 150_000_000])

    def test_nghttp_and_h2load(self):
        with trusting("--mode", f"reverse:https://localhost:{self.port}") as proxy:
            at = proxy.url("https", address="localhost")
            environment = {**os.environ, "SSL_CERT_FILE": proxy.ca}
            out = subprocess.run(["nghttp", "-n", "-v", f"{at}/big", f"{at}/none"], capture_output=True, text=True, check=True,
                                 timeout=scope.PATIENCE, env=environment).stdout
            self.assertIn(":status: 200", out)
            self.assertIn(":status: 204", out)
            out = subprocess.run(["h2load", "-n", "2000", "-c", "20", "-m", "10", f"{at}/none"], capture_output=True, text=True,
                                 check=True, timeout=scope.PATIENCE, env=environment).stdout
            self.assertIn("2000 succeeded, 0 failed", out)
            self.assertEqual(len(exchanges(proxy)), 2002)

    def test_sessions_are_resumed(self):
        with trusting("--mode", f"reverse:https://localhost:{self.port}") as proxy:
            at, session = f"localhost:{proxy.at[1]}", scope.scratch("session")
            command = ["openssl", "s_client", "-connect", at, "-servername", "localhost", "-CAfile", proxy.ca]
            request = b"GET /none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            for version in ("-tls1_2", "-tls1_3"):
                for option, expected in (("-sess_out", b"New, "), ("-sess_in", b"Reused, ")):
                    out = subprocess.run([*command, version, "-ign_eof", option, session], input=request, capture_output=True,
                                         timeout=scope.PATIENCE).stdout
                    self.assertIn(expected, out)
                    self.assertIn(b"HTTP/1.1 204", out)

    def test_through_another_proxy(self):
        with trusting("--proxy-auth", "player:zebra", "--allow-dest", "127.0.0.0/8") as outer:
            with Proxy("--upstream-ca", outer.ca, *INTERCEPT, "--upstream-proxy",
                       outer.url(credentials="player:zebra@")) as inner:
                self.assertEqual(curl(inner, f"{self.at}/big"), self.big)
                self.assertEqual(curl(inner, f"http://localhost:{self.plain}/big"), self.big)
            with Proxy(*INTERCEPT, "--upstream-proxy", outer.url(credentials="player:wrong@")) as inner:
                curl(inner, f"{self.at}/big", code=56)
                inner.says("does not connect: it answered 407")
                status = curl(inner, "-o", scope.scratch("got"), "-w", "%{http_code}", f"http://localhost:{self.plain}/big")
                self.assertEqual(status, b"502")
                inner.says("the upstream proxy answered 407")


    def test_reverse_is_localhost_and_its_address_for_those_who_ask_for_it(self):
        with trusting("--mode", f"reverse:https://localhost:{self.port}", listen=("127.0.0.2:0",)) as proxy:
            command = ["curl", "-sS", "--noproxy", "*", "--cacert", proxy.ca, "-o", scope.scratch("got"), "-w", "%{http_code}"]
            at = f"127.0.0.2:{proxy.at[1]}"
            for host, more, code in (("localhost", ("--connect-to", f"::{at}"), 0), ("127.0.0.2", (), 0),
                                     ("other.example", ("--connect-to", f"::{at}"), 60)):
                done = subprocess.run([*command, *more, f"https://{host}:{proxy.at[1]}/none"], capture_output=True, timeout=scope.PATIENCE)
                self.assertEqual(done.returncode, code, (host, done.stderr))
            page = subprocess.run(["curl", "-sS", "--noproxy", "*", f"http://{at}/"], capture_output=True, timeout=scope.PATIENCE).stdout
            self.assertIn(b"Decrypted: <code>localhost</code>", page)

    def test_other_proxies_are_asked_for_plain_http_without_connect(self):
        def serve(connection):
            asked.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

        asked = []
        with Server(serve) as other, Proxy("--upstream-proxy", f"http://player:zebra@127.0.0.1:{other.port}") as proxy:
            self.assertEqual(curl(proxy, "http://service.example/x?y"), b"ok")
            self.assertTrue(asked[0].startswith(b"GET http://service.example/x?y HTTP/1.1\r\nHost: service.example\r\n"))
            self.assertIn(b"\r\nProxy-Authorization: Basic cGxheWVyOnplYnJh\r\n", asked[0])


    def test_a_plain_request_begins_with_its_first_byte(self):
        def serve(connection):
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        capture = scope.scratch("play.pcapng")
        with Server(serve) as origin, Proxy(*INTERCEPT, "--save", capture) as proxy, connect(proxy.at) as client:
            head = "GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\n\r\n".format(f"localhost:{origin.port}").encode()
            client.sendall(head[:20])
            time.sleep(0.5)  # the client is slow
            client.sendall(head[20:])
            self.assertEqual(client.recv(65536)[:13], b"HTTP/1.1 204 ")
            proxy.interrupt()
        live = [json.loads(line) for line in real.read(proxy.log).splitlines()]
        took = [record["elapsed_ms"] for record in live if record["type"] == "exchange"]
        self.assertGreaterEqual(took[0], 400)
        self.assertEqual(took, [record["elapsed_ms"] for record in scope.replay(capture, options=INTERCEPT[2:]).exchanges])


class Bytes(scope.Case):
    """Both sides send random bytes in random pieces at once; each gets exactly what the other sent."""

    def compare(self, proxy_options, intercepted, version=None, tls=True, host="localhost"):
        for seed in range(6):
            up, down = random_bytes(seed, 3_000_000), random_bytes(seed + 100, 3_000_000)

            def serve(connection):
                self.heard = converse(connection, down, len(up), random.Random(seed))

            with Server(serve, server_context(version=version) if tls else None) as origin:
                options = [part.replace("PORT", str(origin.port)) for part in proxy_options]
                with trusting(*options) as proxy:
                    if "--mode" in options and "reverse" in options[1]:
                        connection = socket.create_connection(proxy.at, timeout=scope.PATIENCE)
                    else:
                        connection = connect_through(proxy, host, origin.port)
                    if tls:
                        trusted = proxy.ca if intercepted else ca()
                        connection = client_context(trusted, version=version).wrap_socket(connection, server_hostname=host)
                    with connection:
                        got = converse(connection, up, len(down), random.Random(seed + 7))
                        origin.finish()
                    self.assertEqual(hashlib.sha256(got).digest(), hashlib.sha256(down).digest())
                    self.assertEqual(hashlib.sha256(self.heard).digest(), hashlib.sha256(up).digest())

    def test_decrypted(self):
        self.compare((), True)

    def test_decrypted_with_tls_1_2(self):
        self.compare((), True, version=ssl.TLSVersion.TLSv1_2)

    def test_reverse(self):
        self.compare(("--mode", "reverse:https://localhost:PORT"), True)

    def test_reverse_without_tls(self):
        self.compare(("--mode", "reverse:http://localhost:PORT"), False, tls=False)

    def test_tunnelled(self):
        self.compare((), False, host="127.0.0.1")


class Ends(scope.Case):
    def test_a_half_closed_connection_still_answers(self):
        def serve(connection):
            asked = read_all(connection)  # until the client's close_notify or FIN
            connection.sendall(b"you said " + asked)

        for host in ("localhost", "127.0.0.1"):  # tapped as plain HTTP, tunnelled
            with Server(serve) as origin, trusting() as proxy:
                with connect_through(proxy, host, origin.port) as connection:
                    connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                    connection.shutdown(socket.SHUT_WR)
                    self.assertEqual(read_all(connection), b"you said GET / HTTP/1.0\r\n\r\n")

    def test_close_notify_is_passed_on_and_truncation_is_too(self):
        for polite in (True, False):
            def serve(connection):
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\npart")
                if polite:
                    connection.unwrap()
                connection.shutdown(socket.SHUT_RDWR)

            with TlsOrigin(serve) as origin, trusting() as proxy:
                context = client_context(proxy.ca)
                context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # which some versions of Python set
                with context.wrap_socket(connect_through(proxy, "localhost", origin.port), server_hostname="localhost",
                                         suppress_ragged_eofs=False) as connection:
                    data = connection.recv(1000)
                    while not data.endswith(b"part"):
                        data += connection.recv(1000)
                    if polite:
                        self.assertEqual(connection.recv(1000), b"")
                    else:
                        with self.assertRaisesRegex(ssl.SSLError, "UNEXPECTED_EOF"):
                            connection.recv(1000)

    def test_a_reset_is_passed_on(self):
        def serve(connection):
            connection.recv(10)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        with Server(serve) as origin, trusting() as proxy:
            with connect_through(proxy, "127.0.0.1", origin.port) as connection:
                connection.sendall(b"hello")
                with self.assertRaises(ConnectionResetError):
                    connection.recv(10)

    def test_a_slow_reader_bounds_memory(self):
        sent = 0

        def serve(connection):
            nonlocal sent
            connection.settimeout(2)
            try:
                while sent < 200_000_000:
                    sent += connection.send(b"x" * 65536)
            except TimeoutError:
                pass

        with TlsOrigin(serve) as origin, trusting() as proxy:
            connection = connect_through(proxy, "localhost", origin.port)
            with client_context(proxy.ca).wrap_socket(connection, server_hostname="localhost") as tls:
                tls.sendall(b"GET / HTTP/1.1\r\n\r\n")
                before = proxy.memory()
                origin.threads[0].join(scope.PATIENCE)
                self.assertLess(sent, 50_000_000)  # the kernel's buffers
                self.assertLess(proxy.memory() - before, 16_000_000)

    def test_a_long_upload_bounds_memory(self):
        size, piece = 200 << 20, b"x" * (1 << 20)
        head = b"POST /big HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size

        def serve(connection):
            left = size + len(head)
            while left > 0:
                got = connection.recv(1 << 18)
                if not got:
                    raise AssertionError(f"{left} bytes are missing")
                left -= len(got)
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        with TlsOrigin(serve) as origin, trusting() as proxy:
            before = proxy.memory()
            connection = connect_through(proxy, "localhost", origin.port)
            with client_context(proxy.ca).wrap_socket(connection, server_hostname="localhost") as tls:
                tls.sendall(head)
                for _ in range(size // len(piece)):
                    tls.sendall(piece)
                self.assertIn(b" 204 ", tls.recv(1000))
            origin.finish()
            self.assertLess(proxy.peak_memory() - before, 32_000_000)


class Websockets(scope.Case):
    def test_frames_pass_both_ways(self):
        frames = [bytes([0x82, 126]) + struct.pack(">H", len(body)) + body
                  for body in (random.Random(seed).randbytes(300 + seed) for seed in range(100))]

        def serve(connection):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += connection.recv(1)
            connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            for frame in frames:
                connection.sendall(read_exactly(connection, len(frame)))

        with TlsOrigin(serve) as origin, trusting() as proxy:
            connection = connect_through(proxy, "localhost", origin.port)
            with client_context(proxy.ca).wrap_socket(connection, server_hostname="localhost") as tls:
                tls.sendall(b"GET /connect HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += tls.recv(1)
                self.assertIn(b" 101 ", head)
                for frame in frames:
                    tls.sendall(frame)
                    self.assertEqual(read_exactly(tls, len(frame)), frame)
            origin.finish()
            wait_for(lambda: b'"status":101' in real.read(proxy.log), "the exchange in the log")


if __name__ == "__main__":
    real.isolate()
    scope.main()
