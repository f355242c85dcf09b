"""Hostile and broken input: a clear word or a counted defect, everything good before it reported, never a crash."""
import dataclasses
import gzip
import os
import random
import struct
import subprocess
import sys

import scope
from scope import Case, facts, replay

import http_message
import sample
import wire
from capture_file import Pcapng, pcap, pcapng
from tls_channel import KeyLog

# AddressSanitizer reserves terabytes of address space and keeps freed memory: no memory limits there.
SANITIZED = b"__asan_init" in open(scope.PROGRAM, "rb").read()


class Files(Case):
    def setUp(self):
        self.packets = wire.frames(sample.plain().segments)

    def test_unreadable_inputs_exit_1_and_name_the_file(self):
        noise = random.Random(1).randbytes(4096)
        cases = {"garbage": noise, "empty": b"", "text": b"hello, this is no capture\n" * 50, "magic alone": pcap([])[:4],
                 "half a header": pcap([])[:20], "gzip of garbage": gzip.compress(noise), "damaged gzip": b"\x1f\x8b" + noise,
                 "damaged zstd": b"\x28\xb5\x2f\xfd" + noise, "zip": b"PK\3\4" + noise}
        for name, data in cases.items():
            with self.subTest(name):
                path = scope.file(data, "broken.pcap")
                done = replay(path, code=1)
                self.assertIn("broken.pcap", done.err)
                self.assertEqual(replay("-", stdin=data, code=1).code, 1)
        for path in ("/nonexistent/a.pcap", os.path.dirname(scope.scratch())):
            self.assertIn(path, replay(path, code=1).err)

    def test_one_bad_file_among_good_ones(self):
        done = replay(pcap(self.packets), scope.file(b"garbage" * 10, "broken.pcap"), code=None)
        self.assertIn("broken.pcap", done.err + done.out.decode())
        self.assertEqual(done.code, 1)

    def test_cut_at_every_place(self):
        """What stands whole before the cut is reported; the cut itself is said."""
        rng = random.Random(2)
        for name, data, head in (("pcap", pcap(self.packets), 24), ("pcapng", pcapng(self.packets), 48)):
            counts = []
            for at in sorted(rng.sample(range(head + 1, len(data)), 40)):
                done = replay(data[:at])
                counts.append(sum(not exchange["defects"] for exchange in done.exchanges))
                self.assertFacts(done.exchanges[:counts[-1]], sample.facts()[:counts[-1]])
            self.assertEqual(counts, sorted(counts))
            cut = replay(data[:-1])
            self.assertEqual(len(cut.summary["problems"]), 1, name)
            self.assertFacts(cut, sample.facts())

    def test_cut_compressed_files(self):
        """What the whole blocks of the compression hold is reported."""
        talks = [sample.plain(client=("10.20.0.11", 40000 + n), start=wire.START + n * wire.SECOND).segments for n in range(40)]
        data = pcap(wire.frames(wire.merged(*talks)))
        for packed in (gzip.compress(data), subprocess.run(["zstd", "-c"], input=data, capture_output=True).stdout):
            counts = []
            for at in (len(packed) * 3 // 4, len(packed) - 1, len(packed)):
                done = replay(packed[:at])
                counts.append(len(done.exchanges))
                self.assertEqual(len(done.summary["problems"]), at < len(packed))
            self.assertEqual((0 < counts[0] <= counts[1] <= counts[2], counts[2]), (True, 280))

    def test_absurd_lengths_and_unknown_blocks(self):
        good = pcap(self.packets)
        record = struct.pack("<IIII", 0, 0, 0xFFFFFFF0, 0xFFFFFFF0)
        ng = Pcapng().interface().packets(self.packets).bytes()
        blocks = {"pcap record": good + record, "pcapng block": ng + struct.pack("<II", 6, 0xFFFFFFF0),
                  "block too short": ng + struct.pack("<III", 6, 4, 4), "block not a multiple of 4": ng + struct.pack("<II", 6, 33) + b"\0" * 40,
                  "lengths disagree": ng + struct.pack("<III", 0x0BAD, 16, 0) + struct.pack("<I", 20),
                  "packet of no interface": Pcapng().interface().packets(self.packets).block(6, struct.pack("<IIIII", 9, 0, 0, 4, 4) + b"abcd").bytes(),
                  "packet longer than its block": Pcapng().interface().packets(self.packets).block(6, struct.pack("<IIIII", 0, 0, 0, 9999, 9999) + b"abcd").bytes()}
        for name, data in blocks.items():
            with self.subTest(name):
                done = replay(data)
                self.assertFacts(done, sample.facts())
                self.assertTrue(done.summary["problems"] or done.counter("frames_malformed"))

    def test_flipped_bytes(self):
        """Damage anywhere: the exit is clean, the log is valid, nothing hangs."""
        keys = KeyLog()
        rng = random.Random(3)
        for data in (pcapng(wire.frames(sample.encrypted(keys).segments), keylog=keys.text()), pcap(self.packets)):
            for _ in range(40):
                damaged = bytearray(data)
                for _ in range(rng.choice((1, 3, 30))):
                    damaged[rng.randrange(len(damaged))] = rng.randrange(256)
                done = replay(bytes(damaged), code=None)
                self.assertIn(done.code, (0, 1))
                self.assertIsInstance(done.records, list)

    def test_packets_of_noise(self):
        rng = random.Random(4)
        noise = [(wire.START + i, rng.randbytes(rng.randrange(0, 200))) for i in range(3000)]
        for link in (0, 1, 101, 108, 113, 228, 229, 276):
            with self.subTest(link=link):
                done = replay(pcap(noise, link))
                self.assertEqual(done.counter("packets"), 3000)

    def test_unknown_link_type_is_said(self):
        done = replay(pcap(self.packets, 147))
        self.assertEqual(done.counter("frames_unsupported_link"), len(self.packets))


class Damage(Case):
    def test_tls_records_that_do_not_decrypt(self):
        """A flipped byte in a record: that exchange is marked, those before it stand."""
        keys = KeyLog()
        for version in ("1.2", "1.3"):
            segments = list(sample.encrypted(keys, version).segments)
            data = [i for i, segment in enumerate(segments) if segment.src == sample.SERVER_TLS and len(segment.payload) > 200]
            i = data[-2]
            flipped = bytearray(segments[i].payload)
            flipped[150] ^= 1
            segments[i] = dataclasses.replace(segments[i], payload=bytes(flipped))
            done = replay(pcap(wire.frames(segments)), options=["--keylog", scope.file(keys.text(), "k")])
            with self.subTest(version=version):
                self.assertEqual(facts(done.exchanges[0]), sample.facts()[0])
                self.assertGreaterEqual(done.counter("tls_bad_records"), 1)
                self.assertTrue(any(exchange["defects"] for exchange in done.exchanges) or len(done.exchanges) < 7)

    def test_neither_tls_nor_http(self):
        talk = wire.Conversation(sample.CLIENT, ("203.0.113.10", 443)).open()
        rng = random.Random(5)
        for _ in range(20):
            talk.client_sends(rng.randbytes(500)).server_sends(rng.randbytes(3000))
        done = replay(pcap(wire.frames(talk.close().segments)))
        self.assertEqual((done.exchanges, done.counter("streams_unknown")), ([], 1))


class Bounds(Case):
    """Memory does not follow the input."""

    def peak(self, data, *options):
        """Peak resident memory in MiB. A small process starts the program: a child counts its parent's memory too."""
        starter = ("import resource, subprocess, sys\n"
                   "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n"
                   "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
        done = subprocess.run([sys.executable, "-c", starter, scope.PROGRAM, "replay", "--format", "jsonl", *options, scope.file(data)],
                              capture_output=True, check=True, timeout=scope.PATIENCE)
        return int(done.stdout) >> 10

    def test_very_many_tiny_flows(self):
        syn = bytearray(wire.frames([wire.Segment(wire.START, ("10.0.0.1", 1), ("203.0.113.10", 443), 7, 0, wire.SYN)])[0][1])
        def flows(count):
            out = [pcap([])]
            for i in range(count):
                syn[26:30] = struct.pack("!I", 0x0A000000 + i // 50)
                syn[34:36] = struct.pack("!H", 1024 + i % 50)
                out.append(struct.pack("<IIII", 1_773_500_400 + i // 100_000, i % 100_000 * 10, len(syn), len(syn)) + syn)
            return b"".join(out)
        done = replay(flows(200_000))
        self.assertEqual(done.counter("packets"), 200_000)
        if not SANITIZED:
            self.assertLess(self.peak(flows(1_000_000)), 200)

    def test_endless_messages(self):
        """Heads and bodies without end are cut and counted; a missing segment is not waited for in all memory."""
        big = b"x" * 1_000_000
        cases = {"request head": [b"GET / HTTP/1.1\r\nHost: a\r\nX: " + big * 40, b""],
                 "response body": [b"GET / HTTP/1.1\r\nHost: sessiondirectory.xboxlive.com\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n" + big * 60],
                 "pipelining": [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 200_000, b""]}
        for name, (client, server) in cases.items():
            talk = wire.Conversation(sample.CLIENT, sample.SERVER, mss=60_000).open()
            talk.client_sends(client).server_sends(server)
            with self.subTest(name):
                peak = self.peak(pcap(wire.frames(talk.segments)))
                self.assertTrue(SANITIZED or peak < 200, peak)
        talk = wire.Conversation(sample.CLIENT, sample.SERVER, mss=60_000).open()
        talk.client_sends(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").server_sends(big * 60)
        with self.subTest("gap"):
            peak = self.peak(pcap(wire.frames(wire.lose(talk.segments, 5))))
            self.assertTrue(SANITIZED or peak < 200, peak)

    def test_compressed_heads(self):
        """Heads of a few bytes that stand for many kilobytes: calls of the service that are long on their way to the output."""
        def entry(name, value):  # RFC 7541 section 6.2.1, a length of four bytes at most
            return b"\x40" + bytes([len(name)]) + name + b"\x7f" + bytes([(len(value) - 127) & 0x7f | 0x80, (len(value) - 127) >> 7]) + value
        path = b"/serviceconfigs/" + b"s" * 1000 + b"/sessiontemplates/t/sessions/" + b"n" * 950
        def head(stream, block):
            return http_message.h2_frame(1, 5, stream, block)
        client = http_message.PREFACE + http_message.h2_frame(4, 0, 0) + head(
            1, b"\x82\x87" + entry(b":path", path) + b"\x01\x1dsessiondirectory.xboxlive.com" + entry(b"x", b"y" * 1800))
        server = http_message.h2_frame(4, 0, 0) + head(1, b"\x88" + entry(b"x", b"y" * 3900))
        talk = wire.Conversation(sample.CLIENT, sample.SERVER, mss=60_000).open().client_sends(client).server_sends(server)
        for first in range(3, 60_003, 200):
            streams = range(first, first + 200, 2)
            talk.client_sends(b"".join(head(stream, b"\x82\x87\xbf\x01\x1dsessiondirectory.xboxlive.com" + b"\xbe" * 8) for stream in streams))
            talk.server_sends(b"".join(head(stream, b"\x88" + b"\xbe" * 4) for stream in streams))
        data = pcap(wire.frames(talk.close().segments))
        done = replay(data)
        self.assertEqual(len(done.exchanges), 30_001)
        self.assertEqual({exchange["row"] for exchange in done.exchanges}, {"200"})
        self.assertGreater(done.counter("calls_cut"), 0)
        self.assertTrue(SANITIZED or self.peak(data) < 200)


if __name__ == "__main__":
    scope.main()
