"""What goes wrong is answered in words, reported with what to do, and harms nobody else; how the proxy ends."""
import contextlib
import signal
import socket
import ssl
import threading
import time

import real
import scope
from proxy_peers import Proxy, connect, connect_status, connect_through, read_all, wait_for
from proxy_service import TlsOrigin, ca, client_context, read_exactly
from server import Server

INTERCEPT = ("--intercept", "localhost", "--mpsd-host", "localhost")
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
PAUSE = 1.5  # seconds: longer than a connection is quiet between two requests
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answering(connection):
    """Answers each request of one read."""
    while connection.recv(65536):
        connection.sendall(RESPONSE)


def tls_through(proxy, port, trusted, alpn=(), host="localhost"):
    return client_context(trusted, alpn).wrap_socket(connect_through(proxy, host, port), server_hostname=host)


def in_time(establish):
    """The connection that it establishes, however often a slow machine needs more than the handshake time."""
    made = []

    def attempt():
        with contextlib.suppress(OSError):
            made.append(establish())
        return made
    wait_for(attempt, "a handshake in time")
    return made[0]


class Failures(scope.Case):
    def test_an_untrusted_service_is_refused(self):
        with TlsOrigin(answering) as origin, Proxy(*INTERCEPT) as proxy:  # without --upstream-ca
            for alpn in ((), ("h2", "http/1.1"), ("h2",)):
                with self.assertRaisesRegex(ssl.SSLError, "(?i)access.denied"):
                    tls_through(proxy, origin.port, proxy.ca, alpn)
            proxy.says("--upstream-ca")

    def test_a_client_that_does_not_trust_us_is_tunnelled_afterwards(self):
        with TlsOrigin(answering) as origin, Proxy(*INTERCEPT, "--upstream-ca", ca()) as proxy:
            with self.assertRaises(ssl.SSLCertVerificationError):
                tls_through(proxy, origin.port, ca())
            proxy.says("refused our certificate")
            proxy.says("http://mpsdscope/")
            with tls_through(proxy, origin.port, ca()) as tls:  # the service's own certificate
                tls.sendall(REQUEST)
                self.assertEqual(read_exactly(tls, len(RESPONSE)), RESPONSE)
            with connect(proxy.at) as page:  # the device installs the CA: decryption is tried again
                page.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                self.assertIn(b"200 OK", read_all(page))
            with tls_through(proxy, origin.port, proxy.ca) as tls:
                tls.sendall(REQUEST)
                self.assertEqual(read_exactly(tls, len(RESPONSE)), RESPONSE)

    def test_who_cannot_be_reached(self):
        with Proxy() as proxy:
            self.assertEqual(connect_status(proxy.at, f"localhost:{real.free_port()}"), 502)
            proxy.says("Connection refused")
            self.assertEqual(connect_status(proxy.at, "no-such-host.invalid:443"), 502)
            proxy.says("no such host: no-such-host.invalid")

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            done = scope.run("proxy", "--listen", f"127.0.0.1:{port}", "--ca-dir", scope.scratch("ca"))
            self.assertEqual(done.code, 1)
            self.assertIn(f"cannot listen at 127.0.0.1:{port}: Address already in use", done.err)
            self.assertIn("--listen", done.err)

    def test_several_listeners_of_both_families(self):
        with Server(answering) as origin, Proxy(listen=("127.0.0.1:0", "[::1]:0", "127.0.0.2:0")) as proxy:
            self.assertEqual([address for address, _ in proxy.listening], ["127.0.0.1", "::1", "127.0.0.2"])
            for at in proxy.listening:
                self.assertEqual(connect_status(at, f"127.0.0.1:{origin.port}"), 200)

    def test_slow_greetings_and_handshakes_end(self):
        with TlsOrigin(answering) as origin, Proxy(*INTERCEPT, "--handshake-timeout", "1s", "--upstream-ca", ca()) as proxy:
            with in_time(lambda: tls_through(proxy, origin.port, proxy.ca)) as tls:
                slow = [connect(proxy.at) for _ in range(20)]
                for connection in slow[:10]:
                    connection.sendall(b"CONNECT local")
                for connection in slow[10:]:
                    connection.sendall(f"CONNECT localhost:{origin.port} HTTP/1.1\r\n\r\n".encode() + b"\x16\x03\x01")
                tls.sendall(REQUEST)  # others are served
                self.assertEqual(read_exactly(tls, len(RESPONSE)), RESPONSE)
                for connection in slow:
                    read_all(connection)
                    connection.close()
                tls.sendall(REQUEST)  # an established one stays
                self.assertEqual(read_exactly(tls, len(RESPONSE)), RESPONSE)


class Undecided(scope.Case):
    def test_what_might_become_a_request_is_passed_on_after_a_while(self):
        def serve(connection):
            connection.sendall(read_exactly(connection, 2))

        with Server(serve) as origin, Proxy(*INTERCEPT) as proxy:
            with connect_through(proxy, "localhost", origin.port) as connection:
                connection.sendall(b"GE")
                self.assertEqual(read_exactly(connection, 2), b"GE")
            origin.finish()


class Idle(scope.Case):
    def test_memory_of_idle_connections(self):
        count = 200
        with TlsOrigin(answering) as origin, Proxy(*INTERCEPT, "--upstream-ca", ca(), "--threads", "1") as proxy:
            context = client_context(proxy.ca)

            def open_one():
                connection = connect_through(proxy, "localhost", origin.port)
                tls = context.wrap_socket(connection, server_hostname="localhost")
                tls.sendall(REQUEST)
                read_exactly(tls, len(RESPONSE))
                return tls

            few = [open_one() for _ in range(50)]
            before = proxy.memory()
            many = [open_one() for _ in range(count)]
            self.assertLess((proxy.memory() - before) / count, 100 * 1024)
            for tls in few + many:
                tls.close()


class Ending(scope.Case):
    def test_what_was_asked_is_answered(self):
        def slow(connection):
            connection.recv(65536)
            asked.set()
            stopping.wait(scope.PATIENCE)
            connection.sendall(RESPONSE)

        asked, stopping = threading.Event(), threading.Event()
        with TlsOrigin(slow) as origin, Proxy(*INTERCEPT, "--upstream-ca", ca()) as proxy:
            with tls_through(proxy, origin.port, proxy.ca) as tls:
                tls.sendall(REQUEST)
                asked.wait(scope.PATIENCE)
                proxy.process.send_signal(signal.SIGTERM)
                wait_for(lambda: not real.accepting(proxy.at[1]), "the listener's end")
                stopping.set()
                self.assertEqual(read_exactly(tls, len(RESPONSE)), RESPONSE)
            self.assertEqual(proxy.process.wait(scope.PATIENCE), 0)
        self.assertIn(b'"status":200', real.read(proxy.log))

    def test_an_answer_that_pauses_is_not_cut(self):
        def pausing(connection):
            connection.recv(65536)
            connection.sendall(RESPONSE[:-1])
            begun.set()
            stopping.wait(scope.PATIENCE)
            time.sleep(PAUSE)
            connection.sendall(RESPONSE[-1:])
            read_all(connection)

        begun, stopping = threading.Event(), threading.Event()
        with TlsOrigin(pausing) as origin, Proxy(*INTERCEPT, "--upstream-ca", ca()) as proxy:
            with tls_through(proxy, origin.port, proxy.ca) as tls:
                tls.sendall(REQUEST)
                self.assertEqual(read_exactly(tls, len(RESPONSE) - 1), RESPONSE[:-1])
                proxy.process.send_signal(signal.SIGTERM)
                wait_for(lambda: not real.accepting(proxy.at[1]), "the listener's end")
                stopping.set()
                self.assertEqual(read_exactly(tls, 1), RESPONSE[-1:])
            self.assertEqual(proxy.process.wait(scope.PATIENCE), 0)
        self.assertIn(b'"status":200', real.read(proxy.log))
        self.assertNotIn(b"response-truncated", real.read(proxy.log))

    def test_connections_that_do_not_end_are_cut(self):
        def stuck(connection):
            connection.recv(65536)
            read_all(connection)

        with TlsOrigin(stuck) as origin, Proxy(*INTERCEPT, "--upstream-ca", ca()) as proxy:
            with tls_through(proxy, origin.port, proxy.ca) as tls:
                tls.sendall(REQUEST)
                wait_for(lambda: origin.threads, "the request")
                self.assertEqual(proxy.interrupt(), 0)
                self.assertEqual(read_all(tls), b"")


if __name__ == "__main__":
    real.isolate()
    scope.main()
