"""The service behind the proxy: certificates of a CA that only the proxy trusts, and TLS origins that do what a test says."""
import functools
import random
import re
import select
import socket
import ssl
import subprocess
import threading

import scope

NAMES = "DNS:localhost,DNS:*.xboxlive.com,IP:127.0.0.1,IP:::1"


def openssl(*arguments, stdin=None):
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, timeout=scope.PATIENCE)
    if done.returncode != 0:
        raise AssertionError(f"openssl {arguments}: {done.stderr.decode(errors='replace')}")
    return done.stdout


@functools.lru_cache(maxsize=None)
def ca():
    """(certificate file, key file) of the service's CA."""
    cert, key = scope.scratch("service-ca.pem"), scope.scratch("service-ca.key")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
            "/CN=Service CA of a test", "-keyout", key, "-out", cert)
    return cert, key


@functools.lru_cache(maxsize=None)
def identity(names=NAMES):
    """(certificate file, key file) of a server of the service."""
    cert, key, request = scope.scratch("service.pem"), scope.scratch("service.key"), scope.scratch("service.csr")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=service", "-keyout", key,
            "-out", request)
    extensions = scope.file(f"subjectAltName={names}\n", "extensions")
    openssl("x509", "-req", "-in", request, "-CA", ca()[0], "-CAkey", ca()[1], "-CAcreateserial", "-days", "2", "-out", cert,
            "-extfile", extensions)
    return cert, key


def server_context(alpn=(), version=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*identity())
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if version:
        context.maximum_version = version
    return context


def client_context(trusted, alpn=(), version=None):
    context = ssl.create_default_context(cafile=trusted)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if version:
        context.minimum_version = context.maximum_version = version
    return context


class TlsOrigin:
    """Accepts connections and gives each to `serve(connection)` in a thread of its own; errors of theirs are kept."""

    def __init__(self, serve, context=None, address="127.0.0.1", tls=True):
        self.serve, self.context, self.errors = serve, (context or server_context()) if tls else None, []
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.create_server((address, 0), family=family, backlog=512)
        self.port = self.listener.getsockname()[1]
        self.threads = []
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._run, args=(connection,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _run(self, connection):
        try:
            connection.settimeout(scope.PATIENCE)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection:
                self.serve(connection)
        except Exception as error:  # told by the test, in its own thread
            self.errors.append(error)

    def finish(self):
        """All connections have been served without an error."""
        for thread in self.threads:
            thread.join(scope.PATIENCE)
        if self.errors:
            raise AssertionError(f"the origin failed: {self.errors}")


def connect_through(proxy, host, port):
    """A TCP connection to host:port by CONNECT."""
    connection = socket.create_connection(proxy.at, timeout=scope.PATIENCE)
    connection.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        piece = connection.recv(1)
        if not piece:
            raise AssertionError(f"CONNECT: {answer}")
        answer += piece
    if not answer.startswith(b"HTTP/1.1 200"):
        raise AssertionError(f"CONNECT: {answer}")
    return connection


def ca_of(proxy):
    """The certificate that clients of the proxy trust."""
    return re.search(r"devices must trust the CA (\S+);", proxy.err)[1]


def converse(connection, data, count, chance):
    """Sends `data` in pieces of random sizes, small and large ones, and meanwhile reads `count` bytes, which it returns.

    In one thread: Python's TLS connections stand no other.
    """
    connection.setblocking(False)
    got, at, size = bytearray(), 0, 0
    while len(got) < count or at < len(data):
        moved = False
        try:
            if len(got) < count:
                piece = connection.recv(min(65536, count - len(got)))
                if not piece:
                    raise AssertionError(f"ended after {len(got)} of {count} bytes")
                got += piece
                moved = True
        except (ssl.SSLWantReadError, BlockingIOError):
            pass
        try:
            if at < len(data):
                size = size or chance.choice((1, 2, 100, 1400, 16384, 16385, 70000, 300000))
                at += connection.send(data[at:at + size])
                size, moved = 0, True
        except (ssl.SSLWantWriteError, BlockingIOError):
            pass
        if not moved and not any(select.select([connection], [connection] if at < len(data) else [], [], scope.PATIENCE)):
            raise AssertionError(f"nothing moves: got {len(got)} of {count}, sent {at} of {len(data)}")
    connection.settimeout(scope.PATIENCE)
    return bytes(got)


def read_exactly(connection, count):
    data = bytearray()
    while len(data) < count:
        piece = connection.recv(min(65536, count - len(data)))
        if not piece:
            raise AssertionError(f"ended after {len(data)} of {count} bytes")
        data += piece
    return bytes(data)


def random_bytes(seed, most):
    chance = random.Random(seed)
    return chance.randbytes(chance.randrange(most))
