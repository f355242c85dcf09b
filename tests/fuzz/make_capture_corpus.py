#!/usr/bin/env python3
"""Writes the seed corpora of frame_fuzz and pcapng_fuzz: tests/fuzz/make_capture_corpus.py"""
import struct

from seed import write


def tcp(payload=b"hello", options=b""):
    offset = (20 + len(options)) // 4 << 4
    return struct.pack(">HHIIBBHHH", 50000, 443, 1, 2, offset, 0x18, 512, 0, 0) + options + payload


def ipv4(payload, protocol=6, ident=1, fragment=0, total=None, options=b""):
    header = 20 + len(options)
    total = header + len(payload) if total is None else total
    return struct.pack(">BBHHHBBH4s4s", 0x40 | header // 4, 0, total, ident, fragment, 64, protocol,
                       0, b"\xc0\0\2\1", b"\xc0\0\2\2") + options + payload


def ipv6(payload, following=6, length=None):
    length = len(payload) if length is None else length
    return struct.pack(">IHBB16s16s", 0x60000000, length, following, 64, b"\x20" + bytes(14) + b"\1",
                       b"\x20" + bytes(14) + b"\2") + payload


def fragment6(payload, offset, more, following=6):
    return struct.pack(">BBHI", following, 0, offset | more, 7) + payload


def ethernet(payload, kind=0x0800):
    return bytes(12) + struct.pack(">H", kind) + payload


def packets(*items):
    """Items: (index of the link type in frame_fuzz.cc, bytes) or (index, bytes, cut, step)."""
    out = b""
    for item in items:
        link, data = item[0], item[1]
        cut, step = item[2:] if len(item) > 2 else (0, 0)
        out += struct.pack(">BBBH", link, step, cut, len(data)) + data
    return out


def frames():
    whole = tcp(b"x" * 44)
    vlan = struct.pack(">HH", 5, 0x0800)
    extension = bytes([6, 0]) + bytes(6)
    yield "ethernet", packets((0, ethernet(ipv4(tcp()))), (0, ethernet(ipv6(tcp()), 0x86DD)))
    yield "vlan", packets((0, ethernet(vlan + ipv4(tcp()), 0x8100)),
                          (0, ethernet(struct.pack(">HH", 5, 0x8100) + vlan + ipv4(tcp()), 0x88A8)))
    yield "pppoe", packets((0, ethernet(bytes(6) + b"\0\x21" + ipv4(tcp()), 0x8864)))
    yield "loopback", packets((1, b"\2\0\0\0" + ipv4(tcp())), (5, b"\0\0\0\x1e" + ipv6(tcp())))
    yield "raw", packets((2, ipv4(tcp())), (6, ipv4(tcp())), (7, ipv6(tcp())), (8, ipv6(tcp())))
    yield "cooked", packets((3, bytes(14) + b"\x08\0" + ipv4(tcp())),
                            (4, b"\x86\xdd" + bytes(18) + ipv6(tcp())))
    yield "cut", packets((0, ethernet(ipv4(tcp(b"hello", bytes(12))))[:60], 40, 0))
    yield "offload", packets((2, ipv4(tcp(b"x" * 300), total=0)), (2, ipv6(tcp(b"x" * 300), length=0)))
    yield "options", packets((2, ipv4(tcp(options=bytes(8)), options=bytes(12))))
    for number in (0, 43, 60, 51, 135):
        yield "extension%d" % number, packets((7, ipv6(extension + tcp(), number)))
    yield "atomic", packets((7, ipv6(fragment6(tcp(), 0, 0), 44)))
    yield "fragments4", packets(*[
        (2, ipv4(whole[at:at + 16], fragment=at // 8 | (0x2000 if at < 48 else 0)), 0, 1)
        for at in (32, 0, 0, 48, 16)])
    yield "fragments6", packets(*[
        (7, ipv6(fragment6(whole[at:at + 16], at, int(at < 48)), 44), 0, 1)
        for at in (48, 16, 32, 0)])
    yield "overlap", packets((2, ipv4(whole[:16], fragment=0x2000)), (2, ipv4(whole[8:24], fragment=0x2001)),
                             (2, ipv4(whole[24:], fragment=3)))
    yield "expired", packets((2, ipv4(whole[:16], fragment=0x2000)), *[(2, b"", 0, 255)] * 2,
                             (2, ipv4(whole[16:], fragment=2)))
    yield "tunnels", packets((2, ipv4(ipv4(tcp()), 4)), (2, ipv4(ipv6(tcp()), 41)),
                             (2, ipv4(struct.pack(">HHI", 0x2000, 0x0800, 9) + ipv4(tcp()), 47)),
                             (2, ipv4(struct.pack(">HH", 0, 0x6558) + ethernet(ipv4(tcp())), 47)))
    yield "udp", packets((2, ipv4(struct.pack(">HHHH", 9, 443, 8, 0), 17)), (10, b"abc"))
    nested = ipv6(fragment6(fragment6(tcp(), 0, 0), 0, 0, 44), 44)
    yield "nested_fragments", packets((7, nested))


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def captures():
    frame = ethernet(ipv4(tcp()))
    for name, order, magic, extra in (
            ("micro", "<", 0xA1B2C3D4, b""), ("micro_big", ">", 0xA1B2C3D4, b""),
            ("nano", "<", 0xA1B23C4D, b""), ("nano_big", ">", 0xA1B23C4D, b""),
            ("modified", "<", 0xA1B2CD34, bytes(8))):
        record = struct.pack(order + "IIII", 5, 6, len(frame), len(frame) + 9) + extra + frame
        yield name, struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, 1) + record * 3
    yield "absurd", struct.pack("<IHHiIIIIIII", 0xA1B2C3D4, 2, 4, 0, 0, 9, 1, 5, 6, 1 << 31, 1)
    log = b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48 + b"\n"
    for name, order in (("ng", "<"), ("ng_big", ">")):
        def u(fmt, *values):
            return struct.pack(order + fmt, *values)
        section = block(order, 0x0A0D0D0A, u("IHHq", 0x1A2B3C4D, 1, 0, -1))
        options = u("HH", 9, 1) + b"\x89\0\0\0" + u("HHq", 14, 8, -5) + u("HH", 0, 0)
        interface = block(order, 1, u("HHI", 1, 0, 96) + options)
        enhanced = block(order, 6, u("IIIII", 0, 1, 2, len(frame), len(frame)) + frame)
        simple = block(order, 3, u("I", len(frame)) + frame)
        obsolete = block(order, 2, u("HHIIII", 0, 0, 1, 2, len(frame), len(frame)) + frame)
        secrets = block(order, 10, u("II", 0x544C534B, len(log)) + log)
        unknown = block(order, 0x0BADCAFE, b"abcd")
        yield name, section + interface + enhanced + simple + obsolete
        yield name + "_secrets", section + secrets + interface + unknown + enhanced + secrets
        yield name + "_sections", section + interface + enhanced + section + interface + enhanced
        yield name + "_options", section + block(order, 1, u("HHI", 101, 0, 0) + u("HH", 2, 99)) + enhanced
        yield name + "_no_interface", section + enhanced
        yield name + "_cut", section + interface + enhanced[:-9]
    yield "not_a_capture", b"Hello, world"


def main():
    for name, data in frames():
        write("frame", name, data)
    for name, data in captures():
        write("pcapng", name, data)


if __name__ == "__main__":
    main()
