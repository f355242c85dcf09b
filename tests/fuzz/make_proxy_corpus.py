#!/usr/bin/env python3
"""Writes the seed corpora of proxy_request_fuzz, socks_fuzz and client_hello_fuzz. Deterministic but for the hellos'
random values."""
import ssl

from seed import event, write

CLIENT, UPSTREAM, CLIENT_ENDS, UPSTREAM_ENDS, FAIL, SUCCEED = 0, 2, 4, 5, 6, 7


def client(data):
    return event(CLIENT, data)


def upstream(data):
    return event(UPSTREAM, data)


GET = b"GET http://a/x?y HTTP/1.1\r\nHost: a\r\n\r\n"
OTHER = b"GET http://b:81/ HTTP/1.1\r\nHost: b:81\r\nProxy-Connection: keep-alive\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n3;e=\"1 2\"\r\nabc\r\n0A\r\n0123456789\r\n0\r\nT: 1\r\n\r\n"
SECRET = b"GET http://a/ HTTP/1.1\r\nHost: a\r\nProxy-Authorization: Basic dXNlcjp6cTk=\r\n\r\n"

OPEN = {
    "simple": client(GET) + upstream(OK),
    "hosts": client(GET) + upstream(OK) + client(OTHER) + upstream(OK) + client(GET),
    "pipelined": client(GET * 2 + OTHER) + upstream(OK) + upstream(OK) + upstream(OK) + event(CLIENT_ENDS),
    "chunked": client(b"POST http://a HTTP/1.1\r\nHost: a\r\n" + CHUNKED) + upstream(b"HTTP/1.1 200 \r\n" + CHUNKED),
    "until_close": client(GET) + upstream(b"HTTP/1.0 200 OK\r\n\r\nall") + event(UPSTREAM_ENDS),
    "interim": client(b"PUT http://a/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    + upstream(b"HTTP/1.1 100 Continue\r\n\r\n") + client(b"ab") + upstream(OK),
    "upgrade": client(b"GET http://a/ HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
    + upstream(b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\n\x81\x01x") + client(b"\x81\x01y") + event(CLIENT_ENDS)
    + event(UPSTREAM_ENDS),
    "page": client(b"GET / HTTP/1.1\r\n\r\nHEAD http://mpsdscope/a HTTP/1.0\r\n\r\n"),
    "fails": event(FAIL, length=4) + client(GET) + event(SUCCEED) + client(GET),
    "head": client(b"HEAD http://a/ HTTP/1.1\r\nHost: a\r\n\r\n") + upstream(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
    "both_lengths": client(b"POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n" + CHUNKED),
    "bad_chunk": client(b"POST http://a/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n" + GET),
    "obs_fold": client(b"GET http://a/ HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n" + GET),
    "reset": client(GET) + upstream(OK[:-1]) + event(UPSTREAM_ENDS, length=1),
    "connect": b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: a\r\n\r\n\x16\x03\x01",
}
for name, data in OPEN.items():
    write("proxy_request", name, b"\0" + data)
write("proxy_request", "password", b"\1" + client(SECRET) + upstream(OK) + client(GET))
write("proxy_request", "next_proxy", b"\2" + client(GET) + upstream(OK) + client(OTHER) + upstream(OK))
write("proxy_request", "next_proxy_password", b"\3" + client(SECRET) + upstream(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"))
write("proxy_request", "connect_password",
      b"\1CONNECT a:443 HTTP/1.1\r\nProxy-Authorization: Basic dXNlcjp6cTk=\r\n\r\n")

METHODS = b"\5\1\0"
SOCKS = {
    "name": METHODS + b"\5\1\0\3\5title\1\xbbrest",
    "v4": METHODS + b"\5\1\0\1\xc0\0\2\1\0\x50",
    "v6": METHODS + b"\5\1\0\4" + bytes(10) + b"\xff\xff\x7f\0\0\1\0\x50",
    "bind": METHODS + b"\5\2\0\1\xc0\0\2\1\0\x50",
    "socks4": b"\4\1\0\x50\x7f\0\0\1\0",
    "http": b"GET / HTTP/1.1\r\n\r\n",
    "no_method": b"\5\1\1",
}
for name, data in SOCKS.items():
    write("socks", name, b"\0" + data)
write("socks", "password", b"\1\5\2\0\2\1\4user\3zq9\5\1\0\3\1a\1\xbb")
write("socks", "wrong_password", b"\1\5\2\0\2\1\4user\3zq8\5\1\0\3\1a\1\xbb")


def hello(name, alpn, least, most):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version, context.maximum_version = least, most
    if alpn:
        context.set_alpn_protocols(alpn)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client_side = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        client_side.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()[5:]  # without the header of its one record


TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
BOTH = hello("title.xboxlive.com", ["h2", "http/1.1"], TLS12, TLS13)
write("client_hello", "both", BOTH)
write("client_hello", "tls12", hello("a.xboxlive.com", ["http/1.1"], TLS12, TLS12))
write("client_hello", "no_name", hello(None, [], TLS13, TLS13))
write("client_hello", "two", BOTH + BOTH)
write("client_hello", "cut", BOTH[:100])
write("client_hello", "long", b"\1\xff\xff\xff" + BOTH)
write("client_hello", "others", b"\x0b\0\0\3abc\x0e\0\0\0" + BOTH)
