#include "tools/screen/log_list.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/tools/testing/sample_records.h"

namespace mpsdscope {
namespace {

using testing::exchange;
using testing::throttled;
using testing::with_finding;

Filter filter_of(std::string_view text) {
  return std::get<Filter>(Filter::parse(text));
}

// 429s are every fourth, from the fourth on.
LogList list_of(int count, const RecordStore::Bounds& bounds = {}) {
  LogList list(bounds);
  list.set_rows(10);
  for (int i = 0; i < count; ++i) list.add(i % 4 == 3 ? throttled(i) : exchange(i));
  return list;
}

std::vector<LogList::Number> numbers(const LogList& list) {
  std::vector<LogList::Number> numbers;
  for (std::size_t i = 0; i < list.size(); ++i) numbers.push_back(list.number_at(i));
  return numbers;
}

TEST(RecordStore, ForgetsTheOldestBeyondItsBounds) {
  RecordStore store({3, std::size_t{1} << 30});
  for (int i = 0; i < 5; ++i) store.add(exchange(i));
  EXPECT_EQ(store.begin(), 2U);
  EXPECT_EQ(store.end(), 5U);
  EXPECT_EQ(store[2].time, testing::second(2));
  EXPECT_FALSE(store.holds(1));
}

TEST(RecordStore, CountsTheBytesThatItHolds) {
  const std::size_t one = size_of(exchange(0));
  RecordStore store({1'000, 4 * one});
  std::size_t most = 0;
  for (int i = 0; i < 100; ++i) {
    store.add(exchange(i));
    most = std::max(most, store.bytes());
  }
  EXPECT_LE(most, 4 * one);
  EXPECT_EQ(store.end(), 100U);
  Record large = exchange(100);
  large.uri.assign(8'000, 'x');
  store.add(large);  // alone more than the bound: still there, and nothing else
  EXPECT_EQ(store.begin(), 100U);
  store.add(exchange(101));
  EXPECT_EQ(store.begin(), 101U);
  EXPECT_LE(store.bytes(), 2 * one);
}

TEST(RecordStore, ShortensWhatNobodyReads) {
  Record record = exchange(0);
  record.uri.assign(1'000'000, 'x');
  record.session.clear();
  for (int i = 0; i < 10'000; ++i) record.session += "中";
  for (int i = 0; i < 1'000; ++i) {
    record = with_finding(std::move(record), "412-no-etag", Severity::error,
                          std::string(i == 0 ? 100'000 : 1, 'y'));
  }
  RecordStore store;
  store.add(record);
  EXPECT_EQ(store[0].uri, std::string(8'192, 'x') + "…");
  EXPECT_EQ(store[0].session.size(), 682U * 3 + 3);  // 2,048 bytes lie within a character
  EXPECT_EQ(store[0].findings.size(), 64U);
  EXPECT_EQ(store[0].findings[0].message, std::string(8'192, 'y') + "…");
  EXPECT_LT(store.bytes(), 50'000U);
}

TEST(RecordStore, SessionsAreComparedWithoutCase) {
  RecordStore store;
  store.add(exchange(0));
  Record same = exchange(1);
  same.session = "FOUNDRY";
  store.add(same);
  Record other = exchange(2);
  other.session = "else";
  store.add(other);
  Record none = exchange(3);
  none.session.clear();
  store.add(none);
  EXPECT_EQ(store.session_key(0), store.session_key(1));
  EXPECT_NE(store.session_key(0), store.session_key(2));
  EXPECT_EQ(store.session_key(3), 0U);
}

TEST(LogList, FollowsTheNewest) {
  LogList list = list_of(30);
  EXPECT_TRUE(list.follows());
  EXPECT_EQ(list.selected(), 29U);
  EXPECT_EQ(list.top(), 20U);
  list.add(exchange(30));
  EXPECT_EQ(list.selected(), 30U);
  EXPECT_EQ(list.top(), 21U);
}

TEST(LogList, MovingAwayEndsFollowingAndTheListStandsStill) {
  LogList list = list_of(30);
  list.move(-1);
  EXPECT_FALSE(list.follows());
  list.add(exchange(30));
  EXPECT_EQ(list.selected(), 28U);
  EXPECT_EQ(list.top(), 20U);
  list.move(-15);
  EXPECT_EQ(list.selected(), 13U);
  EXPECT_EQ(list.top(), 13U);
  list.move(1'000);
  EXPECT_EQ(list.selected(), 30U);
  EXPECT_FALSE(list.follows());
  list.move(-1'000);
  EXPECT_EQ(list.selected(), 0U);
  list.follow(true);
  EXPECT_EQ(list.selected(), 30U);
}

TEST(LogList, ListsWhatMatchesAndKeepsThePlace) {
  LogList list = list_of(12);
  list.select(5);
  list.set_filter(filter_of("row:429"));
  EXPECT_EQ(numbers(list), (std::vector<LogList::Number>{3, 7, 11}));
  EXPECT_EQ(list.selected(), 7U);
  list.add(throttled(12));
  list.add(exchange(13));
  EXPECT_EQ(list.size(), 4U);
  list.set_filter({});
  EXPECT_EQ(list.size(), 14U);
  EXPECT_EQ(list.selected(), 7U);
}

TEST(LogList, NothingMatches) {
  LogList list = list_of(4);
  list.set_filter(filter_of("row:503"));
  EXPECT_TRUE(list.empty());
  EXPECT_FALSE(list.selected());
  list.move(1);
  list.to_begin();
  list.to_end();
  EXPECT_FALSE(list.to_match(1));
  list.add(exchange(4, 503, "503"));
  EXPECT_EQ(list.selected(), 4U);
}

TEST(LogList, ShowsAllAndJumpsToMatches) {
  LogList list = list_of(12);
  list.set_filter(filter_of("row:429"));
  list.show_all(true);
  EXPECT_EQ(list.size(), 12U);
  list.to_begin();
  EXPECT_TRUE(list.to_match(1));
  EXPECT_EQ(list.selected(), 3U);
  EXPECT_TRUE(list.to_match(1));
  EXPECT_EQ(list.selected(), 7U);
  EXPECT_TRUE(list.to_match(-1));
  EXPECT_EQ(list.selected(), 3U);
  EXPECT_FALSE(list.to_match(-1));
  EXPECT_EQ(list.selected(), 3U);
}

TEST(LogList, JumpsToProblems) {
  LogList list = list_of(3);
  list.add(with_finding(exchange(3), "session-no-etag", Severity::info));
  Record event;
  event.kind = RecordKind::event;
  event.event_severity = Severity::info;
  list.add(event);
  event.event_severity = Severity::warning;
  list.add(event);
  list.to_begin();
  EXPECT_TRUE(list.to_problem(1));
  EXPECT_EQ(list.selected(), 3U);
  EXPECT_TRUE(list.to_problem(1));
  EXPECT_EQ(list.selected(), 5U);
  EXPECT_FALSE(list.to_problem(1));
  EXPECT_TRUE(list.to_problem(-1));
  EXPECT_EQ(list.selected(), 3U);
}

TEST(LogList, PausingLosesNothing) {
  LogList list = list_of(10);
  list.pause(true);
  for (int i = 10; i < 15; ++i) list.add(exchange(i));
  EXPECT_EQ(list.size(), 10U);
  EXPECT_EQ(list.selected(), 9U);
  EXPECT_EQ(list.waiting(), 5U);
  list.set_filter(filter_of("row:200"));  // does not let the new ones in either
  EXPECT_EQ(list.size(), 8U);
  list.set_filter({});
  list.pause(false);
  EXPECT_EQ(list.size(), 15U);
  EXPECT_EQ(list.selected(), 14U);
  EXPECT_EQ(list.waiting(), 0U);
}

TEST(LogList, WhatIsForgottenLeavesTheList) {
  LogList list = list_of(10, {10, std::size_t{1} << 30});
  list.to_begin();
  list.pause(true);
  for (int i = 10; i < 14; ++i) list.add(exchange(i));
  EXPECT_EQ(list.number_at(0), 4U);
  EXPECT_EQ(list.selected(), 4U);
  for (int i = 14; i < 40; ++i) list.add(exchange(i));
  EXPECT_TRUE(list.empty());  // all that was in sight when the pause began is gone
  EXPECT_FALSE(list.selected());
  list.pause(false);
  EXPECT_EQ(list.size(), 10U);
  EXPECT_EQ(list.number_at(0), 30U);
}

TEST(LogList, RatesAreNotListed) {
  LogList list({});
  Record rates;
  rates.kind = RecordKind::rates;
  list.add(rates);
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.store().end(), 1U);
}

}  // namespace
}  // namespace mpsdscope
