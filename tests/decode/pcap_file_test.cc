#include "decode/pcap_file.h"

#include <gtest/gtest.h>

#include "tests/decode/testing/capture_bytes.h"
#include "tests/decode/testing/parse_capture.h"

namespace mpsdscope {
namespace {

using testing::at;
using testing::Blob;
using testing::operator+;
using testing::parse_capture;
using testing::ParsedCapture;
using testing::PcapFile;

TEST(PcapFile, ReadsEveryMagicInBothByteOrders) {
  struct Case {
    std::uint32_t magic;
    std::int64_t unit;
  };
  for (const Case& c : {Case{0xa1b2c3d4, 1000}, Case{0xa1b23c4d, 1}, Case{0xa1b2cd34, 1000}}) {
    for (const bool big : {false, true}) {
      PcapFile file(big, c.magic, 113);
      file.add(Blob{1, 2, 3}, 1'700'000'000, 123'456).add(Blob{}, 1'700'000'001, 7, 1500);
      const ParsedCapture parsed = parse_capture(file.bytes);
      ASSERT_EQ(parsed.packets.size(), 2U) << std::hex << c.magic << big;
      EXPECT_EQ(parsed.packets[0].time, at(1'700'000'000'000'000'000 + 123'456 * c.unit));
      EXPECT_EQ(parsed.packets[0].number, 1U);
      EXPECT_EQ(parsed.packets[0].link, LinkType::linux_sll);
      EXPECT_EQ(parsed.packets[0].original_length, 3U);
      EXPECT_EQ(parsed.packets[0].bytes, (Blob{1, 2, 3}));
      EXPECT_EQ(parsed.packets[1].number, 2U);
      EXPECT_EQ(parsed.packets[1].original_length, 1500U);
      EXPECT_TRUE(parsed.packets[1].bytes.empty());
      EXPECT_FALSE(parsed.cut);
      EXPECT_EQ(parsed.damage, "");
    }
  }
}

TEST(PcapFile, MasksTheFrameCheckSequenceBitsOfTheLinkType) {
  PcapFile file(false, 0xa1b2c3d4, 0x2400'0001);  // two 16-bit words of FCS, and the P bit
  file.add(Blob{1});
  EXPECT_EQ(parse_capture(file.bytes).packets.at(0).link, LinkType::ethernet);
}

TEST(PcapFile, KeepsLinkTypesApartThatDoNotFit) {
  PcapFile file(false, 0xa1b2c3d4, 0x0001'0001);
  file.add(Blob{1});
  EXPECT_NE(parse_capture(file.bytes).packets.at(0).link, LinkType::ethernet);
}

TEST(PcapFile, SameForEveryWindowAndBatchSize) {
  PcapFile file;
  for (std::uint8_t i = 0; i < 20; ++i) file.add(Blob(i * 3U, i), i, i);
  const ParsedCapture whole = parse_capture(file.bytes);
  ASSERT_EQ(whole.packets.size(), 20U);
  for (const std::size_t piece : {1U, 2U, 7U, 16U, 100U}) {
    EXPECT_EQ(parse_capture(file.bytes, piece), whole) << piece;
    EXPECT_EQ(parse_capture(file.bytes, piece, 1), whole) << piece;
  }
}

TEST(PcapFile, CutAnywhereYieldsAPrefix) {
  PcapFile file;
  std::vector<std::size_t> ends{24};
  for (std::uint8_t i = 0; i < 4; ++i) {
    file.add(Blob(5U + i, i), i);
    ends.push_back(file.bytes.size());
  }
  const ParsedCapture whole = parse_capture(file.bytes);
  for (std::size_t length = 4; length <= file.bytes.size(); ++length) {
    const ParsedCapture cut = parse_capture(Bytes(file.bytes).first(length));
    const auto complete = std::count_if(ends.begin() + 1, ends.end(),
                                        [length](std::size_t end) { return end <= length; });
    ASSERT_EQ(cut.packets.size(), static_cast<std::size_t>(complete)) << length;
    EXPECT_TRUE(std::equal(cut.packets.begin(), cut.packets.end(), whole.packets.begin()));
    EXPECT_EQ(cut.cut, std::find(ends.begin(), ends.end(), length) == ends.end()) << length;
    EXPECT_EQ(cut.damage, "");
  }
}

TEST(PcapFile, AnAbsurdLengthIsDamageAndKeepsWhatIsBefore) {
  PcapFile file;
  file.add(Blob{1, 2});
  Blob bytes =
      file.bytes + Blob(8, 0) + testing::number(kMaxCapturedLength + 1, 4, false) + Blob(4, 0);
  const ParsedCapture parsed = parse_capture(bytes);
  EXPECT_EQ(parsed.packets.size(), 1U);
  EXPECT_EQ(parsed.damage, "a packet claims to hold 16777217 bytes");
}

TEST(PcapFile, OddFractionsStayInBounds) {
  PcapFile file;
  file.add(Blob{1}, 0xffff'ffff, 0xffff'ffff).add(Blob{1}, 5, 2'000'000);
  const ParsedCapture parsed = parse_capture(file.bytes);
  EXPECT_EQ(parsed.packets.at(0).time, at(4'294'967'295'000'000'000 + 4'294'967'295'000));
  EXPECT_EQ(parsed.packets.at(1).time, at(7'000'000'000));
}

TEST(CaptureFormat, IsToldByItsFirstFourBytes) {
  EXPECT_EQ(capture_format(Blob{0xa1, 0xb2, 0xc3, 0xd4}), CaptureFormat::pcap);
  EXPECT_EQ(capture_format(Blob{0x4d, 0x3c, 0xb2, 0xa1}), CaptureFormat::pcap);
  EXPECT_EQ(capture_format(Blob{0x0a, 0x0d, 0x0d, 0x0a}), CaptureFormat::pcapng);
  EXPECT_EQ(capture_format(Blob{0x0a, 0x0d, 0x0d}), CaptureFormat::none);
  EXPECT_EQ(capture_format(testing::blob("PK\3\4")), CaptureFormat::none);
  EXPECT_EQ(make_capture_parser(CaptureFormat::none), nullptr);
}

TEST(BoundedTime, StaysWithin1970And2116) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  const CaptureTime latest = at(std::int64_t{1} << 62);
  EXPECT_EQ(bounded_time(0, 0), at(0));
  EXPECT_EQ(bounded_time(-1, 0), at(0));
  EXPECT_EQ(bounded_time(-1, 1'500'000'000), at(500'000'000));
  EXPECT_EQ(bounded_time(kMin, 0), at(0));
  EXPECT_EQ(bounded_time(kMin, ~std::uint64_t{0}), at(0));
  EXPECT_EQ(bounded_time(kMax, ~std::uint64_t{0}), latest);
  EXPECT_EQ(bounded_time(0, ~std::uint64_t{0}), latest);
  EXPECT_EQ(bounded_time(4'000'000'000, 999'999'999), at(4'000'000'000'999'999'999));
}

}  // namespace
}  // namespace mpsdscope
