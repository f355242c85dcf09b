"""Packets by hand: TCP conversations, IP datagrams and link-layer frames. Standard library only.

A capture is built in three steps, each of which reads like what it makes:

    talk = Conversation(("10.0.0.2", 50000), ("203.0.113.10", 80))   # 1. a conversation, as segments
    talk.open()
    talk.client_sends(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
    talk.server_sends(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")
    talk.close()
    segments = swap(talk.segments, 4, 5)                             # 2. what the network did to it
    packets = frames(segments, "vlan")                               # 3. frames of a link type
    data = capture_file.pcap(packets, LINK_TYPE["vlan"])

Times are integers, nanoseconds since 1970.
"""
import dataclasses
import ipaddress
import random
import struct
from dataclasses import dataclass

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
START = 1_773_500_400 * SECOND  # 2026-03-14T15:00:00Z

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


@dataclass(frozen=True)
class Segment:
    """One TCP segment; `src` and `dst` are (address, port)."""
    time: int
    src: tuple
    dst: tuple
    seq: int
    ack: int
    flags: int
    payload: bytes = b""
    options: bytes = b""

    def bytes(self):
        options = self.options + b"\1" * (-len(self.options) % 4)
        head = struct.pack("!HHIIBBHHH", self.src[1], self.dst[1], self.seq % 2**32, self.ack % 2**32,
                           (5 + len(options) // 4) << 4, self.flags, 0xFFFF, 0, 0)
        text = head + options + self.payload
        src, dst = (ipaddress.ip_address(end[0]).packed for end in (self.src, self.dst))
        pseudo = src + dst + struct.pack("!II", len(text), 6)
        return text[:16] + struct.pack("!H", checksum(pseudo + text)) + text[18:]


class Conversation:
    """A well-behaved TCP connection. Every method appends segments; `clock` moves a little with each."""

    def __init__(self, client, server, start=START, mss=1460, client_isn=1_000, server_isn=5_000,
                 step=200_000, acks=True):
        self.ends = {"client": client, "server": server}
        self.next = {"client": client_isn, "server": server_isn}  # sequence numbers, never wrapped here
        self.clock, self.mss, self.step, self.acks = start, mss, step, acks
        self.segments = []

    def segment(self, sender, flags, payload=b"", seq=None, options=b""):
        receiver = other(sender)
        ack = self.next[receiver] if flags & ACK else 0
        seq = self.next[sender] if seq is None else seq
        self.segments.append(Segment(self.clock, self.ends[sender], self.ends[receiver], seq, ack, flags,
                                     payload, options))
        self.clock += self.step
        end = seq + len(payload) + bool(flags & SYN) + bool(flags & FIN)
        self.next[sender] = max(self.next[sender], end)

    def open(self):
        mss_option = struct.pack("!BBH", 2, 4, min(self.mss, 0xFFFF))
        self.segment("client", SYN, options=mss_option)
        self.segment("server", SYN | ACK, options=mss_option)
        self.segment("client", ACK)
        return self

    def send(self, sender, data):
        for at in range(0, len(data), self.mss):
            last = at + self.mss >= len(data)
            self.segment(sender, ACK | (PSH if last else 0), data[at:at + self.mss])
        if data and self.acks:
            self.segment(other(sender), ACK)
        return self

    def client_sends(self, data):
        return self.send("client", data)

    def server_sends(self, data):
        return self.send("server", data)

    def keep_alive(self, sender="client"):
        """A probe: one byte before the next one, without data or with one old byte."""
        self.segment(sender, ACK, seq=self.next[sender] - 1)
        self.segment(other(sender), ACK)
        return self

    def wait(self, seconds):
        self.clock += int(seconds * SECOND)
        return self

    def close(self, first="client"):
        self.segment(first, FIN | ACK)
        self.segment(other(first), FIN | ACK)
        self.segment(first, ACK)
        return self

    def close_simultaneously(self):
        client, server = self.next["client"], self.next["server"]
        for sender in ("client", "server"):
            receiver = other(sender)
            self.segments.append(Segment(self.clock, self.ends[sender], self.ends[receiver],
                                         self.next[sender], {"client": client, "server": server}[receiver], FIN | ACK))
            self.clock += self.step
        self.next = {"client": client + 1, "server": server + 1}
        self.segment("client", ACK)
        self.segment("server", ACK)
        return self

    def reset(self, by="server"):
        self.segment(by, RST | ACK)
        return self


def other(side):
    return "server" if side == "client" else "client"


# What the network, or the place of the tap, did to a list of segments. The times of the result are the
# times of the input in rising order: a capture file is written in order of arrival.

def retimed(segments, times):
    return [dataclasses.replace(segment, time=time) for segment, time in zip(segments, sorted(times))]


def arranged(segments, order):
    return retimed([segments[i] for i in order], [segments[i].time for i in order])


def swap(segments, i, j):
    order = list(range(len(segments)))
    order[i], order[j] = order[j], order[i]
    return arranged(segments, order)


def duplicate(segments, *which):
    """The segments at the given places (all without any) a second time, right behind the first."""
    which = which or range(len(segments))
    return arranged(segments, [i for i in range(len(segments)) for _ in range(2 if i in which else 1)])


def lose(segments, *which):
    return [segment for i, segment in enumerate(segments) if i not in which]


def retransmit(segments, i, later):
    """Segment i once more after segment i + later."""
    order = list(range(len(segments)))
    order.insert(i + later + 1, i)
    return arranged(segments, order)


def jumble(segments, seed, reach=3):
    """Every segment may arrive up to `reach` places late; the handshake stays in order."""
    generator = random.Random(seed)
    head = [i for i, segment in enumerate(segments) if segment.flags & SYN]
    rest = [i for i in range(len(segments)) if i not in head]
    rest.sort(key=lambda i: i + generator.uniform(0, reach))
    return arranged(segments, head + rest)


def resegment(segments, seed, largest):
    """Payloads cut again at random places, as another MSS, a proxy or offloading would."""
    generator = random.Random(seed)
    result = []
    for segment in segments:
        at = 0
        while True:
            size = generator.randint(1, largest)
            piece = segment.payload[at:at + size]
            last = at + len(piece) >= len(segment.payload)
            flags = segment.flags if last else segment.flags & ~(FIN | PSH)
            result.append(dataclasses.replace(segment, seq=segment.seq + at, payload=piece, flags=flags))
            at += len(piece)
            if last:
                break
    return result


def overlap(segments, by):
    """Every data segment begins `by` bytes early, with what the one before it ended with."""
    tail, result = {}, []
    for segment in segments:
        known = tail.get(segment.src, (None, b""))
        again = b""
        if segment.payload:
            if known[0] == segment.seq:
                again = known[1][-by:]
            tail[segment.src] = (segment.seq + len(segment.payload), segment.payload)
        result.append(dataclasses.replace(segment, seq=segment.seq - len(again), payload=again + segment.payload))
    return result


def only(segments, sender):
    """What a tap sees that gets one direction alone; `sender` is an end, (address, port)."""
    return [segment for segment in segments if segment.src == sender]


def merged(*conversations):
    """Conversations at the same time, in order of time."""
    segments = [segment for conversation in conversations for segment in conversation]
    return sorted(segments, key=lambda segment: segment.time)


# IP

def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(src, dst, payload, protocol=6, ident=1, offset=0, more=False, options=b""):
    addresses = ipaddress.ip_address(src).packed + ipaddress.ip_address(dst).packed
    words = 5 + len(options) // 4
    length = words * 4 + len(payload)
    head = struct.pack("!BBHHHBBH", 0x40 | words, 0, 0 if length > 0xFFFF else length, ident & 0xFFFF,
                       (0x2000 if more else 0) | offset // 8, 64, protocol, 0) + addresses + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(src, dst, payload, extensions=(), protocol=6):
    """`extensions` are (type, body after the next-header byte), outermost first."""
    types = [kind for kind, _ in extensions] + [protocol]
    chain = b"".join(bytes([following]) + body for (_, body), following in zip(extensions, types[1:]))
    return (struct.pack("!IHBB", 6 << 28, (len(chain) + len(payload)) & 0xFFFF, types[0], 64)
            + ipaddress.ip_address(src).packed + ipaddress.ip_address(dst).packed + chain + payload)


HOP_BY_HOP = (0, b"\0\1\4\0\0\0\0")  # eight bytes with a PadN option
DESTINATION = (60, b"\0\1\4\0\0\0\0")


def ip_fragment(segment, ident, begin, end, extensions=()):
    """The bytes from `begin` to `end` of a segment as a fragment of its IP datagram."""
    src, dst, text = segment.src[0], segment.dst[0], segment.bytes()
    piece, more = text[begin:end], end < len(text)
    if ":" in src:
        part = (44, b"\0" + struct.pack("!HI", begin | more, ident))
        return ipv6(src, dst, piece, (*extensions, part))
    return ipv4(src, dst, piece, ident=ident, offset=begin, more=more)


def datagrams(segment, ident, fragment=None, extensions=(), backwards=False):
    """The IP datagrams of a segment; cut into fragments of `fragment` payload bytes (multiple of 8)."""
    src, dst, text = segment.src[0], segment.dst[0], segment.bytes()
    version6 = ":" in src
    if fragment is None or len(text) <= fragment:
        return [ipv6(src, dst, text, extensions) if version6 else ipv4(src, dst, text, ident=ident)]
    pieces = [ip_fragment(segment, ident, at, at + fragment, extensions) for at in range(0, len(text), fragment)]
    return pieces[::-1] if backwards else pieces


# Link layer: name -> LINKTYPE_ number (tcpdump.org/linktypes.html)

LINK_TYPE = {"ethernet": 1, "vlan": 1, "qinq": 1, "sll": 113, "sll2": 276, "raw": 101, "ipv4": 228, "ipv6": 229,
             "null": 0, "null-big-endian": 0, "loop": 108}


def frame(link, datagram):
    version6 = datagram[0] >> 4 == 6
    ether_type = struct.pack("!H", 0x86DD if version6 else 0x0800)
    macs = bytes.fromhex("02005e0000020200 5e000001")
    if link == "ethernet":
        # Short frames are padded to 60 bytes: the length that counts is the datagram's own.
        return (macs + ether_type + datagram).ljust(60, b"\0")
    if link == "vlan":
        return macs + b"\x81\x00\x20\x64" + ether_type + datagram
    if link == "qinq":
        return macs + b"\x88\xa8\x00\x0a" + b"\x81\x00\x00\x14" + ether_type + datagram
    if link == "sll":
        return struct.pack("!HHH8s", 0, 1, 6, macs[6:]) + ether_type + datagram
    if link == "sll2":
        return ether_type + struct.pack("!HIHBB8s", 0, 3, 1, 0, 6, macs[6:]) + datagram
    if link in ("raw", "ipv4", "ipv6"):
        return datagram
    family = 30 if version6 else 2  # BSD's AF_INET6 has three values; this is macOS's
    order = {"null": "<I", "null-big-endian": ">I", "loop": ">I"}[link]
    return struct.pack(order, family) + datagram


def frames(segments, link="ethernet", fragment=None, extensions=(), backwards=False):
    """[(time, frame)] of segments."""
    return [(segment.time, frame(link, datagram))
            for ident, segment in enumerate(segments, 1)
            for datagram in datagrams(segment, ident, fragment, extensions, backwards)]
