"""IP fragments as networks, taps and attackers deliver them: a whole datagram, or none of it, reaches TCP above."""
import dataclasses
import operator
import random

import scope
from scope import Case, replay

import sample
import wire
from capture_file import pcap

SIZE = 104  # bytes of a fragment's payload
ENDS = {"4": (sample.CLIENT, sample.SERVER), "6": (sample.CLIENT6, sample.SERVER6)}


class Datagram:
    """A TCP segment in fragments, which arrive at its time."""

    def __init__(self, segment, ident):
        self.segment, self.ident = segment, ident
        self.length = len(segment.bytes())
        self.pieces = [self.packet(at) for at in range(0, self.length, SIZE)]

    def packet(self, begin, later=0):
        """(time, frame) of the fragment that begins there."""
        return self.segment.time + later, wire.frame("ethernet", wire.ip_fragment(self.segment, self.ident, begin, begin + SIZE))


def conversation(version):
    return [Datagram(segment, ident) for ident, segment in enumerate(sample.plain(*ENDS[version]).segments, 1)]


def flat(lists):
    return [one for some in lists for one in some]


def shuffled(pieces, seed):
    return random.Random(seed).sample(pieces, len(pieces))


# Each orders the fragments of a datagram.
HARMLESS = {
    "in order": list,
    "the last one first": lambda p: p[-1:] + p[:-1],
    "backwards": operator.itemgetter(slice(None, None, -1)),
    "every other one later": lambda p: p[::2] + p[1::2],
    "each one twice": lambda p: flat((piece, piece) for piece in p),
    "all of them twice": lambda p: p + p,
    "all of them twice, backwards": lambda p: p[::-1] * 2,
    "shuffled, some twice": lambda p: shuffled(p + p[:2], 1),
}

# Each makes a datagram incomplete or void: what arrives in place of it, and what does long after. All of it is dropped.
HARMFUL = {
    "the first one missing": lambda d: (d.pieces[1:], []),
    "one missing": lambda d: (d.pieces[:2] + d.pieces[3:], []),
    "the last one missing": lambda d: (d.pieces[:-1], []),
    "the last one too late": lambda d: (d.pieces[:-1], [d.packet((len(d.pieces) - 1) * SIZE, 30 * wire.SECOND + 1000)]),
    "one overlaps": lambda d: (d.pieces[:2] + [d.packet(SIZE - 8)] + d.pieces[2:], []),
    "one overlaps, backwards": lambda d: (d.pieces[:1:-1] + [d.packet(SIZE - 8)] + d.pieces[1::-1], []),
    "one beyond the end": lambda d: (d.pieces[-1:] + [beyond(d)] + d.pieces[:-1], []),
}


def beyond(datagram):
    longer = Datagram(dataclasses.replace(datagram.segment, payload=datagram.segment.payload + b"x" * SIZE), datagram.ident)
    return longer.pieces[-1]


class Fragments(Case):
    def each(self, cases, check):
        for version in ENDS:
            for name, case in cases.items():
                with self.subTest(name, ip=version):
                    check(conversation(version), case)

    def test_any_order_and_duplicates_change_nothing(self):
        def check(datagrams, order):
            done = replay(pcap(flat(order(datagram.pieces) for datagram in datagrams)))
            self.assertFacts(done, sample.facts())
            self.assertGreater(done.counter("fragments"), 50)
            self.assertEqual(done.counter("fragments_dropped"), 0)
        self.each(HARMLESS, check)

    def test_datagrams_are_told_apart(self):
        """Of three that follow each other the fragments arrive mingled."""
        def check(datagrams, seed):
            groups = [flat(d.pieces for d in datagrams[at:at + 3]) for at in range(0, len(datagrams), 3)]
            packets = [(group[-1][0], piece) for group in groups for _, piece in shuffled(group, seed)]
            done = replay(pcap(packets))
            self.assertFacts(done, sample.facts())
            self.assertEqual(done.counter("fragments_dropped"), 0)
        self.each({f"mingled {seed}": seed for seed in range(3)}, check)

    def replayed(self, datagrams, harm, again):
        """The run, with harm done to the head of the third response; `again`: TCP sends that segment again."""
        place = next(i for i, datagram in enumerate(datagrams) if b"HTTP/1.1 200" in datagram.segment.payload)
        now, late = harm(datagrams[place])
        packets = [datagram.pieces for datagram in datagrams]
        packets[place] = now
        if again:
            resent = dataclasses.replace(datagrams[place].segment, time=datagrams[place + 2].segment.time)
            packets.insert(place + 3, Datagram(resent, ident=9999).pieces)
        done = replay(pcap(flat(packets) + late))
        self.assertEqual(done.counter("fragments_dropped"), len(now + late))
        return done

    def test_tcp_sends_again_what_was_void(self):
        def check(datagrams, harm):
            done = self.replayed(datagrams, harm, again=True)
            self.assertFacts(done, sample.facts())
            self.assertEqual(done.counter("tcp_gaps"), 0)
        self.each(HARMFUL, check)

    def test_what_stays_void_is_a_gap_of_one_segment(self):
        def check(datagrams, harm):
            done = self.replayed(datagrams, harm, again=False)
            self.assertEqual(done.counter("tcp_gaps"), 1)
            expected = sample.facts()
            self.assertEqual([x["defects"] for x in done.exchanges], [["response-gap"] if i == 2 else [] for i in range(len(expected))])
            self.assertFacts([x for i, x in enumerate(done.exchanges) if i != 2], expected[:2] + expected[3:])
        self.each(HARMFUL, check)


if __name__ == "__main__":
    scope.main()
