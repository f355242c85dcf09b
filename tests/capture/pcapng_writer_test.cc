#include "capture/pcapng_writer.h"

#include <gtest/gtest.h>

#include "decode/pcapng.h"
#include "tests/decode/testing/capture_bytes.h"

namespace mpsdscope {
namespace {

using testing::Blob;
using testing::PcapngFile;
using testing::operator+;

TEST(PcapngWriter, HeadIsASectionAndAnInterfaceOfRawIpInNanoseconds) {
  std::vector<std::uint8_t> out;
  pcapng::append_head(out, "test 1");
  PcapngFile expected;
  expected.bytes.clear();
  expected.block(0x0a0d0d0a, expected.u32(0x1a2b3c4d) + expected.u16(1) + expected.u16(0) +
                                 Blob(8, 0xff) + expected.option(4, testing::blob("test 1")) +
                                 expected.u32(0));
  expected.interface(101, 0, expected.option(9, {9}) + expected.u32(0));
  EXPECT_EQ(out, expected.bytes);
}

TEST(PcapngWriter, SecretsAndPacketsOfEveryPadding) {
  for (std::size_t size = 0; size < 9; ++size) {
    std::vector<std::uint8_t> out;
    const Blob data(size, 0x45);
    pcapng::append_secrets(out, std::string(size, 'x'));
    const std::size_t begin = pcapng::begin_packet(out, testing::at(0x1'2345'6789'abcd));
    out.insert(out.end(), data.begin(), data.end());
    pcapng::end_packet(out, begin);
    PcapngFile expected;
    expected.bytes.clear();
    expected.secrets(std::string(size, 'x'));
    expected.packet(data, 0x1'2345'6789'abcd);
    EXPECT_EQ(out, expected.bytes) << size;
  }
}

TEST(PcapngWriter, WhatIsWrittenIsRead) {
  std::vector<std::uint8_t> out;
  pcapng::append_head(out, "test");
  const CaptureTime time = testing::at(1'800'000'000'123'456'789);
  const std::size_t begin = pcapng::begin_packet(out, time);
  out.insert(out.end(), 5, 0x60);
  pcapng::end_packet(out, begin);
  PcapngParser parser;
  std::vector<Packet> packets;
  const CaptureStep step = parser.parse(out, 10, packets);
  EXPECT_EQ(step.damage, "");
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].time, time);
  EXPECT_EQ(packets[0].link, LinkType::raw);
  EXPECT_EQ(packets[0].original_length, 5U);
  EXPECT_TRUE(parser.may_end());
}

}  // namespace
}  // namespace mpsdscope
