#include "decode/tcp_reassembler.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

constexpr auto kOrigin = TcpReassembler::kOrigin;

std::string drain(TcpReassembler& data) {
  std::string out;
  while (data.has_pending() && data.first_pending() == data.next()) {
    const TcpReassembler::Piece piece = data.take_front();
    out += as_text(piece.bytes);
    data.advance_to(piece.end);
  }
  return out;
}

TEST(TcpReassembler, OffsetsDoNotWrap) {
  TcpReassembler data;
  data.set_origin(0xfffffff0u);
  data.start_at(kOrigin);
  EXPECT_EQ(data.offset_of(0xfffffff0u), kOrigin);
  EXPECT_EQ(data.offset_of(0x10u), kOrigin + 0x20);
  EXPECT_EQ(data.offset_of(0xffffffe0u), kOrigin - 0x10);
  std::uint32_t sequence = 0xfffffff0u;
  for (int i = 0; i < 100; ++i) {  // 10 times around
    sequence += 0x1a000000u;
    const std::uint64_t offset = data.offset_of(sequence);
    EXPECT_EQ(offset, data.next() + 0x1a000000u);
    data.advance_to(offset);
  }
}

// Any pieces of a text, overlapping as they like, give the text; every byte is accounted for.
TEST(TcpReassembler, PropertyAnyPiecesGiveTheWhole) {
  std::mt19937 random(42);
  std::string text(300, '\0');
  for (char& c : text) c = static_cast<char>('a' + random() % 26);
  for (int round = 0; round < 300; ++round) {
    TcpReassembler data;
    data.set_origin(0xffffff80u);
    data.start_at(kOrigin);
    std::vector<bool> covered(text.size());
    std::uint64_t inserted = 0, known = 0, given = 0;
    std::string out;
    for (int i = 0; i < 60; ++i) {
      const std::size_t begin = random() % text.size();
      const std::size_t length = 1 + random() % std::min<std::size_t>(40, text.size() - begin);
      known += data.insert(kOrigin + begin, as_bytes(std::string_view(text).substr(begin, length)),
                           0, 0, {});
      inserted += length;
      for (std::size_t k = begin; k < begin + length; ++k) covered[k] = true;
      if (random() % 3 == 0) out += drain(data);
    }
    out += drain(data);
    const auto first_hole = static_cast<std::size_t>(
        std::find(covered.begin(), covered.end(), false) - covered.begin());
    EXPECT_EQ(out, text.substr(0, first_hole));
    while (data.has_pending()) given += data.take_front().bytes.size();
    EXPECT_EQ(inserted - known, out.size() + given);
    EXPECT_EQ(data.buffered(), 0u);
  }
}

TEST(TcpReassembler, CutDataIsAPieceWithoutBytes) {
  TcpReassembler data;
  data.set_origin(0);
  data.start_at(kOrigin);
  data.insert(kOrigin + 2, as_bytes("cd"), 3, 0, {});
  EXPECT_EQ(data.highest(), kOrigin + 7);
  data.insert(kOrigin, as_bytes("ab"), 0, 0, {});
  EXPECT_EQ(as_text(data.take_front().bytes), "ab");
  EXPECT_EQ(as_text(data.take_front().bytes), "cd");
  EXPECT_EQ(data.front().bytes.size(), 0u);
  EXPECT_EQ(data.front().end, kOrigin + 7);
}

}  // namespace
}  // namespace mpsdscope
