"""Websocket frames (RFC 6455, RFC 7692) and the messages of Real-Time Activity (RTA), as bytes."""
import struct
import zlib

from http_message import request, response
from mpsd import compact

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
RTA_HOST, RTA_PROTOCOL = "rta.xboxlive.com", "rta.xboxlive.com.V2"
CONNECTIONS = "https://sessiondirectory.xboxlive.com/connections/"
MASK = b"\x37\xfa\x21\x3d"


def frame(payload, opcode=TEXT, mask=None, final=True, compressed=False):
    head = bytes([(0x80 if final else 0) | (0x40 if compressed else 0) | opcode])
    masked = 0x80 if mask else 0
    size = len(payload)
    if size < 126:
        head += bytes([masked | size])
    elif size < 65536:
        head += bytes([masked | 126]) + struct.pack("!H", size)
    else:
        head += bytes([masked | 127]) + struct.pack("!Q", size)
    if mask:
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return head + (mask or b"") + payload


class Deflater:
    """Compresses the messages of one side; with `takeover` the window goes on."""

    def __init__(self, takeover=True):
        self.takeover, self.stream = takeover, None

    def __call__(self, payload):
        if self.stream is None or not self.takeover:
            self.stream = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = self.stream.compress(payload) + self.stream.flush(zlib.Z_SYNC_FLUSH)
        assert data.endswith(b"\0\0\xff\xff")
        return data[:-4]


def upgrade(fields=(), host=RTA_HOST, target="/connect", protocol=RTA_PROTOCOL):
    return request("GET", target, [("Host", host), ("Connection", "Upgrade"), ("Upgrade", "websocket"),
                                   ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", 13),
                                   ("Sec-WebSocket-Protocol", protocol), *fields])


def accepted(fields=(), protocol=RTA_PROTOCOL):
    return response(101, [("Upgrade", "websocket"), ("Connection", "Upgrade"),
                          ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), ("Sec-WebSocket-Protocol", protocol), *fields],
                    length="")


def subscribe(sequence, uri=CONNECTIONS):
    return compact([1, sequence, uri])


def subscribed(sequence, subscription, connection_id):
    return compact([1, sequence, 0, subscription, {"ConnectionId": connection_id}])


def unsubscribe(sequence, subscription):
    return compact([2, sequence, subscription])


def tap(title, name, change=None, branch="b7f0c7f4-0b3c-4a5e-9a53-6d9f9c1e0a11"):
    """One change of a session, named in lower case as the service does. The last one of a session may have no number."""
    one = {"timestamp": "2026-03-14T15:00:05.0000000Z", "subscription": "7a2a5a30-2d10-4f25-9e06-3c16a0f3a5a1",
           "resourceType": "mpsd/session", "resource": f"{title.scid}~{title.template}~{name}".lower()}
    return one if change is None else {**one, "branch": branch, "changeNumber": change}


def event(subscription, *taps):
    return compact([3, subscription, {"ncid": "0f2b6a1e-2b3c-4d5e-8f90-a1b2c3d4e5f6", "shoulderTaps": list(taps)}])
