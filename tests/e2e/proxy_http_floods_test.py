"""Clients that flood the service with HTTP through the proxy: every byte arrives, memory stays bounded, others are served."""
import struct

import real
import scope
from proxy_peers import Origin, Proxy, ask, connect_through, status, wait_for
from proxy_service import TlsOrigin, ca, client_context, server_context

MEMORY = 16 << 20  # more than this much growth is no bound
HEADERS, RST_STREAM, SETTINGS, CONTINUATION = 1, 3, 4, 9
END_STREAM, END_HEADERS = 1, 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
GET = b"\x82\x87\x84\x01\x09localhost"  # RFC 7541: GET, https, /, and the authority, which is not added to the table


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def field(name, value):
    """Literal, added to the dynamic table (RFC 7541 section 6.2.1); the value longer than 126 bytes."""
    rest, length = len(value) - 127, b"\x7f"
    while rest > 127:
        length, rest = length + bytes([rest % 128 + 128]), rest // 128
    return b"\x40" + bytes([len(name)]) + name + length + bytes([rest]) + value


def rapid_resets():
    for first in range(1, 100_000, 1000):
        yield b"".join(frame(HEADERS, END_STREAM | END_HEADERS, stream, GET) + frame(RST_STREAM, 0, stream, b"\0\0\0\x08")
                       for stream in range(first, first + 1000, 2))


def endless_headers():
    yield frame(HEADERS, END_STREAM, 1, GET)
    for _ in range(3000):
        yield frame(CONTINUATION, 0, 1, b"\x00\x01a\x7f\x00" + bytes(127)) * 60


def empty_continuations():
    yield frame(HEADERS, END_STREAM, 1, GET)
    for _ in range(200):
        yield frame(CONTINUATION, 0, 1) * 10_000


def expanding_headers():
    """Each of these expands to 60 MB."""
    yield frame(HEADERS, END_STREAM | END_HEADERS, 1, GET + field(b"a", b"x" * 4000))
    for stream in range(3, 103, 2):
        yield frame(HEADERS, END_STREAM | END_HEADERS, stream, GET + b"\xbe" * 15_000)


def endless_head():
    yield b"GET / HTTP/1.1\r\nHost: localhost\r\n"
    for number in range(300):
        yield b"".join(b"X-%d-%d: %s\r\n" % (number, i, b"y" * 90) for i in range(1000))


def endless_target():
    yield b"GET /"
    for _ in range(300):
        yield b"a" * 100_000


class Floods(scope.Case):
    def flood(self, pieces, alpn=()):
        def swallow(connection):
            while data := connection.recv(1 << 18):
                got.append(len(data))

        got, sent = [], 0
        with TlsOrigin(swallow, server_context(alpn)) as origin, Origin("other") as other, \
                Proxy("--upstream-ca", ca(), "--intercept", "localhost", "--mpsd-host", "localhost") as proxy:
            def serves():
                at = b"127.0.0.1:%d" % other.port
                self.assertEqual(status(ask(proxy.at, b"GET http://%b/ HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % (at, at))), 200)

            connection = connect_through(proxy, "localhost", origin.port)
            with client_context(proxy.ca, alpn).wrap_socket(connection, server_hostname="localhost") as tls:
                before = proxy.memory()
                for number, piece in enumerate(pieces):
                    tls.sendall(piece)
                    sent += len(piece)
                    if number % 100 == 99:
                        serves()
                wait_for(lambda: sum(got) == sent, "every byte arrives")
                self.assertLess(proxy.peak_memory() - before, MEMORY)
                serves()
            self.assertEqual(proxy.interrupt(), 0, proxy.err)

    def http2(self, pieces):
        def whole():
            yield PREFACE + frame(SETTINGS, 0, 0)
            yield from pieces
        self.flood(whole(), ("h2",))

    def test_rapid_resets(self):
        self.http2(rapid_resets())

    def test_continuations_without_end(self):
        self.http2(endless_headers())

    def test_continuations_of_nothing(self):
        self.http2(empty_continuations())

    def test_headers_that_expand(self):
        self.http2(expanding_headers())

    def test_a_head_without_end(self):
        self.flood(endless_head())

    def test_a_target_without_end(self):
        self.flood(endless_target())


if __name__ == "__main__":
    real.isolate()
    scope.main()
