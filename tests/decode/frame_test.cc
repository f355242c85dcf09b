#include "decode/frame.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/decode/testing/capture_bytes.h"
#include "tests/decode/testing/frame_tester.h"

namespace mpsdscope {
namespace {

using testing::Blob;
using testing::operator+;
using testing::at;
using testing::ethernet;
using testing::fragment_header;
using Decoder = testing::FrameTester;
using testing::Ipv4;
using testing::ipv4;
using testing::ipv6;
using testing::kEtherIpv6;
using testing::number;
using testing::Tcp;
using testing::tcp;

// Every packet ends in exactly one of these.
std::uint64_t outcomes(const DecodeReport& report) {
  std::uint64_t sum = 0;
  for (const Counter counter :
       {Counter::segments, Counter::frames_unsupported_link, Counter::frames_not_ip,
        Counter::frames_not_tcp, Counter::frames_quic, Counter::frames_malformed}) {
    sum += report[counter];
  }
  return sum;
}

TEST(Frame, ReadsEveryFieldOfATcpSegment) {
  Decoder d;
  Tcp t;
  t.options = 12;
  ASSERT_TRUE(d.decode(ethernet(ipv4(tcp(t))), LinkType::ethernet, 0, at(77)));
  EXPECT_EQ(d.segment.source.to_string(), "192.0.2.1:50000");
  EXPECT_EQ(d.segment.destination.to_string(), "192.0.2.200:443");
  EXPECT_EQ(d.segment.sequence, 1000U);
  EXPECT_EQ(d.segment.acknowledgment, 2000U);
  EXPECT_EQ(d.segment.flags, 0x18);
  EXPECT_EQ(d.segment.missing, 0U);
  EXPECT_EQ(d.segment.time, at(77));
  EXPECT_EQ(d.segment.packet_number, 1U);
  EXPECT_EQ(d.payload, "hello");
  ASSERT_TRUE(d.decode(ethernet(ipv6(tcp({})), kEtherIpv6)));
  EXPECT_EQ(d.segment.source.to_string(), "[2001:db8::1]:50000");
  EXPECT_EQ(d.segment.destination.to_string(), "[2001:db8::2]:443");
  EXPECT_EQ(d.payload, "hello");
  EXPECT_EQ(d.report[Counter::segments], 2U);
}

struct Variant {
  std::string name;
  LinkType link;
  Blob bytes;
};

std::vector<Variant> variants() {
  const Blob four = ipv4(tcp({}));
  const Blob six = ipv6(tcp({}));
  const Blob q = number(7, 2) + number(0x0800, 2);  // a VLAN tag's rest, IPv4 behind it
  const Blob sll(14, 0);
  std::vector<Variant> v{
      {"Ethernet with padding", LinkType::ethernet, ethernet(four) + Blob(11, 0xee)},
      {"802.1Q", LinkType::ethernet, ethernet(q + four, 0x8100)},
      {"QinQ", LinkType::ethernet, ethernet(number(9, 2) + number(0x8100, 2) + q + four, 0x88a8)},
      {"QinQ, old", LinkType::ethernet,
       ethernet(number(9, 2) + number(0x8100, 2) + q + four, 0x9100)},
      {"four tags", LinkType::ethernet,
       ethernet(number(9, 2) + number(0x8100, 2) + number(9, 2) + number(0x9200, 2) + number(9, 2) +
                    number(0x8100, 2) + q + four,
                0x88a8)},
      {"PPPoE", LinkType::ethernet,
       ethernet(Blob{0x11, 0, 0, 1} + number(four.size() + 2, 2) + number(0x21, 2) + four, 0x8864)},
      {"PPPoE, IPv6", LinkType::ethernet,
       ethernet(Blob{0x11, 0, 0, 1} + number(six.size() + 2, 2) + number(0x57, 2) + six, 0x8864)},
      {"cooked v1", LinkType::linux_sll, sll + number(0x0800, 2) + four},
      {"cooked v1, VLAN", LinkType::linux_sll, sll + number(0x8100, 2) + q + four},
      {"cooked v1, IPv6", LinkType::linux_sll, sll + number(0x86dd, 2) + six},
      {"cooked v2", LinkType::linux_sll2, number(0x0800, 2) + Blob(18, 0) + four},
      {"cooked v2, IPv6", LinkType::linux_sll2, number(0x86dd, 2) + Blob(18, 0) + six},
      {"IPv4", LinkType::ipv4, four},
      {"IPv6", LinkType::ipv6, six},
  };
  for (const LinkType raw : {LinkType::raw, LinkType::raw_bsd, LinkType::raw_openbsd}) {
    v.push_back({"raw IPv4", raw, four});
    v.push_back({"raw IPv6", raw, six});
  }
  for (const LinkType link : {LinkType::null, LinkType::loop}) {
    for (const bool big : {false, true}) {
      v.push_back({"loopback IPv4", link, number(2, 4, big) + four});
      for (const unsigned family : {10U, 24U, 28U, 30U}) {
        v.push_back({"loopback IPv6", link, number(family, 4, big) + six});
      }
    }
  }
  Ipv4 options;
  options.options = 40;
  v.push_back({"IPv4 options", LinkType::raw, ipv4(tcp({}), options)});
  Ipv4 offloaded;
  offloaded.total_length = 0;
  v.push_back({"IPv4 without total length", LinkType::raw, ipv4(tcp({}), offloaded)});
  v.push_back({"IPv6 without payload length", LinkType::raw, ipv6(tcp({}), 6, 0)});
  const Blob ext8{6, 0, 1, 4, 0, 0, 0, 0};
  for (const int type : {0, 43, 60, 135, 139, 140}) {
    v.push_back({"IPv6 extension header", LinkType::raw,
                 ipv6(ext8 + tcp({}), static_cast<std::uint8_t>(type))});
  }
  const Blob chain = Blob{60, 0, 1, 4, 0, 0, 0, 0} + Blob{43, 1} + Blob(14, 0) +
                     Blob{51, 0, 0, 0, 0, 0, 0, 0} + Blob{6, 4} + Blob(22, 0) + tcp({});
  v.push_back({"IPv6 chain of headers", LinkType::raw, ipv6(chain, 0)});
  v.push_back(
      {"IPv6 atomic fragment", LinkType::raw, ipv6(fragment_header(6, 0, false, 99, tcp({})), 44)});
  Ipv4 ah;
  ah.protocol = 51;
  v.push_back({"IPv4 AH", LinkType::raw, ipv4(Blob{6, 4} + Blob(22, 0) + tcp({}), ah)});
  const auto tunnel = [&](std::uint8_t protocol, const Blob& inner) {
    Ipv4 outer;
    outer.protocol = protocol;
    outer.last_source_byte = 77;
    return ipv4(inner, outer);
  };
  v.push_back({"IPv4 in IPv4", LinkType::raw, tunnel(4, four)});
  v.push_back({"IPv6 in IPv4", LinkType::raw, tunnel(41, six)});
  v.push_back({"IPv4 in IPv6", LinkType::raw, ipv6(four, 4)});
  v.push_back({"two tunnels", LinkType::raw, tunnel(4, tunnel(4, four))});
  v.push_back({"GRE", LinkType::raw, tunnel(47, number(0, 2) + number(0x0800, 2) + four)});
  v.push_back({"GRE with everything", LinkType::raw,
               tunnel(47, number(0xb000, 2) + number(0x86dd, 2) + Blob(12, 1) + six)});
  v.push_back({"GRE with Ethernet", LinkType::raw,
               tunnel(47, number(0, 2) + number(0x6558, 2) + ethernet(four))});
  return v;
}

TEST(Frame, FindsTcpInEveryVariant) {
  for (const Variant& variant : variants()) {
    Decoder d;
    ASSERT_TRUE(d.decode(variant.bytes, variant.link)) << variant.name;
    EXPECT_EQ(d.payload, "hello") << variant.name;
    EXPECT_EQ(d.segment.missing, 0U) << variant.name;
    EXPECT_EQ(d.segment.source.port, 50000) << variant.name;
    const std::string host = d.segment.source.address.to_string();
    EXPECT_TRUE(host == "192.0.2.1" || host == "2001:db8::1") << variant.name << " " << host;
    EXPECT_TRUE(d.datagrams.empty());
  }
}

TEST(Frame, CutAnywhereItIsEitherASegmentOfThePrefixOrCounted) {
  for (const Variant& variant : variants()) {
    if (variant.name.find("padding") != std::string::npos) continue;
    for (std::size_t length = 0; length < variant.bytes.size(); ++length) {
      Decoder d;
      const Blob cut(variant.bytes.begin(),
                     variant.bytes.begin() + static_cast<std::ptrdiff_t>(length));
      const bool decoded = d.decode(cut, variant.link, variant.bytes.size());
      EXPECT_EQ(d.report[Counter::packets_cut], 1U);
      // The TCP header is 20 bytes, the data behind it 5.
      EXPECT_EQ(decoded, length >= variant.bytes.size() - 5) << variant.name << " " << length;
      if (decoded) {
        EXPECT_EQ(d.payload + std::string("hello").substr(d.payload.size()), "hello");
        EXPECT_EQ(d.payload.size() + d.segment.missing, 5U) << variant.name << " " << length;
      } else {
        EXPECT_EQ(d.report[Counter::frames_malformed], 1U) << variant.name << " " << length;
      }
    }
  }
}

// Usual packets are read in one go, those without a link layer never: whatever a byte is, and
// wherever the frame ends, both must come to the same.
TEST(Frame, UsualPacketsAreReadLikeAllOthers) {
  Tcp t;
  t.options = 12;
  const Blob whole = ethernet(ipv4(tcp(t))) + Blob(6, 0);  // padding
  constexpr std::size_t kIp = 14;
  const auto same = [&](const Blob& frame, std::size_t original) {
    Decoder usual, other;
    const bool decoded = usual.decode(frame, LinkType::ethernet, original);
    const Blob packet(frame.begin() + kIp, frame.end());
    ASSERT_EQ(other.decode(packet, LinkType::ipv4, original - kIp), decoded);
    EXPECT_EQ(usual.report[Counter::frames_malformed], other.report[Counter::frames_malformed]);
    EXPECT_EQ(usual.report[Counter::frames_not_tcp], other.report[Counter::frames_not_tcp]);
    if (!decoded) return;
    EXPECT_EQ(usual.segment.source, other.segment.source);
    EXPECT_EQ(usual.segment.destination, other.segment.destination);
    EXPECT_EQ(usual.segment.sequence, other.segment.sequence);
    EXPECT_EQ(usual.segment.acknowledgment, other.segment.acknowledgment);
    EXPECT_EQ(usual.segment.flags, other.segment.flags);
    EXPECT_EQ(usual.segment.missing, other.segment.missing);
    EXPECT_EQ(usual.payload, other.payload);
  };
  for (std::size_t i = kIp; i < whole.size(); ++i) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      Blob frame = whole;
      frame[i] = static_cast<Blob::value_type>(byte);
      same(frame, frame.size());
    }
  }
  for (std::size_t size = kIp + 1; size <= whole.size(); ++size) {
    same(Blob(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)), size);
    same(Blob(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)), whole.size());
  }
}

TEST(Frame, ASnapLengthWithinTheTcpOptionsKeepsTheHeader) {
  Tcp t;
  t.options = 12;
  const Blob whole = ethernet(ipv4(tcp(t)));
  Decoder d;
  ASSERT_TRUE(d.decode(Blob(whole.begin(), whole.begin() + 14 + 20 + 24), LinkType::ethernet,
                       whole.size()));
  EXPECT_EQ(d.payload, "");
  EXPECT_EQ(d.segment.missing, 5U);
}

TEST(Frame, OffloadedPacketsOfAnySize) {
  for (const std::size_t size : {65'495U, 200'000U}) {
    Tcp t;
    t.payload.assign(size, 'x');
    Ipv4 ip;
    ip.total_length = size > 65'495 ? 0 : -1;
    Decoder d;
    ASSERT_TRUE(d.decode(ethernet(ipv4(tcp(t), ip))));
    EXPECT_EQ(d.payload.size(), size);
    ASSERT_TRUE(d.decode(ethernet(ipv6(tcp(t), 6, size > 65'495 ? 0 : -1), kEtherIpv6)));
    EXPECT_EQ(d.payload.size(), size);
    const Blob whole = ethernet(ipv4(tcp(t), ip));
    ASSERT_TRUE(
        d.decode(Blob(whole.begin(), whole.begin() + 1000), LinkType::ethernet, whole.size()));
    EXPECT_EQ(d.payload.size() + d.segment.missing, size);
  }
}

TEST(Frame, CountsWhatIsNotTcp) {
  Ipv4 udp;
  udp.protocol = 17;
  const auto datagram = [&](std::uint16_t from, std::uint16_t to) {
    return ethernet(ipv4(number(from, 2) + number(to, 2) + Blob(8, 0), udp));
  };
  Ipv4 bad_length;
  bad_length.total_length = 10;
  Ipv4 gre;
  gre.protocol = 47;
  Ipv4 esp;
  esp.protocol = 50;
  Ipv4 nested;
  nested.protocol = 4;
  Blob bad_offset = ethernet(ipv4(tcp({})));
  bad_offset[14 + 20 + 12] = 0x40;
  Blob long_offset = ethernet(ipv4(tcp({})));
  long_offset[14 + 20 + 12] = 0xf0;
  Blob short_header = ethernet(ipv4(tcp({})));
  short_header[14] = 0x44;
  struct Case {
    std::string name;
    Blob bytes;
    LinkType link;
    Counter counter;
  };
  const LinkType eth = LinkType::ethernet;
  const Case cases[] = {
      {"ARP", ethernet(Blob(28), 0x0806), eth, Counter::frames_not_ip},
      {"802.3 length", ethernet(Blob(40), 0x0028), eth, Counter::frames_not_ip},
      {"PPPoE control", ethernet(Blob{0x11, 0, 0, 1, 0, 4, 0xc0, 0x21}, 0x8864), eth,
       Counter::frames_not_ip},
      {"loopback, another family", number(7, 4) + Blob(40), LinkType::null, Counter::frames_not_ip},
      {"raw, another version", Blob(40, 0x10), LinkType::raw, Counter::frames_not_ip},
      {"802.11", Blob(60), static_cast<LinkType>(105), Counter::frames_unsupported_link},
      {"UDP", datagram(53, 5353), eth, Counter::frames_not_tcp},
      {"QUIC to the server", datagram(40000, 443), eth, Counter::frames_quic},
      {"QUIC to the client", datagram(443, 40000), eth, Counter::frames_quic},
      {"IPv4 ESP", ethernet(ipv4(Blob(40), esp)), eth, Counter::frames_not_tcp},
      {"IPv6 no next header", ethernet(ipv6({}, 59), kEtherIpv6), eth, Counter::frames_not_tcp},
      {"three tunnels", ethernet(ipv4(ipv4(ipv4(ipv4(tcp({})), nested), nested), nested)), eth,
       Counter::frames_not_tcp},
      {"GRE, another protocol", ethernet(ipv4(number(0, 2) + number(0x880b, 2) + Blob(20), gre)),
       eth, Counter::frames_not_tcp},
      {"GRE version 1", ethernet(ipv4(number(1, 2) + number(0x0800, 2) + Blob(20), gre)), eth,
       Counter::frames_not_tcp},
      {"empty", {}, eth, Counter::frames_malformed},
      {"EtherType and version differ", ethernet(ipv6(tcp({}))), eth, Counter::frames_malformed},
      {"IPv4 header too short", short_header, eth, Counter::frames_malformed},
      {"IPv4 total length too short", ethernet(ipv4(tcp({}), bad_length)), eth,
       Counter::frames_malformed},
      {"TCP data offset too small", bad_offset, eth, Counter::frames_malformed},
      {"TCP data offset too large", long_offset, eth, Counter::frames_malformed},
      {"IPv6 extension header too long", ethernet(ipv6(Blob{6, 9} + tcp({}), 0), kEtherIpv6), eth,
       Counter::frames_malformed},
  };
  for (const Case& c : cases) {
    Decoder d;
    EXPECT_FALSE(d.decode(c.bytes, c.link)) << c.name;
    EXPECT_EQ(d.report[c.counter], 1U) << c.name;
    EXPECT_EQ(outcomes(d.report), 1U) << c.name;
    EXPECT_EQ(d.report[Counter::packets], 1U);
    EXPECT_EQ(d.report[Counter::packet_bytes], c.bytes.size());
  }
}

}  // namespace
}  // namespace mpsdscope
