"""Capture files by hand: pcap and pcapng. Packets are [(time in ns, frame)]."""
import struct


def pcap(packets, link=1, nanoseconds=False, big_endian=False, snaplen=262144):
    order = ">" if big_endian else "<"
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    unit = 1 if nanoseconds else 1000
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link)]
    for time, frame in packets:
        kept = frame[:snaplen]
        out.append(struct.pack(order + "IIII", time // 10**9, time % 10**9 // unit, len(kept), len(frame)) + kept)
    return b"".join(out)


class Pcapng:
    """A pcapng file, block by block (draft-ietf-opsawg-pcapng)."""

    def __init__(self, big_endian=False):
        self.data = bytearray()
        self.section(big_endian)

    def block(self, kind, body):
        body += b"\0" * (-len(body) % 4)
        length = struct.pack(self.order + "I", len(body) + 12)
        self.data += struct.pack(self.order + "I", kind) + length + body + length
        return self

    def section(self, big_endian=False):
        self.order = ">" if big_endian else "<"
        self.ticks = []  # of each interface of this section: ticks a second
        return self.block(0x0A0D0D0A, struct.pack(self.order + "IHHq", 0x1A2B3C4D, 1, 0, -1))

    def interface(self, link=1, decimals=None, binary=None, snaplen=0, offset=None):
        """Resolution 10^-decimals or 2^-binary; microseconds without an option. `offset`: if_tsoffset, seconds."""
        options = b""
        if decimals is not None:
            options += self.option(9, bytes([decimals]))
        if binary is not None:
            options += self.option(9, bytes([0x80 | binary]))
        if offset is not None:
            options += self.option(14, struct.pack(self.order + "q", offset))
        if options:
            options += self.option(0, b"")
        self.ticks.append((2**binary if binary is not None else 10**(6 if decimals is None else decimals), offset or 0))
        return self.block(1, struct.pack(self.order + "HHI", link, 0, snaplen) + options)

    def option(self, code, value):
        return struct.pack(self.order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)

    def packet(self, time, frame, interface=0):
        second, offset = self.ticks[interface]
        tick = (time - offset * 10**9) * second // 10**9
        head = struct.pack(self.order + "IIIII", interface, tick >> 32, tick & 0xFFFFFFFF, len(frame), len(frame))
        return self.block(6, head + frame)

    def packets(self, packets, interface=0):
        for time, frame in packets:
            self.packet(time, frame, interface)
        return self

    def secrets(self, keylog):
        """A Decryption Secrets Block with lines of an SSLKEYLOGFILE."""
        text = keylog.encode() if isinstance(keylog, str) else keylog
        return self.block(10, struct.pack(self.order + "II", 0x544C534B, len(text)) + text)

    def comment(self):
        """Blocks that a reader must skip: a name resolution block, interface statistics, an unknown one."""
        self.block(4, struct.pack(self.order + "HH", 0, 0))
        self.block(5, struct.pack(self.order + "III", 0, 0, 0))
        return self.block(0x0BAD0BAD, b"not for you")

    def bytes(self):
        return bytes(self.data)


def pcapng(packets, link=1, keylog=None, secrets_last=False, **interface):
    """The usual file: one section, one interface."""
    file = Pcapng(big_endian=interface.pop("big_endian", False)).interface(link, **interface)
    if keylog and not secrets_last:
        file.secrets(keylog)
    file.packets(packets)
    if keylog and secrets_last:
        file.secrets(keylog)
    return file.bytes()
