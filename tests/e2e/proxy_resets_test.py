"""Services that leave with a reset: what they said before is passed on, and no worker loops over their corpse."""
import socket
import ssl
import struct
import threading

import real
import scope
from proxy_peers import Proxy, ask, connect, connect_through, read_all, status
from proxy_service import ca, client_context, identity, server_context
from server import Server

INTERCEPT = ("--intercept", "localhost", "--mpsd-host", "localhost", "--threads", "1")
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno\n"
UPLOAD = 8 << 20  # more than all buffers on the way
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % UPLOAD


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def server(serve):
    """With little room for what it does not read."""
    identity()  # made now, not during the handshake
    return Server(serve, receive_buffer=4096)


def flight_then_reset(connection):
    """ServerHello to Finished of TLS 1.3, and gone before the client's Finished."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = server_context().wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(connection.recv(65536))
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    connection.sendall(outgoing.read())
    reset(connection)


def refuse_upload(connection):
    """As servers do that do not read what they refuse: close() with data unread is a reset."""
    connection.recv(2000)
    connection.sendall(TOO_LARGE)
    connection.close()


def upload(connection):
    """Sends as much as is taken; all that was answered."""
    def send():
        try:
            connection.sendall(POST + b"x" * UPLOAD)
        except OSError:
            pass

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    answer = read_all(connection)
    sender.join(scope.PATIENCE)
    return answer


class Resets(scope.Case):
    def assert_serving(self, proxy):
        """Its only worker is not stuck."""
        self.assertEqual(status(ask(proxy.at, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")), 200)

    def test_in_the_handshake(self):
        for trust in ((), ("--upstream-ca", ca())):
            with self.subTest(trust=trust), server(flight_then_reset) as service, Proxy(*INTERCEPT, *trust) as proxy:
                for _ in range(5):
                    with connect_through(proxy, "localhost", service.port) as connection:
                        hello = ssl.MemoryBIO()
                        tls = client_context(proxy.ca).wrap_bio(ssl.MemoryBIO(), hello, server_hostname="localhost")
                        self.assertRaises(ssl.SSLWantReadError, tls.do_handshake)
                        connection.sendall(hello.read())
                        connection.recv(65536)  # our flight, or an end: the service has gone by now
                        self.assert_serving(proxy)

    def test_an_early_answer_reaches_a_client_that_still_sends(self):
        with server(refuse_upload) as service, Proxy(*INTERCEPT) as proxy:
            for _ in range(5):
                with connect_through(proxy, "127.0.0.1", service.port) as connection:  # a tunnel
                    self.assertEqual(upload(connection), TOO_LARGE)
                with connect(proxy.at) as connection:
                    at = b"127.0.0.1:%d" % service.port
                    connection.sendall(b"POST http://%b/ HTTP/1.1\r\nHost: %b\r\nContent-Length: 9000000\r\n\r\n" % (at, at))
                    self.assertEqual(upload(connection), TOO_LARGE)
                self.assert_serving(proxy)

    def test_an_early_answer_over_tls(self):
        def refuse(connection):
            tls = server_context().wrap_socket(connection, server_side=True)
            tls.recv(2000)
            tls.sendall(TOO_LARGE)
            tls.close()

        with server(refuse) as service, Proxy(*INTERCEPT, "--upstream-ca", ca()) as proxy:
            for _ in range(5):
                tls = client_context(proxy.ca).wrap_socket(connect_through(proxy, "localhost", service.port), server_hostname="localhost")
                with tls:
                    tls.sendall(POST)
                    try:
                        for _ in range(128):
                            tls.sendall(b"x" * 65536)
                    except OSError:
                        pass
                    self.assertEqual(read_all(tls), TOO_LARGE)
                self.assert_serving(proxy)


if __name__ == "__main__":
    real.isolate()
    scope.main()
