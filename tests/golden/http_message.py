"""HTTP/1.1 messages and HTTP/2 frames as bytes."""
import struct

CRLF = b"\r\n"

REASONS = {100: "Continue", 101: "Switching Protocols", 103: "Early Hints", 200: "OK", 201: "Created",
           202: "Accepted", 204: "No Content", 304: "Not Modified", 400: "Bad Request", 401: "Unauthorized",
           403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict",
           412: "Precondition Failed", 429: "Too Many Requests", 500: "Internal Server Error",
           503: "Service Unavailable"}


def fields(pairs):
    return b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in pairs)


def request(method, target, headers=(), body=b"", length=None, version="HTTP/1.1"):
    """Content-Length is added for a body, and for PUT and POST; `length` overrides it, "" leaves it out."""
    if length is None:
        length = len(body) if body or method in ("PUT", "POST") else ""
    pairs = list(headers) + ([("Content-Length", length)] if length != "" else [])
    return f"{method} {target} {version}\r\n".encode("latin-1") + fields(pairs) + CRLF + body


def response(status, headers=(), body=b"", length=None, reason=None, version="HTTP/1.1"):
    """Content-Length is added unless the status forbids one; `length` overrides it, "" leaves it out."""
    if length is None:
        length = "" if status in (204, 304) or status < 200 else len(body)
    pairs = list(headers) + ([("Content-Length", length)] if length != "" else [])
    reason = REASONS.get(status, "Unknown") if reason is None else reason
    return f"{version} {status} {reason}\r\n".encode("latin-1") + fields(pairs) + CRLF + body


def chunked(body, size=100, trailers=(), extension=""):
    chunks = [body[at:at + size] for at in range(0, len(body), size)]
    return (b"".join(b"%x" % len(chunk) + extension.encode() + CRLF + chunk + CRLF for chunk in chunks)
            + b"0" + CRLF + fields(trailers) + CRLF)


# HTTP/2 (RFC 9113) with plain literals (RFC 7541 section 6.2.2): no compression state to keep.

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 8, 9
END_STREAM, ACKED, END_HEADERS, PADDED, PRIORITY = 1, 1, 4, 8, 32


def h2_frame(kind, flags, stream, payload=b""):
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def hpack_integer(value, prefix_bits, first=0):
    limit = (1 << prefix_bits) - 1
    if value < limit:
        return bytes([first | value])
    out, value = bytearray([first | limit]), value - limit
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes(out) + bytes([value])


def hpack(pairs):
    def text(value):
        value = str(value).encode("latin-1")
        return hpack_integer(len(value), 7) + value
    return b"".join(b"\0" + text(name.lower()) + text(value) for name, value in pairs)


def h2_headers(stream, pairs, end_stream=False, pieces=1, padding=None, priority=False):
    """A HEADERS frame, its block spread over `pieces` frames by CONTINUATION."""
    block = hpack(pairs)
    cut = -(-len(block) // pieces)
    parts = [block[at:at + cut] for at in range(0, len(block), cut)]
    flags, first = (END_STREAM if end_stream else 0), parts[0]
    if priority:
        flags, first = flags | PRIORITY, struct.pack("!IB", 0, 15) + first
    if padding is not None:
        flags, first = flags | PADDED, bytes([padding]) + first + b"\0" * padding
    frames = [h2_frame(HEADERS, flags | (END_HEADERS if len(parts) == 1 else 0), stream, first)]
    for at, part in enumerate(parts[1:], 2):
        frames.append(h2_frame(CONTINUATION, END_HEADERS if at == len(parts) else 0, stream, part))
    return b"".join(frames)


def h2_data(stream, body, end_stream=True, size=16384, padding=None):
    parts = [body[at:at + size] for at in range(0, len(body), size)] or [b""]
    out = []
    for at, part in enumerate(parts, 1):
        flags = END_STREAM if end_stream and at == len(parts) else 0
        if padding is not None:
            flags, part = flags | PADDED, bytes([padding]) + part + b"\0" * padding
        out.append(h2_frame(DATA, flags, stream, part))
    return b"".join(out)


def h2_request(stream, method, path, authority, headers=(), body=b"", scheme="https", **how):
    pseudo = [(":method", method), (":scheme", scheme), (":authority", authority), (":path", path)]
    if body:
        headers = [*headers, ("content-length", len(body))]
    return h2_headers(stream, pseudo + list(headers), not body, **how) + (h2_data(stream, body) if body else b"")


def h2_response(stream, status, headers=(), body=b"", trailers=(), **how):
    head = h2_headers(stream, [(":status", status), *headers], not body and not trailers, **how)
    data = h2_data(stream, body, not trailers) if body else b""
    return head + data + (h2_headers(stream, trailers, True) if trailers else b"")
