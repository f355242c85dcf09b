#!/usr/bin/env python3
"""Writes the seed corpora of http1_fuzz, http2_fuzz and content_coding_fuzz. Deterministic."""
import gzip
import struct
import zlib

from seed import event, write

CLIENT, SERVER, CLIENT_LOST, SERVER_LOST, CLIENT_ENDS, SERVER_ENDS, BACK, JOIN = range(8)
CLOSED, RESET, UNKNOWN = range(3)


def client(data):
    return event(CLIENT, data)


def server(data):
    return event(SERVER, data)


GET = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PACKED = gzip.compress(b"hello hello hello", mtime=0)

HTTP1 = {
    "simple": client(GET) + server(OK),
    "pipelined": client(GET * 3) + server(OK * 3),
    "chunked": client(b"PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n0\r\nT: 1\r\n\r\n")
    + server(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX: y \r\n\r\n"),
    "until_close": client(GET) + server(b"HTTP/1.0 200 OK\r\n\r\nall") + event(SERVER_ENDS, length=CLOSED),
    "head": client(b"HEAD / HTTP/1.1\r\n\r\n") + server(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n") + client(GET) + server(OK),
    "interim": client(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n") + server(b"HTTP/1.1 100 C\r\n\r\n") + client(b"hi") + server(OK),
    "connect": client(b"CONNECT h:80 HTTP/1.1\r\n\r\n" + GET) + server(b"HTTP/1.1 200 OK\r\n\r\n" + OK),
    "refused_connect": client(b"CONNECT h:80 HTTP/1.1\r\n\r\n" + GET) + server(b"HTTP/1.1 403 N\r\nContent-Length: 0\r\n\r\n" + OK),
    "websocket": client(b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n") + server(b"HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x01a"),
    "gap_in_body": client(GET) + server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab") + event(SERVER_LOST, length=5) + server(b"yz" + OK),
    "gap_in_chunk": client(GET) + server(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab") + event(SERVER_LOST, length=7) + server(b"\r\n0\r\n\r\n"),
    "gap_of_request": client(GET) + server(OK) + event(CLIENT_LOST, length=30) + server(OK) + client(GET) + server(OK),
    "gap_of_response": client(GET) + event(SERVER_LOST, length=40) + client(GET) + server(OK),
    "join": event(JOIN) + server(b"tail\r\n" + OK) + client(GET) + server(OK),
    "malformed_request": client(b"GET / HTTP/1.1\r\nA : b\r\n\r\n" + GET) + server(OK * 2),
    "folded": client(b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n"),
    "lengths": client(b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "gzip": client(GET) + server(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED) + PACKED),
    "close_then_more": client(b"GET / HTTP/1.0\r\n\r\n" + GET) + server(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" + OK),
    "overflow": client(GET * 20) + server(OK * 20),
    "reset": client(GET) + event(SERVER_ENDS, length=RESET) + client(GET) + event(CLIENT_ENDS, length=RESET),
}


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def block(*fields):
    return b"".join(b"\0" + bytes([len(n)]) + n + bytes([len(v)]) + v for n, v in fields)


DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONT = range(10)
END_STREAM, END_HEADERS, PADDED, PRIO = 1, 4, 8, 32
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0)
# Static table: 2 GET, 7 https, 4 path "/"; literal with indexing of :authority (1).
INDEXED = b"\x82\x87\x84\x41\x01h"
OK2 = b"\x88"


def get2(stream, flags=END_STREAM | END_HEADERS):
    return frame(HEADERS, flags, stream, INDEXED)


HTTP2 = {
    "simple": client(PREFACE + get2(1)) + server(frame(SETTINGS, 0, 0) + frame(HEADERS, 4, 1, OK2) + frame(DATA, 1, 1, b"body")),
    "interleaved": client(PREFACE + get2(1) + frame(HEADERS, 5, 3, b"\x82\x87\x84\xbe"))
    + server(frame(HEADERS, 4, 3, OK2) + frame(HEADERS, 4, 1, OK2) + frame(DATA, 0, 1, b"a") + frame(DATA, 1, 3, b"b") + frame(DATA, 1, 1, b"c")),
    "continuation": client(PREFACE + frame(HEADERS, END_STREAM, 1, INDEXED[:3]) + frame(CONT, END_HEADERS, 1, INDEXED[3:])) + server(frame(HEADERS, 5, 1, OK2)),
    "padded": client(PREFACE + frame(HEADERS, END_HEADERS | PADDED | PRIO, 1, b"\x02\0\0\0\0\x10" + INDEXED + b"pp") + frame(DATA, END_STREAM | PADDED, 1, b"\x03bodyppp")) + server(frame(HEADERS, 5, 1, OK2)),
    "push": client(PREFACE + get2(1)) + server(frame(PUSH, END_HEADERS, 1, b"\0\0\0\x02" + INDEXED) + frame(HEADERS, 5, 1, OK2) + frame(HEADERS, 5, 2, OK2)),
    "reset": client(PREFACE + get2(1) + frame(RST, 0, 1, b"\0\0\0\x08")) + server(frame(RST, 0, 3, b"\0\0\0\x08")),
    "goaway": client(PREFACE + get2(1) + get2(3)) + server(frame(GOAWAY, 0, 0, b"\0\0\0\x01\0\0\0\0")),
    "trailers": client(PREFACE + get2(1)) + server(frame(HEADERS, 4, 1, OK2) + frame(DATA, 0, 1, b"x") + frame(HEADERS, 5, 1, block((b"t", b"1")))),
    "interim": client(PREFACE + get2(1)) + server(frame(HEADERS, 4, 1, block((b":status", b"103"))) + frame(HEADERS, 5, 1, OK2)),
    "table_size": client(PREFACE + frame(SETTINGS, 0, 0, b"\0\x01\0\0\0\x40")) + server(frame(SETTINGS, 1, 0)) + client(get2(1)) + server(frame(HEADERS, 5, 1, b"\x3f\x21" + OK2)),
    "gap_in_data": client(PREFACE + get2(1)) + server(frame(HEADERS, 4, 1, OK2) + frame(DATA, 1, 1, b"0123456789")[:12]) + event(SERVER_LOST, length=7) + client(get2(3)),
    "gap": client(PREFACE + get2(1)) + event(SERVER_LOST, length=20) + client(get2(3)),
    "gap_in_head": client(PREFACE + get2(1)[:11]) + event(CLIENT_LOST, length=4) + client(frame(HEADERS, 5, 3, b"\x82\x87\x84\xbe") + get2(5)) + server(frame(HEADERS, 5, 3, OK2) + frame(HEADERS, 5, 1, OK2)),
    "gap_resync": client(PREFACE + get2(1) + get2(3)) + event(SERVER_LOST, length=0) + server(b"tail\0\0\x01 of content" + frame(HEADERS, 4, 3, OK2) + frame(DATA, 1, 3, b"x") + b"nonsense!" + frame(HEADERS, 5, 1, OK2)),
    "gap_of_requests": client(PREFACE + get2(1)) + event(CLIENT_LOST, length=90) + client(get2(9)) + server(frame(HEADERS, 5, 5, OK2) + frame(HEADERS, 5, 1, OK2) + frame(HEADERS, 5, 9, OK2)),
    "gap_of_settings": client(PREFACE) + event(CLIENT_LOST, length=15) + client(get2(1)) + server(frame(SETTINGS, 1, 0) + frame(HEADERS, 5, 1, b"\x3f\xe1\x3f" + OK2)),
    "gap_in_continuation": client(PREFACE + frame(HEADERS, END_STREAM, 1, INDEXED[:3])) + event(CLIENT_LOST, length=9) + client(INDEXED[3:] + frame(CONT, END_HEADERS, 1, b"\x84") + get2(3)),
    "join": event(JOIN) + client(PREFACE + get2(1)) + server(frame(SETTINGS, 0, 0) + frame(HEADERS, 5, 1, OK2)),
    "malformed": client(PREFACE + frame(HEADERS, 5, 1, INDEXED + block((b"Upper", b"x")))) + server(frame(HEADERS, 5, 1, block((b":path", b"/")))),
    "length": client(PREFACE + get2(1)) + server(frame(HEADERS, 4, 1, OK2 + block((b"content-length", b"9"))) + frame(DATA, 1, 1, b"abc")),
    "connect": client(PREFACE + frame(HEADERS, 4, 1, block((b":method", b"CONNECT"), (b":authority", b"h:1")))) + server(frame(HEADERS, 4, 1, OK2) + frame(DATA, 0, 1, b"x")),
    "many_streams": client(PREFACE + b"".join(get2(2 * i + 1) for i in range(20))),
    "early": client(PREFACE + get2(1, END_HEADERS)) + server(frame(HEADERS, 5, 1, OK2)) + client(frame(DATA, 1, 1, b"late")),
    "gzip": client(PREFACE + get2(1)) + server(frame(HEADERS, 4, 1, OK2 + block((b"content-encoding", b"gzip"))) + frame(DATA, 1, 1, PACKED)),
    "ends": client(PREFACE + get2(1)) + event(CLIENT_ENDS, length=CLOSED) + event(SERVER_ENDS, length=RESET),
}

RAW = zlib.compressobj(9, zlib.DEFLATED, -15)
CODINGS = {
    "gzip": b"\0" + PACKED,
    "gzip_members": b"\0" + PACKED * 2 + b"\0\0",
    "gzip_bomb": b"\0" + gzip.compress(bytes(200_000), mtime=0),
    "zlib": b"\x01" + zlib.compress(b"hello hello hello"),
    "raw": b"\x01" + RAW.compress(b"hello hello hello") + RAW.flush(),
    # "hello" stored: RFC 7932 §9.2 uncompressed meta-block; RFC 8878 §3.1.1 raw block.
    "br": b"\x02\x0b\x02\x80hello\x03",
    "zstd": b"\x03\x28\xb5\x2f\xfd\x20\x05\x29\0\0hello",
    "identity": b"\x05plain",
}

for title, seed in HTTP1.items():
    write("http1", title, seed)
for title, seed in HTTP2.items():
    write("http2", title, seed)
for title, seed in CODINGS.items():
    write("content_coding", title, seed)
