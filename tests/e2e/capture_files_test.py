"""The same conversation in every kind of capture file, link type and IP version gives the same exchanges."""
import dataclasses
import gzip
import itertools
import re
import subprocess

import scope
from scope import Case, replay, run

import sample
import wire
from capture_file import Pcapng, pcap, pcapng
from tls_channel import KeyLog

LINK = wire.LINK_TYPE


class Same(Case):
    def same(self, *captures, **how):
        done = replay(*captures, **how)
        self.assertFacts(done, sample.facts())
        self.assertEqual(done.summary["problems"], [])
        return done

    def setUp(self):
        self.segments = sample.plain().segments
        self.packets = wire.frames(self.segments)


class Links(Same):
    def test_link_types_with_both_ip_versions(self):
        six = sample.plain(sample.CLIENT6, sample.SERVER6).segments
        for link, number in LINK.items():
            for version, segments in (("4", self.segments), ("6", six)):
                if link.startswith("ipv") and link[-1] != version:
                    continue
                with self.subTest(link=link, ip=version):
                    self.same(pcap(wire.frames(segments, link), number))

    def test_bsd_numbers_of_ipv6(self):
        """The loopback header's family of IPv6 is 24 on NetBSD, 28 on FreeBSD, 30 on macOS, 10 on Linux."""
        six = wire.frames(sample.plain(sample.CLIENT6, sample.SERVER6).segments, "null")
        for family in (24, 28, 30):
            with self.subTest(family=family):
                self.same(pcap([(time, bytes([family]) + frame[1:]) for time, frame in six], LINK["null"]))

    def test_fragments(self):
        six = sample.plain(sample.CLIENT6, sample.SERVER6).segments
        for (name, segments), size, backwards in itertools.product((("4", self.segments), ("6", six)), (8, 104, 1000), (False, True)):
            with self.subTest(ip=name, size=size, backwards=backwards):
                done = self.same(pcap(wire.frames(segments, fragment=size, backwards=backwards)))
                self.assertGreater(done.counter("fragments"), 0)

    def test_fragments_of_two_conversations_interleaved(self):
        """Same identification numbers, different hosts."""
        one = wire.frames(self.segments, fragment=104)
        two = wire.frames(sample.plain(client=("10.20.0.44", 51000)).segments, fragment=104)
        done = replay(pcap([packet for pair in zip(one, two) for packet in pair]))
        self.assertEqual(len(done.exchanges), 14)
        for address in ("10.20.0.11", "10.20.0.44"):
            self.assertFacts([x for x in done.exchanges if x["client"].startswith(address)], sample.facts())

    def test_ipv6_extension_headers(self):
        six = sample.plain(sample.CLIENT6, sample.SERVER6).segments
        for extensions in ((wire.HOP_BY_HOP,), (wire.DESTINATION,), (wire.HOP_BY_HOP, wire.DESTINATION, wire.DESTINATION)):
            for fragment in (None, 400):
                with self.subTest(extensions=extensions, fragment=fragment):
                    self.same(pcap(wire.frames(six, extensions=extensions, fragment=fragment)))

    def test_ipv4_options(self):
        packets = [(s.time, wire.frame("ethernet", wire.ipv4(s.src[0], s.dst[0], s.bytes(), options=b"\x94\4\0\0\1\1\1\0")))
                   for s in self.segments]
        self.same(pcap(packets))


class Files(Same):
    def test_pcap_flavours(self):
        for nanoseconds, big_endian in itertools.product((False, True), repeat=2):
            with self.subTest(nanoseconds=nanoseconds, big_endian=big_endian):
                done = self.same(pcap(self.packets, nanoseconds=nanoseconds, big_endian=big_endian))
                self.assertEqual(done.exchanges[0]["ts"], "2026-03-14T15:00:00.001000Z")

    def test_pcapng_flavours(self):
        for big_endian, resolution in itertools.product(
                (False, True), ({}, {"decimals": 3}, {"decimals": 6}, {"decimals": 9}, {"binary": 20}, {"binary": 30},
                                {"decimals": 6, "offset": 1_700_000_000})):
            with self.subTest(big_endian=big_endian, **resolution):
                done = self.same(pcapng(self.packets, big_endian=big_endian, **resolution))
                self.assertEqual(done.exchanges[0]["ts"][:21], "2026-03-14T15:00:00.0")

    def test_sections_and_interfaces(self):
        """Interface numbers begin anew in each section, byte orders and link types differ."""
        third = len(self.packets) // 3
        file = Pcapng().interface(LINK["raw"]).comment().interface(decimals=9).packets(self.packets[:third], interface=1)
        file.section(big_endian=True).interface(decimals=3)
        file.packets([(time // wire.MILLISECOND * wire.MILLISECOND, frame) for time, frame in self.packets[third:2 * third]])
        file.comment().section().interface(LINK["sll2"]).comment()
        file.packets(wire.frames(self.segments[2 * third:], "sll2"))
        self.same(file.bytes())

    def test_simple_packet_blocks_have_no_time_and_say_so_or_pass(self):
        file = Pcapng().interface(snaplen=65535)
        for _, frame in self.packets:
            file.block(3, len(frame).to_bytes(4, "little") + frame)
        self.assertEqual(len(replay(file.bytes()).exchanges), len(sample.facts()))

    def test_compression(self):
        for form in (pcap(self.packets), pcapng(self.packets)):
            plain = self.same(form)
            path = scope.file(form)
            zstd = subprocess.run(["zstd", "-c", path], capture_output=True, check=True).stdout
            long = subprocess.run(["zstd", "-c", "-19", "--long=24", path], capture_output=True, check=True).stdout
            for name, data in (("gzip", gzip.compress(form)), ("zstd", zstd), ("zstd --long", long),
                               ("two zstd frames", subprocess.run(["zstd", "-c"], input=form[:2000], capture_output=True).stdout
                                + subprocess.run(["zstd", "-c"], input=form[2000:], capture_output=True).stdout)):
                with self.subTest(name):
                    self.assertEqual(self.same(data).body(), plain.body())
                    self.assertEqual(self.same("-", stdin=data).body(), plain.body())

    def test_several_files_are_one_capture_in_order_of_time(self):
        half = len(self.packets) // 2
        first, second = pcap(self.packets[:half]), pcapng(self.packets[half:], decimals=9)
        whole = self.same(pcap(self.packets))
        for files in ((first, second), (second, first), (gzip.compress(second), first)):
            self.assertEqual(self.same(*files).of_type("exchange"), whole.of_type("exchange"))
        odd, even = pcap(self.packets[1::2]), pcap(self.packets[::2])
        self.assertEqual(self.same(odd, even).of_type("exchange"), whole.of_type("exchange"))

    def test_one_file_from_each_direction(self):
        """Two taps, one for each direction, each with the link type of its place."""
        self.same(pcap(wire.frames(wire.only(self.segments, sample.CLIENT), "sll"), LINK["sll"]),
                  pcap(wire.frames(wire.only(self.segments, sample.SERVER), "vlan")))

    def test_taps_whose_clocks_differ_are_named(self):
        def taps(seconds):
            late = [dataclasses.replace(segment, time=segment.time + int(seconds * 10**9)) for segment in wire.only(self.segments, sample.SERVER)]
            files = scope.file(pcap(wire.frames(wire.only(self.segments, sample.CLIENT))), "client.pcap"), scope.file(pcap(wire.frames(late)), "server.pcap")
            return replay(*files)
        self.assertEqual(taps(0.5).summary["problems"], [])
        for seconds, ahead in ((30, "server.pcap"), (-30, "client.pcap")):
            done = taps(seconds)
            with self.subTest(seconds):
                self.assertEqual(len(done.summary["problems"]), 1)
                self.assertRegex(done.summary["problems"][0], rf"the clock of \S*{ahead} seems to be (29\.9|30\.0|30\.1) s ahead")
                self.assertIn(done.summary["problems"][0], done.err)

    def test_empty_captures_are_clean(self):
        for data in (pcap([]), Pcapng().bytes(), Pcapng().interface().bytes()):
            done = replay(data)
            self.assertEqual((done.exchanges, done.summary["calls"]), ([], 0))


class Secrets(Same):
    """Where the secrets come from and when makes no difference."""

    def setUp(self):
        self.keys = KeyLog()
        self.packets = wire.frames(sample.encrypted(self.keys).segments)

    def test_places(self):
        keys = self.keys.text()
        middle = len(self.packets) // 2
        between = Pcapng().interface().packets(self.packets[:middle]).secrets(keys).packets(self.packets[middle:]).bytes()
        lines = keys.splitlines(keepends=True)
        scattered = Pcapng().interface().packets(self.packets)
        for line in lines:
            scattered.secrets(line)
        # A pcapng that holds nothing but secrets, as tools write it beside a capture.
        apart = Pcapng().interface().secrets(keys).bytes()
        options = ["--keylog", scope.file(keys, "keys.log")]
        halves = ["--keylog", scope.file("".join(lines[:2]), "a.log"), "--keylog", scope.file("".join(lines[2:]), "b.log")]
        places = {"before": ([pcapng(self.packets, keylog=keys)], []),
                  "after all packets": ([pcapng(self.packets, keylog=keys, secrets_last=True)], []),
                  "between": ([between], []), "scattered": ([scattered.bytes()], []),
                  "in another file": ([pcap(self.packets), apart], []), "in a key log": ([pcap(self.packets)], options),
                  "in two key logs": ([pcap(self.packets)], halves),
                  "in both": ([pcapng(self.packets, keylog=keys)], options)}
        for name, (captures, arguments) in places.items():
            with self.subTest(name):
                self.same(*captures, options=arguments)
        with self.subTest("after all packets, by stdin"):
            self.same("-", stdin=pcapng(self.packets, keylog=keys, secrets_last=True))

    def test_untidy_key_logs(self):
        keys = self.keys.text()
        untidy = {"Windows line ends": keys.replace("\n", "\r\n"), "no last line end": keys.rstrip("\n"),
                  "upper-case": "\n".join(f"{a} {b.upper()} {c.upper()}" for a, b, c in map(str.split, keys.splitlines())),
                  "comments and rubbish": "# a comment\n\n\0\xff rubbish\nCLIENT_RANDOM zz zz\nRSA 12 34\n" + keys + "CLIENT_RAN",
                  "every line twice": "".join(line * 2 for line in keys.splitlines(keepends=True))}
        for name, text in untidy.items():
            with self.subTest(name):
                self.same(pcap(self.packets), options=["--keylog", scope.file(text, "keys.log")])

    def test_without_key_it_names_the_host(self):
        for options in ([], ["--keylog", scope.file("", "keys.log")],
                        ["--keylog", scope.file(re.sub(" [0-9a-f]{8}", " 01234567", self.keys.text()), "keys.log")]):
            done = replay(pcap(self.packets), options=options)
            self.assertEqual(done.exchanges, [])
            self.assertEqual(len(done.summary["undecrypted"]), 1)
            self.assertEqual(done.summary["undecrypted"][0]["name"], "sessiondirectory.xboxlive.com")
        pretty = run("replay", "--format", "pretty", scope.file(pcap(self.packets)))
        self.assertIn("sessiondirectory.xboxlive.com", pretty.out.decode() + pretty.err)

    def test_missing_key_log(self):
        done = replay(pcap(self.packets), options=["--keylog", "/nonexistent/keys.log"], code=1)
        self.assertIn("/nonexistent/keys.log", done.err)

    def test_no_key_reaches_the_output(self):
        for options in (["--format", "jsonl"], ["--format", "pretty"]):
            done = run("replay", *options, scope.file(pcapng(self.packets, keylog=self.keys.text())))
            for line in self.keys.text().splitlines():
                self.assertNotIn(line.split()[2], done.out.decode() + done.err)


if __name__ == "__main__":
    scope.main()
