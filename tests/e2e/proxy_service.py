"""The service behind the proxy: certificates of a CA that only the proxy trusts, and TLS origins that do what a test says."""
import functools
import random
import select
import ssl

import scope
from certificate_lab import Lab
from server import Server

NAMES = "DNS:localhost,DNS:*.xboxlive.com,IP:127.0.0.1,IP:::1"


@functools.lru_cache(maxsize=None)
def _lab():
    return Lab("Service")


def ca():
    """The certificate of the service's CA, a PEM file."""
    return _lab().ca


@functools.lru_cache(maxsize=None)
def identity():
    """Key and certificate of the service, in one PEM file."""
    return _lab().issue(NAMES)


def server_context(alpn=(), version=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity())
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


class TlsOrigin(Server):
    """The service, which does with a connection what `serve` does."""

    def __init__(self, serve, context=None, **settings):
        super().__init__(serve, context or server_context(), **settings)


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
