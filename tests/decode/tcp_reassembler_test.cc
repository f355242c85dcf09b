#include "decode/tcp_reassembler.h"

#include <algorithm>
#include <random>
#include <string>
#include <utility>
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

// What an order of segments costs: pieces looked at, and pieces that wait at once.
struct Cost {
  std::uint64_t bytes = 0, segments = 0, steps = 0;
  std::size_t most_buffered = 0;
};

// Segments as {begin, length}, behind a hole of one byte that is filled at last.
Cost cost_of(const std::vector<std::pair<std::uint64_t, std::size_t>>& segments) {
  static const std::string kBytes(70'000, 'x');
  TcpReassembler data;
  data.set_origin(0);
  data.start_at(kOrigin);
  Cost cost;
  std::uint64_t end = 0;
  for (const auto& [begin, length] : segments) {
    data.insert(kOrigin + 1 + begin, as_bytes(std::string_view(kBytes).substr(0, length)), 0, 0,
                {});
    cost.bytes += length;
    ++cost.segments;
    cost.most_buffered = std::max(cost.most_buffered, data.buffered());
    end = std::max(end, begin + length);
  }
  data.insert(kOrigin, as_bytes("x"), 0, 0, {});
  EXPECT_EQ(drain(data).size(), end + 1);
  cost.steps = data.steps();
  return cost;
}

TEST(TcpReassembler, HostileOrdersCostNoMoreThanTheirBytes) {
  constexpr std::size_t kCount = 3'000;
  std::vector<std::pair<std::uint64_t, std::size_t>> forwards, backwards, combs, shuffled,
      inside_out, growing, covering;
  for (std::size_t i = 0; i < kCount; ++i) {
    forwards.emplace_back(10 * i, 10);
    backwards.emplace_back(10 * (kCount - 1 - i), 10);
    combs.emplace_back(2 * i, 1);
    shuffled.emplace_back(10 * i, 10);
    inside_out.emplace_back(10 * (kCount / 2 + (i % 2 == 0 ? i / 2 : -1 - i / 2)), 10);
    growing.emplace_back(0, i + 1);  // each overlaps all before it
  }
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(1));
  covering = combs;  // then what covers all the teeth, again and again
  for (int i = 0; i < 100; ++i) covering.emplace_back(0, 2 * kCount);
  for (std::size_t i = 0; i < kCount; ++i) combs.emplace_back(2 * i + 1, 1);
  // A segment in a place of its own costs a step; one that overlaps others, two for each of them.
  for (const auto& order : {forwards, backwards, shuffled, inside_out, combs}) {
    const Cost cost = cost_of(order);
    EXPECT_LE(cost.steps, 2 * cost.segments);
  }
  for (const auto& order : {growing, covering}) {
    const Cost cost = cost_of(order);
    EXPECT_LE(cost.steps, 2 * cost.segments + 2 * cost.bytes);
  }
  // Pieces of one byte count for what they cost, so that a limit of bytes limits them.
  EXPECT_GE(cost_of(combs).most_buffered, kCount * 1'000);
}

// Data that the capture cut off has no bytes of its own, so only the number of pieces bounds it.
TEST(TcpReassembler, CutSegmentsCostNoMoreThanThePiecesThatWait) {
  constexpr std::size_t kPieces = 4'000, kTimes = 500;
  TcpReassembler data;
  data.set_origin(0);
  data.start_at(kOrigin);
  for (std::size_t i = 0; i < kPieces; ++i)
    data.insert(kOrigin + 2 * i + 1, as_bytes("x"), 0, 0, {});
  const std::uint64_t before = data.steps();
  for (std::size_t i = 0; i < kTimes; ++i) data.insert(kOrigin + 1, {}, 2 * kPieces, 0, {});
  EXPECT_LE(data.steps() - before, kTimes * (2 * kPieces + 2));
  EXPECT_LE(data.buffered(), (2 * kPieces + 1) * 1'100);
}

}  // namespace
}  // namespace mpsdscope
