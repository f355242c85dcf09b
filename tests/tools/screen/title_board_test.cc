#include "tools/screen/title_board.h"

#include <thread>

#include <gtest/gtest.h>

#include "tests/tools/testing/sample_records.h"
#include "tools/screen/screen_feed.h"

namespace mpsdscope {
namespace {

using testing::exchange;
using testing::second;
using testing::throttled;
using testing::with_finding;

TEST(TitleBoard, CountsByTitle) {
  TitleBoard board;
  for (int i = 0; i < 10; ++i) board.count(i < 3 ? throttled(i) : exchange(i));
  Record other = with_finding(exchange(10), "412-no-etag", Severity::error);
  other.title_id = 0x6B4A1C07;
  board.count(other);
  Record unknown = exchange(11);
  unknown.title_id.reset();
  board.count(unknown);
  Record elsewhere = exchange(12);  // not a call of the service
  elsewhere.target.clear();
  board.count(elsewhere);

  const std::vector<TitleLine> lines = board.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].title_id, 0x0A6D2730U);
  EXPECT_EQ(lines[0].calls, 10U);
  EXPECT_EQ(lines[0].throttled, 3U);
  EXPECT_EQ(lines[1].findings[static_cast<std::size_t>(Severity::error)], 1U);
  EXPECT_FALSE(lines[2].title_id);
  EXPECT_EQ(board.totals().records, 13U);
  EXPECT_EQ(board.totals().calls, 12U);
  EXPECT_EQ(board.totals().newest, second(12));
}

TEST(TitleBoard, RatesFallWhenTimeGoesOn) {
  TitleBoard board;
  board.count(throttled(0));
  board.count(exchange(1));
  EXPECT_EQ(board.lines()[0].burst.throttled, 1U);
  board.tick(second(14));
  EXPECT_EQ(board.lines()[0].burst.throttled, 1U);
  board.tick(second(15));  // the window is half-open
  EXPECT_EQ(board.lines()[0].burst.throttled, 0U);
  EXPECT_EQ(board.lines()[0].burst.responses, 1U);
  EXPECT_EQ(board.lines()[0].sustained.throttled, 1U);
  board.tick(second(3));  // never runs backwards
  EXPECT_EQ(board.lines()[0].burst.throttled, 0U);
}

TEST(TitleBoard, NamesTheBusiestUserOfEachWindow) {
  TitleBoard board;
  for (int i = 0; i < 40; ++i) board.count(exchange(i));
  for (int i = 0; i < 20; ++i) {
    Record other = exchange(40);
    other.user_id.clear();
    other.user_hash = "123";
    board.count(other);
  }
  const TitleLine line = board.lines()[0];
  EXPECT_EQ(line.burst_user.user, "#123");
  EXPECT_EQ(line.burst_user.calls, 20U);
  EXPECT_EQ(line.sustained_user.user, "2533274908811003");
  EXPECT_EQ(line.sustained_user.calls, 40U);
}

Record rates_of(std::int64_t seconds, std::vector<RecordRates> rates) {
  Record record;
  record.kind = RecordKind::rates;
  record.time = second(seconds);
  record.title_id = 0x0A6D2730;
  record.rates = std::move(rates);
  return record;
}

RecordRates limits_of(std::string user, std::vector<RecordLimit> limits) {
  RecordRates rates;
  rates.user = std::move(user);
  rates.limits = std::move(limits);
  return rates;
}

TEST(TitleBoard, SharesAreOfTheLimitsThatRatesTell) {
  TitleBoard board;
  for (int i = 0; i < 6; ++i) board.count(exchange(100));
  TitleLine line = board.lines()[0];
  EXPECT_EQ(line.burst_user.limit, 30U);
  EXPECT_EQ(line.sustained_user.limit, 300U);
  EXPECT_DOUBLE_EQ(line.burst_user.share(), 0.2);

  const RecordLimit mpsd{"mpsd", {15, 10, 6, 6}, {300, 0, 6, 6}};
  board.count(rates_of(100, {limits_of("", {mpsd}), limits_of("2533274908811003", {mpsd})}));
  line = board.lines()[0];
  EXPECT_DOUBLE_EQ(line.burst_user.share(), 0.6);
  EXPECT_EQ(line.burst_user.limit_name, "");
  EXPECT_DOUBLE_EQ(line.sustained_user.share(), 0);  // configured: there is none
  EXPECT_EQ(line.sustained_user.calls, 6U);
}

TEST(TitleBoard, AnotherLimitThatMoreIsUsedOfCountsForItsPeriod) {
  TitleBoard board;
  for (int i = 0; i < 15; ++i) board.count(exchange(100));
  const RecordLimit search{"search-read", {15, 1, 3, 3}, {300, 20, 5, 5}};
  const RecordLimit less{"search-read", {15, 1, 2, 2}, {300, 20, 2, 2}};
  board.count(rates_of(
      100, {limits_of("", {search}), limits_of("7", {less}), limits_of("hash:123", {search}),
            limits_of("(other)", {{"x", {15, 1, 99, 99}, {}}})}));
  const auto burst = [&] { return board.lines()[0].burst_user; };
  EXPECT_EQ(burst().user, "#123");
  EXPECT_EQ(burst().limit_name, "search-read");
  EXPECT_DOUBLE_EQ(burst().share(), 3);
  EXPECT_EQ(board.lines()[0].sustained_user.user, "#123");  // 25 % of that, 5 % of the other
  board.tick(second(115) - std::chrono::microseconds(1));
  EXPECT_EQ(burst().limit_name, "search-read");
  board.tick(second(115));
  EXPECT_EQ(burst().calls, 0U);
  EXPECT_EQ(board.lines()[0].sustained_user.limit_name, "search-read");
  board.tick(second(400));
  EXPECT_EQ(board.lines()[0].sustained_user.calls, 0U);
  // Of a title of which nothing is known, rates alone make no line.
  TitleBoard other;
  other.count(rates_of(100, {limits_of("", {search})}));
  EXPECT_TRUE(other.lines().empty());
}

// More than are counted one by one may be more still.
TEST(TitleBoard, CountsThatMayBeMoreSaySo) {
  TitleBoard board;
  board.count(exchange(100));
  const RecordLimit most{"profile", {15, 10, 16'384, 16'384, true}, {300, 30, 9'000, 16'384, true}};
  board.count(rates_of(100, {limits_of("", {most}), limits_of("7", {most})}));
  EXPECT_TRUE(board.lines()[0].burst_user.at_least);
  EXPECT_FALSE(board.lines()[0].sustained_user.at_least);  // that was earlier
  EXPECT_EQ(board.lines()[0].sustained_user.calls, 9'000U);
}

TEST(TitleBoard, HistoryHasASliceEveryTenSeconds) {
  TitleBoard board;
  board.count(throttled(1));  // 08:11:40
  board.count(exchange(2));
  board.count(exchange(31));
  const std::vector<float> history = board.lines()[0].history;
  ASSERT_EQ(history.size(), TitleBoard::kSlices);
  EXPECT_EQ(history[history.size() - 1], 0);
  EXPECT_EQ(history[history.size() - 2], -1);
  EXPECT_EQ(history[history.size() - 4], 0.5F);
  board.tick(second(100'000));
  const std::vector<TitleLine> later = board.lines();
  for (const float share : later[0].history) EXPECT_EQ(share, -1);
}

TEST(TitleBoard, TitlesAndUsersAreBounded) {
  TitleBoard board;
  for (std::uint32_t i = 0; i < TitleBoard::kMostTitles + 10; ++i) {
    Record record = exchange(0);
    record.title_id = i;
    board.count(record);
  }
  EXPECT_EQ(board.lines().size(), TitleBoard::kMostTitles + 1);
  EXPECT_TRUE(board.lines().front().other);  // the most calls
  EXPECT_EQ(board.lines().front().calls, 10U);

  TitleBoard users;
  const auto call_of = [&users](std::size_t user, std::int64_t at) {
    Record record = exchange(at);
    record.user_id = std::to_string(user);
    users.count(record);
  };
  for (std::size_t i = 0; i < TitleBoard::kMostUsers + 5; ++i) call_of(i, 0);
  EXPECT_EQ(users.overflowed(), 5U);
  EXPECT_EQ(users.lines()[0].calls, TitleBoard::kMostUsers + 5);
  call_of(100'000, 300);  // the others have been idle for 300 s: there is room again
  EXPECT_EQ(users.overflowed(), 5U);
  EXPECT_EQ(users.lines()[0].burst_user.user, "100000");
}

TEST(ScreenFeed, CountsWhatItCannotHandOn) {
  ScreenFeed feed("a.jsonl");
  const std::size_t sent = ScreenFeed::kMostWaiting + 100;
  for (std::size_t i = 0; i < sent; ++i) feed.push(throttled(1));
  ScreenBatch batch = feed.take(true);
  EXPECT_EQ(batch.records.size() + batch.dropped, sent);
  EXPECT_GT(batch.dropped, 0U);
  EXPECT_EQ(batch.totals.records, sent);
  ASSERT_TRUE(batch.titles);
  EXPECT_EQ(batch.titles->front().throttled, sent);
  EXPECT_EQ(batch.source, "a.jsonl");
  feed.push(exchange(2));
  batch = feed.take(false);
  EXPECT_EQ(batch.records.size(), 1U);
  EXPECT_FALSE(batch.titles);
}

TEST(ScreenFeed, WhoWaitsForRoomGoesOnWhenThereIsSomeOrTheScreenIsClosed) {
  ScreenFeed feed("");
  std::uint64_t pushed = 0;
  std::thread reader([&] {
    while (feed.push_waiting(exchange(1))) ++pushed;
  });
  std::uint64_t taken = 0;
  while (taken < ScreenFeed::kMostWaiting + 1'000) taken += feed.take(false).records.size();
  feed.close();
  reader.join();
  taken += feed.take(false).records.size();
  EXPECT_EQ(taken, pushed);
}

}  // namespace
}  // namespace mpsdscope
