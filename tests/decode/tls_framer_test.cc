#include "decode/tls_framer.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

std::vector<std::uint8_t> record(std::size_t size, std::uint8_t fill) {
  std::vector<std::uint8_t> bytes{23, 3, 3, static_cast<std::uint8_t>(size >> 8),
                                  static_cast<std::uint8_t>(size)};
  bytes.resize(bytes.size() + size, fill);
  return bytes;
}

std::vector<std::uint8_t> join(const std::vector<std::vector<std::uint8_t>>& parts) {
  std::vector<std::uint8_t> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// Accepts all records; gives their sizes and fills.
using Found = std::vector<std::pair<std::size_t, int>>;
void feed(RecordFramer& framer, Bytes bytes, std::size_t part, Found& found) {
  while (!bytes.empty()) {
    const std::vector<std::uint8_t> exact(
        bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min(part, bytes.size())));
    bytes = bytes.subspan(exact.size());
    Bytes now(exact);
    while (const auto next = framer.next(now)) {
      found.emplace_back(next->payload.size(), next->payload.empty() ? -1 : next->payload[0]);
      framer.accept();
    }
  }
}

TEST(RecordFramer, CutsRecordsHoweverTheyAreSplit) {
  const auto stream =
      join({record(10, 1), record(0, 2), record(16'640, 3), record(1, 4), record(300, 5)});
  for (const std::size_t part : {1u, 4u, 5u, 6u, 100u, 1'460u, 100'000u}) {
    RecordFramer framer;
    Found found;
    feed(framer, stream, part, found);
    EXPECT_EQ(found, (Found{{10, 1}, {0, -1}, {16'640, 3}, {1, 4}, {300, 5}})) << part;
    EXPECT_FALSE(framer.amid_record());
    EXPECT_EQ(framer.buffered_bytes(), 0u);
  }
}

TEST(RecordFramer, ALossWithinOneRecordKeepsStep) {
  const auto stream = join({record(100, 1), record(100, 2), record(100, 3)});
  for (std::size_t from = 105 + 5; from < 210; ++from) {
    for (std::size_t length = 1; from + length <= 210; length += 7) {
      RecordFramer framer;
      Found found;
      feed(framer, Bytes(stream).first(from), 64, found);
      framer.lose(length);
      EXPECT_FALSE(framer.searching());
      feed(framer, Bytes(stream).subspan(from + length), 64, found);
      EXPECT_EQ(found, (Found{{100, 1}, {100, 3}})) << from << " " << length;
    }
  }
}

TEST(RecordFramer, AnyOtherLossStartsASearch) {
  const auto stream = join({record(100, 1), record(100, 2), record(100, 3)});
  const std::pair<std::size_t, std::uint64_t> losses[] = {
      {105, 50}, {107, 50}, {150, 61}, {150, 0}};
  for (const auto& [from, length] : losses) {
    RecordFramer framer;
    Found found;
    feed(framer, Bytes(stream).first(from), 64, found);
    framer.lose(length);
    EXPECT_TRUE(framer.searching());
    feed(framer, Bytes(stream).subspan(211), 64, found);  // one byte into the third header
    EXPECT_EQ(found, (Found{{100, 1}}));
    EXPECT_GT(framer.searched(), 90u);
    feed(framer, record(7, 4), 64, found);
    EXPECT_EQ(found, (Found{{100, 1}, {7, 4}}));
    EXPECT_FALSE(framer.searching());
  }
}

TEST(RecordFramer, ARejectedCandidateMayHideTheRecord) {
  // The payload of the false one holds a true one.
  const auto inner = record(20, 9);
  auto outer = record(60, 0);
  std::copy(inner.begin(), inner.end(), outer.begin() + 11);
  RecordFramer framer;
  framer.search();
  Bytes bytes(outer);
  auto next = framer.next(bytes);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->payload.size(), 60u);
  framer.reject();
  next = framer.next(bytes);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->payload.size(), 20u);
  framer.accept();
  EXPECT_FALSE(framer.searching());
}

TEST(RecordFramer, GivesBackWhatCannotBeHandledYet) {
  const auto stream = join({record(100, 1), record(50, 2)});
  for (const std::size_t cut : {0u, 3u, 60u}) {  // from the caller's bytes, and from its own
    RecordFramer framer;
    Bytes bytes = Bytes(stream).first(cut);
    EXPECT_FALSE(framer.next(bytes));
    bytes = Bytes(stream).subspan(cut);
    const auto next = framer.next(bytes);
    ASSERT_TRUE(next);
    EXPECT_EQ(framer.give_back(*next, bytes), stream);
    Found found;
    feed(framer, stream, 1'000, found);
    EXPECT_EQ(found, (Found{{100, 1}, {50, 2}}));
  }
}

TEST(RecordFramer, WhatCannotBeARecordStartsASearch) {
  for (const std::vector<std::uint8_t>& bad : {std::vector<std::uint8_t>{'G', 'E', 'T', ' ', '/'},
                                               {19, 3, 3, 0, 1},
                                               {23, 2, 3, 0, 1},
                                               {23, 3, 5, 0, 1},
                                               {23, 3, 3, 0x48, 1}}) {
    RecordFramer framer;
    Bytes bytes(bad);
    EXPECT_FALSE(framer.next(bytes));
    EXPECT_TRUE(framer.searching());
    EXPECT_EQ(std::vector<std::uint8_t>(framer.partial().begin(), framer.partial().end()), bad);
  }
}

}  // namespace
}  // namespace mpsdscope
