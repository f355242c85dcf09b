#include "decode/pcapng.h"

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
using testing::PcapngFile;
using testing::secret_line;

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(Pcapng, SectionsHaveTheirOwnByteOrderAndInterfaces) {
  PcapngFile file(false);
  file.interface(1).interface(113).packet(Blob{1}, 5, 0).packet(Blob{2, 2}, 6, 1);
  file.section(true).interface(101).packet(Blob{3, 3, 3}, 7, 0, 99);
  file.section(false).interface(276).packet(Blob{4}, 8, 0);
  const ParsedCapture parsed = parse_capture(file.bytes);
  ASSERT_EQ(parsed.packets.size(), 4U) << parsed.damage;
  const LinkType links[] = {LinkType::ethernet, LinkType::linux_sll, LinkType::raw,
                            LinkType::linux_sll2};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(parsed.packets[i].link, links[i]);
    EXPECT_EQ(parsed.packets[i].number, i + 1);
    EXPECT_EQ(parsed.packets[i].time, at(static_cast<std::int64_t>(5 + i) * 1000));
  }
  EXPECT_EQ(parsed.packets[2].bytes, (Blob{3, 3, 3}));
  EXPECT_EQ(parsed.packets[2].original_length, 99U);
  EXPECT_FALSE(parsed.cut);
}

TEST(Pcapng, AnInterfaceOfAnEarlierSectionIsGone) {
  PcapngFile file;
  file.interface(1).packet(Blob{1}, 5).section(false).packet(Blob{2}, 6);
  const ParsedCapture parsed = parse_capture(file.bytes);
  EXPECT_EQ(parsed.packets.size(), 1U);
  EXPECT_EQ(parsed.damage, "a packet names an interface that was not described");
}

TEST(Pcapng, TimestampResolutions) {
  constexpr std::uint64_t kMax = ~std::uint64_t{0};
  const std::int64_t latest = std::int64_t{1} << 62;
  struct Case {
    int resolution;
    std::int64_t offset;
    std::uint64_t ticks;
    std::int64_t nanoseconds;
  };
  const Case cases[] = {
      {6, 0, 1'700'000'000'123'456, 1'700'000'000'123'456'000},
      {9, 0, 1'700'000'000'123'456'789, 1'700'000'000'123'456'789},
      {0, 0, 1'700'000'000, 1'700'000'000 * kSecond},
      {3, 0, 1'700'000'000'123, 1'700'000'000'123'000'000},
      {12, 0, 1'234'567'890'123'999, 1'234'567'890'123},
      {28, 0, kMax, 1},
      {29, 0, kMax, 0},
      {127, 0, kMax, 0},
      {0, 0, kMax, latest},
      {6, 0, kMax, latest},
      {9, 100, 5, 100 * kSecond + 5},
      {9, -100, 101'000'000'000, kSecond},
      {9, -100, 5, 0},
      {6, std::numeric_limits<std::int64_t>::max(), kMax, latest},
      {6, std::numeric_limits<std::int64_t>::min(), 5, 0},
      {0x80, 0, 77, 77 * kSecond},
      {0x80 | 1, 0, 3, kSecond + kSecond / 2},
      {0x80 | 10, 0, (1'700'000'000ULL << 10) + 512, 1'700'000'000 * kSecond + kSecond / 2},
      {0x80 | 32, 0, (1'700'000'000ULL << 32) + (1ULL << 31),
       1'700'000'000 * kSecond + kSecond / 2},
      {0x80 | 32, 1000, 1ULL << 30, 1000 * kSecond + kSecond / 4},
      {0x80 | 63, 0, 3ULL << 62, kSecond + kSecond / 2},
      {0x80 | 64, 0, 1ULL << 63, kSecond / 2},
      {0x80 | 65, 0, 1ULL << 63, kSecond / 4},
      {0x80 | 98, 0, kMax, 0},
      {0x80 | 127, 0, kMax, 0},
      {0x80, 0, kMax, latest},
      {0x80, std::numeric_limits<std::int64_t>::max(), kMax, latest},
      {0x80, std::numeric_limits<std::int64_t>::min(), kMax, 0},
  };
  for (const Case& c : cases) {
    for (const bool big : {false, true}) {
      PcapngFile file(big);
      file.interface(1, 0,
                     file.option(2, testing::blob("lo")) +
                         file.option(9, Blob{static_cast<std::uint8_t>(c.resolution)}) +
                         file.option(14, file.u64(static_cast<std::uint64_t>(c.offset))) +
                         file.option(0, {}));
      file.packet(Blob{1}, c.ticks);
      const ParsedCapture parsed = parse_capture(file.bytes);
      ASSERT_EQ(parsed.packets.size(), 1U);
      EXPECT_EQ(parsed.packets[0].time, at(c.nanoseconds))
          << c.resolution << " " << c.offset << " " << c.ticks;
    }
  }
}

TEST(Pcapng, SimplePacketsAreCutBySnapLengthAndHaveTheTimeBefore) {
  PcapngFile file;
  file.interface(1, 5).packet(Blob{1}, 42);
  file.simple_packet(Blob{1, 2, 3, 4, 5, 9, 9, 9}, 1500).simple_packet(Blob{7, 7});
  const ParsedCapture parsed = parse_capture(file.bytes);
  ASSERT_EQ(parsed.packets.size(), 3U);
  EXPECT_EQ(parsed.packets[1].bytes, (Blob{1, 2, 3, 4, 5}));
  EXPECT_EQ(parsed.packets[1].original_length, 1500U);
  EXPECT_EQ(parsed.packets[1].time, at(42'000));
  EXPECT_EQ(parsed.packets[2].bytes, (Blob{7, 7}));
}

TEST(Pcapng, ObsoletePacketBlocks) {
  for (const bool big : {false, true}) {
    PcapngFile file(big);
    file.interface(1).interface(101).obsolete_packet(Blob{1, 2, 3}, 9, 1);
    const ParsedCapture parsed = parse_capture(file.bytes);
    ASSERT_EQ(parsed.packets.size(), 1U) << parsed.damage;
    EXPECT_EQ(parsed.packets[0].bytes, (Blob{1, 2, 3}));
    EXPECT_EQ(parsed.packets[0].link, LinkType::raw);
    EXPECT_EQ(parsed.packets[0].time, at(9'000));
  }
}

TEST(Pcapng, UnknownBlocksAreSkipped) {
  PcapngFile file;
  file.block(4, Blob(20, 1)).interface(1).block(0x0bad'cafe, {}).packet(Blob{1}, 1);
  file.block(5, Blob(8, 0)).secrets("x").packet(Blob{2}, 2);
  EXPECT_EQ(parse_capture(file.bytes).packets.size(), 2U);
}

TEST(Pcapng, AnUnknownBlockTooLargeForAnyWindowIsPassedOverInPieces) {
  PcapngFile file;
  file.interface(1).packet(Blob{1}, 1).block(0x0bad'cafe, Blob(kMaxCapturedLength + 100'000));
  const std::size_t end_of_block = file.bytes.size();
  file.packet(Blob{2}, 2);
  EXPECT_EQ(parse_capture(file.bytes, 1 << 20).packets.size(), 2U);
  const ParsedCapture cut = parse_capture(Bytes(file.bytes).first(end_of_block - 4), 1 << 20);
  EXPECT_EQ(cut.packets.size(), 1U);
  EXPECT_TRUE(cut.cut);
}

TEST(Pcapng, DamageEndsIt) {
  const auto good = [] {
    PcapngFile file;
    file.interface(1).packet(Blob{1}, 1);
    return file;
  };
  const auto with = [&](std::uint32_t type, const Blob& body) {
    PcapngFile file = good();
    return file.block(type, body).bytes;
  };
  PcapngFile f;
  Blob bad_trailer = good().bytes;
  bad_trailer[bad_trailer.size() - 4] ^= 4;
  Blob bad_length = good().packet(Blob{2}, 2).bytes;
  bad_length[bad_length.size() - 36 + 4] = 37;
  struct Case {
    Blob bytes;
    std::string damage;
    std::size_t packets;
  };
  const Case cases[] = {
      {bad_trailer, "a block's two lengths differ (36 and 32)", 0},
      {bad_length, "a block has the impossible length 37", 1},
      {good().bytes + f.u32(6) + f.u32(8), "a block has the impossible length 8", 1},
      {good().bytes + f.u32(6) + f.u32(0xffff'fff0), "a block claims to hold 4294967280 bytes", 1},
      {with(6, Blob(16)), "a packet block is too short", 1},
      {with(3, {}), "a packet block is too short", 1},
      {with(2, Blob(16)), "a packet block is too short", 1},
      {with(6, f.u32(0) + Blob(8) + f.u32(5) + f.u32(5) + Blob(4)),
       "a packet claims to hold 5 bytes, more than its block", 1},
      {with(6, f.u32(1) + Blob(16)), "a packet names an interface that was not described", 1},
      {with(1, Blob(4)), "an interface description is too short", 1},
      {with(1, Blob(8) + f.u16(2) + f.u16(9) + Blob(8)),
       "an option of an interface runs past its block", 1},
      {with(0x0a0d0d0a, f.u32(0x1a2b3c4d) + Blob(4)), "a section header is too short", 1},
      {with(0x0a0d0d0a, f.u32(0x12345678) + Blob(12)), "a section header has no byte-order magic",
       1},
      {with(0x0a0d0d0a, f.u32(0x1a2b3c4d) + f.u16(2) + Blob(10)),
       "a section has the unknown format version 2", 1},
  };
  for (const Case& c : cases) {
    for (const std::size_t piece : {0U, 1U, 13U}) {
      const ParsedCapture parsed = parse_capture(c.bytes, piece);
      EXPECT_EQ(parsed.damage, c.damage);
      EXPECT_EQ(parsed.packets.size(), c.packets) << c.damage;
    }
  }
}

PcapngFile sample(bool big) {
  PcapngFile file(big);
  file.interface(1, 96, file.option(9, Blob{9}) + file.option(0, {})).packet(Blob{1, 2, 3}, 10);
  file.secrets(secret_line(1)).simple_packet(Blob{4}).obsolete_packet(Blob{5, 6, 7, 8}, 11);
  file.block(0x0bad'cafe, Blob(4)).section(!big).interface(101).packet(Blob{9}, 12);
  return file;
}

TEST(Pcapng, SameForEveryWindowAndBatchSize) {
  for (const bool big : {false, true}) {
    const Blob bytes = sample(big).bytes;
    const ParsedCapture whole = parse_capture(bytes);
    ASSERT_EQ(whole.packets.size(), 4U) << whole.damage;
    for (const std::size_t piece : {1U, 3U, 12U, 50U}) {
      EXPECT_EQ(parse_capture(bytes, piece), whole) << piece;
      EXPECT_EQ(parse_capture(bytes, piece, 1), whole) << piece;
    }
  }
}

TEST(Pcapng, CutAnywhereYieldsAPrefix) {
  const Blob bytes = sample(false).bytes;
  const ParsedCapture whole = parse_capture(bytes);
  std::size_t most = 0;
  for (std::size_t length = 4; length <= bytes.size(); ++length) {
    const ParsedCapture cut = parse_capture(Bytes(bytes).first(length));
    EXPECT_EQ(cut.damage, "") << length;
    ASSERT_LE(cut.packets.size(), whole.packets.size());
    ASSERT_GE(cut.packets.size(), most);
    most = cut.packets.size();
    EXPECT_TRUE(std::equal(cut.packets.begin(), cut.packets.end(), whole.packets.begin()));
  }
  EXPECT_EQ(most, whole.packets.size());
}

// Runs the scan with windows of `piece` bytes, moved on as it asks.
std::size_t scan_secrets(const Blob& bytes, std::size_t piece, KeyLog& keys) {
  SecretsScan scan;
  std::size_t begin = 0;
  std::size_t size = std::min(piece, bytes.size());
  for (;;) {
    const bool last = begin + size == bytes.size();
    const Blob window(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                      bytes.begin() + static_cast<std::ptrdiff_t>(begin + size));
    const SecretsScan::Step step = scan.scan(window, last, keys);
    if (last || step.wanted == 0 || step.advance >= bytes.size() - begin) return keys.size();
    begin += static_cast<std::size_t>(step.advance);
    size = std::min(std::max(piece, step.wanted), bytes.size() - begin);
  }
}

TEST(SecretsScan, FindsSecretsAnywhereInAnySection) {
  for (const bool big : {false, true}) {
    PcapngFile file(big);
    file.secrets(secret_line(1)).interface(1).packet(Blob(100), 1);
    file.secrets(secret_line(2) + secret_line(3)).secrets("private", 0x57474b4c);
    file.block(10, {}).block(10, Blob(4));
    file.section(!big).packet(Blob(7), 1).secrets(secret_line(4));
    for (const std::size_t piece : {1U, 5U, 12U, 64U, 100'000U}) {
      KeyLog keys;
      EXPECT_EQ(scan_secrets(file.bytes, piece, keys), 4U) << piece;
      EXPECT_EQ(keys.malformed(), 0U);
    }
  }
}

TEST(SecretsScan, ABlockThatWasCutGivesItsWholeLines) {
  PcapngFile file;
  file.secrets(secret_line(1) + secret_line(2));
  for (std::size_t length = 0; length <= file.bytes.size(); ++length) {
    KeyLog keys;
    const Blob cut(file.bytes.begin(), file.bytes.begin() + static_cast<std::ptrdiff_t>(length));
    const std::size_t line = secret_line(1).size();
    const std::size_t text_begin = 28 + 8 + 8;
    const std::size_t expected =
        length < text_begin + line ? 0 : (length < text_begin + 2 * line ? 1 : 2);
    EXPECT_EQ(scan_secrets(cut, 1000, keys), expected) << length;
    EXPECT_EQ(keys.malformed(), 0U) << length;
  }
}

TEST(SecretsScan, StopsAtDamage) {
  PcapngFile file;
  file.secrets(secret_line(1));
  const Blob bytes = file.bytes + Blob(12, 0) + PcapngFile().secrets(secret_line(2)).bytes;
  KeyLog keys;
  EXPECT_EQ(scan_secrets(bytes, 64, keys), 1U);
}

}  // namespace
}  // namespace mpsdscope
