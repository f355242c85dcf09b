#!/usr/bin/env python3
"""Writes the seed corpus of websocket_fuzz. Deterministic."""
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "golden"))

import websocket as ws
from mpsd import Title

CLIENT, SERVER, CLIENT_LOST, SERVER_LOST, CLIENT_ENDS, SERVER_ENDS = range(6)
PLAIN, TAKEOVER, FRESH = 0, 7, 1
TITLE = Title("Fuzz", 174925616, "4fc10100-5f7a-4470-899b-280f0a6d2730", "QuickMatch", "")


def event(op, data=b"", length=None):
    return struct.pack("<BH", op, len(data) if length is None else length) + data


def client(payload, **how):
    return event(CLIENT, ws.frame(payload, mask=ws.MASK, **how))


def server(payload, **how):
    return event(SERVER, ws.frame(payload, **how))


def packed(deflater, *payloads):
    return b"".join(server(deflater(payload), compressed=True) for payload in payloads)


TAPS = ws.event(4711, ws.tap(TITLE, "one", 3), ws.tap(TITLE, "two"))
SEEDS = {
    "rta": (PLAIN, client(ws.subscribe(1)) + server(ws.subscribed(1, 4711, "8c1d")) + server(TAPS) + server(b"[4]")
            + client(ws.unsubscribe(2, 4711)) + server(b"[2,2,0]") + client(b"\x03\xe8", opcode=ws.CLOSE)),
    "takeover": (TAKEOVER, packed(ws.Deflater(), TAPS, TAPS, b"")),
    "no_takeover": (FRESH, packed(ws.Deflater(False), TAPS, TAPS)),
    "fragments": (PLAIN, server(b"[3,1,", final=False) + server(b"ping", opcode=ws.PING) + server(b"{}]", opcode=ws.CONTINUATION)),
    "lengths": (PLAIN, server(b"a" * 126) + client(b"b" * 125)),
    "long_length": (PLAIN, event(SERVER, b"\x81\x7f\0\0\0\0\0\0\0\x03abc")),
    "gap": (PLAIN, event(SERVER, ws.frame(b"0123456789")[:5]) + event(SERVER_LOST, length=4) + event(SERVER, b"89") + server(b"[4]")),
    "lost": (PLAIN, event(SERVER_LOST, length=9) + server(b"[4]") + client(b"[1,1]")),
    "damaged": (TAKEOVER, server(b"\xff\xff\xff", compressed=True) + server(b"[4]")),
    "unmasked": (PLAIN, event(CLIENT, ws.frame(b"[4]"))),
    "ends": (PLAIN, server(b"[4]") + event(SERVER_ENDS, length=0) + event(CLIENT_ENDS, length=1)),
    "json": (PLAIN, TAPS),
}

folder = HERE / "corpus" / "websocket"
folder.mkdir(parents=True, exist_ok=True)
for name, (agreed, data) in SEEDS.items():
    (folder / name).write_bytes(bytes([agreed]) + data)
