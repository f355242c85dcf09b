#include "decode/ip_fragments.h"

#include <algorithm>
#include <numeric>
#include <string>

#include <gtest/gtest.h>

#include "tests/decode/testing/capture_bytes.h"
#include "tests/decode/testing/frame_tester.h"

namespace mpsdscope {
namespace {

using testing::at;
using testing::Blob;
using testing::operator+;
using testing::ethernet;
using testing::fragment_header;
using Decoder = testing::FrameTester;
using testing::Ipv4;
using testing::ipv4;
using testing::ipv6;
using testing::kEtherIpv6;
using testing::Tcp;
using testing::tcp;

// A TCP segment of 20 + 44 bytes in fragments of 16 bytes.
std::vector<Blob> fragments(bool v6, std::uint16_t id, char fill = 'a') {
  Tcp t;
  t.payload = std::string(43, fill) + "!";
  const Blob whole = tcp(t);
  std::vector<Blob> out;
  for (std::size_t offset = 0; offset < whole.size(); offset += 16) {
    const Blob piece(
        whole.begin() + static_cast<std::ptrdiff_t>(offset),
        whole.begin() + static_cast<std::ptrdiff_t>(std::min(offset + 16, whole.size())));
    const bool more = offset + 16 < whole.size();
    if (v6) {
      out.push_back(ethernet(
          ipv6(fragment_header(6, static_cast<std::uint32_t>(offset), more, id, piece), 44),
          kEtherIpv6));
    } else {
      Ipv4 ip;
      ip.identification = id;
      ip.more = more;
      ip.offset = static_cast<std::uint32_t>(offset);
      out.push_back(ethernet(ipv4(piece, ip)));
    }
  }
  return out;
}

TEST(IpFragments, EveryOrderGivesTheSegment) {
  for (const bool v6 : {false, true}) {
    const std::vector<Blob> pieces = fragments(v6, 7);
    ASSERT_EQ(pieces.size(), 4U);
    std::vector<std::size_t> order(pieces.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    do {
      Decoder d;
      for (std::size_t i = 0; i < order.size(); ++i) {
        ASSERT_EQ(d.decode(pieces[order[i]]), i + 1 == order.size());
      }
      EXPECT_EQ(d.payload, std::string(43, 'a') + "!");
      EXPECT_EQ(d.datagrams.size(), 1U);
      EXPECT_EQ(d.report[Counter::fragments], 4U);
      EXPECT_EQ(d.report[Counter::fragments_dropped], 0U);
      d.frames.finish();
      EXPECT_EQ(d.report[Counter::fragments_dropped], 0U);
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST(IpFragments, DuplicatesChangeNothingInAnyOrder) {
  for (const bool v6 : {false, true}) {
    const std::vector<Blob> pieces = fragments(v6, 7);
    std::vector<std::size_t> order{0, 0, 1, 1, 2, 2, 3, 3};
    do {
      Decoder d;
      int segments = 0;
      for (const std::size_t i : order) segments += d.decode(pieces[i]) ? 1 : 0;
      ASSERT_EQ(segments, 1);
      ASSERT_EQ(d.payload, std::string(43, 'a') + "!");
      ASSERT_EQ(d.report[Counter::fragments_dropped], 0U);
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST(IpFragments, DatagramsAreToldApart) {
  Decoder d;
  const auto a = fragments(false, 1, 'a');
  const auto b = fragments(false, 2, 'b');
  const auto c = fragments(true, 1, 'c');
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(d.decode(a[i]));
    EXPECT_FALSE(d.decode(b[i]));
    EXPECT_FALSE(d.decode(c[i]));
  }
  EXPECT_TRUE(d.decode(b[3]));
  EXPECT_EQ(d.payload[0], 'b');
  EXPECT_TRUE(d.decode(a[3]));
  EXPECT_EQ(d.payload[0], 'a');
  EXPECT_TRUE(d.decode(c[3]));
  EXPECT_EQ(d.payload[0], 'c');
}

TEST(IpFragments, AnIdentificationMayBeUsedAgainLater) {
  Decoder d;
  for (const char fill : {'a', 'b'}) {
    const auto pieces = fragments(false, 1, fill);
    const CaptureTime time = at(fill == 'a' ? 0 : 2'000'000'000);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(d.decode(pieces[i], LinkType::ethernet, 0, time), i == 3);
    }
    EXPECT_EQ(d.payload[0], fill);
  }
}

TEST(IpFragments, OnesThatOverlapVoidTheDatagram) {
  const auto piece = [](std::uint32_t offset, std::size_t size, bool more) {
    Ipv4 ip;
    ip.more = more;
    ip.offset = offset;
    return ethernet(ipv4(Blob(size, 1), ip));
  };
  const std::vector<std::vector<Blob>> cases{
      {piece(0, 16, true), piece(8, 16, true)},    // over the end of one
      {piece(8, 16, true), piece(0, 16, true)},    // over the beginning of one
      {piece(0, 24, true), piece(8, 8, true)},     // within one
      {piece(8, 8, true), piece(0, 24, true)},     // around one
      {piece(0, 16, true), piece(0, 24, true)},    // same beginning
      {piece(16, 8, false), piece(24, 8, true)},   // beyond the end
      {piece(16, 8, false), piece(24, 8, false)},  // two ends
      {piece(24, 8, true), piece(16, 8, false)},   // an end before data
      {piece(16, 8, true), piece(16, 8, false)},   // the same, but an end
  };
  for (const auto& pieces : cases) {
    Decoder d;
    for (const Blob& bytes : pieces) EXPECT_FALSE(d.decode(bytes));
    EXPECT_EQ(d.report[Counter::fragments_dropped], 2U);
    // What comes later of it is dropped too.
    for (const Blob& bytes : fragments(false, 1)) EXPECT_FALSE(d.decode(bytes));
    EXPECT_EQ(d.report[Counter::fragments_dropped], 6U);
    d.frames.finish();
    EXPECT_EQ(d.report[Counter::fragments_dropped], 6U);
  }
}

TEST(IpFragments, TooOldOnesAreDroppedAndCounted) {
  Decoder d;
  const auto pieces = fragments(false, 1);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_FALSE(d.decode(pieces[i]));
  const CaptureTime late = at(30'000'000'001);
  EXPECT_FALSE(d.decode(pieces[3], LinkType::ethernet, 0, late));
  EXPECT_EQ(d.report[Counter::fragments_dropped], 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(d.decode(pieces[i], LinkType::ethernet, 0, late), i == 2);
  }
}

TEST(IpFragments, IncompleteOnesAreCountedAtTheEnd) {
  Decoder d;
  const auto pieces = fragments(true, 1);
  d.decode(pieces[0]);
  d.decode(pieces[2]);
  d.frames.finish();
  EXPECT_EQ(d.report[Counter::fragments_dropped], 2U);
}

TEST(IpFragments, ImpossibleOnesAreDropped) {
  const auto piece = [](std::uint32_t offset, std::size_t size, bool more) {
    Ipv4 ip;
    ip.more = more;
    ip.offset = offset;
    return ethernet(ipv4(Blob(size, 1), ip));
  };
  for (const Blob& bytes : {piece(0, 7, true), piece(8, 0, true), piece(65'528, 16, false)}) {
    Decoder d;
    EXPECT_FALSE(d.decode(bytes));
    EXPECT_EQ(d.report[Counter::fragments_dropped], 1U);
  }
  Decoder d;  // cut by the capture
  const Blob whole = piece(0, 64, true);
  EXPECT_FALSE(d.decode(Blob(whole.begin(), whole.end() - 8), LinkType::ethernet, whole.size()));
  EXPECT_EQ(d.report[Counter::fragments_dropped], 1U);
}

TEST(IpFragments, OthersThanTcpTakeNoMemory) {
  Decoder d;
  Ipv4 udp;
  udp.protocol = 17;
  udp.more = true;
  EXPECT_FALSE(d.decode(ethernet(ipv4(Blob(64), udp))));
  EXPECT_EQ(d.report[Counter::frames_not_tcp], 1U);
  EXPECT_EQ(d.report[Counter::fragments], 0U);
}

TEST(IpFragments, MemoryStaysBelowTheLimitAndEveryFragmentIsCounted) {
  Limits limits;
  limits.max_fragments_total = 100'000;
  DecodeReport report;
  IpFragments reassembly(limits, report);
  const Blob data(1024, 5);
  std::uint8_t protocol = 0;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    IpFragment fragment;
    fragment.identification = i;
    fragment.protocol = 6;
    fragment.more = true;
    fragment.offset = (i % 3) * 1024;
    fragment.payload = data;
    EXPECT_EQ(reassembly.add(fragment, {}, protocol), nullptr);
    EXPECT_LE(reassembly.bytes_held(), limits.max_fragments_total);
  }
  EXPECT_GT(reassembly.bytes_held(), limits.max_fragments_total / 2);
  reassembly.clear();
  EXPECT_EQ(reassembly.bytes_held(), 0U);
  EXPECT_EQ(report[Counter::fragments], 1000U);
  EXPECT_EQ(report[Counter::fragments_dropped], 1000U);
}

TEST(IpFragments, TheLargestDatagramInTheSmallestFragments) {
  Decoder d;
  Tcp t;
  t.payload.assign(65'535 - 20 - 20, 'z');
  const Blob whole = tcp(t);
  bool complete = false;
  for (std::size_t end = whole.size(); end > 0;) {
    const std::size_t begin = (end - 1) / 8 * 8;
    Ipv4 ip;
    ip.offset = static_cast<std::uint32_t>(begin);
    ip.more = end != whole.size();
    ASSERT_FALSE(complete);
    complete = d.decode(ethernet(ipv4(Blob(whole.begin() + static_cast<std::ptrdiff_t>(begin),
                                           whole.begin() + static_cast<std::ptrdiff_t>(end)),
                                      ip)));
    end = begin;
  }
  EXPECT_TRUE(complete);
  EXPECT_EQ(d.payload, t.payload);
}

TEST(IpFragments, ExtensionHeadersAndTunnelsInTheFragmentedPart) {
  const Blob inner = Blob{4, 0, 1, 4, 0, 0, 0, 0} + ipv4(tcp({}));
  Decoder d;
  const Blob first(inner.begin(), inner.begin() + 24);
  const Blob second(inner.begin() + 24, inner.end());
  EXPECT_FALSE(d.decode(ethernet(ipv6(fragment_header(60, 24, false, 5, second), 44), kEtherIpv6)));
  ASSERT_TRUE(d.decode(ethernet(ipv6(fragment_header(60, 0, true, 5, first), 44), kEtherIpv6)));
  EXPECT_EQ(d.payload, "hello");
}

}  // namespace
}  // namespace mpsdscope
