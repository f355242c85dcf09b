#include "rules/rates.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "rules/call.h"

namespace mpsdscope {
namespace {

CaptureTime at_ms(std::int64_t milliseconds) {
  return CaptureTime(std::chrono::milliseconds(milliseconds));
}

TEST(SlidingWindow, IsHalfOpenToTheMillisecond) {
  SlidingWindow window(100);
  window.add(at_ms(1'000), true);
  EXPECT_EQ(window.burst_at(at_ms(1'000)).throttled, 1U);
  EXPECT_EQ(window.burst_at(at_ms(15'999)).throttled, 1U);
  EXPECT_EQ(window.burst_at(at_ms(16'000)).throttled, 0U);
  EXPECT_EQ(window.sustained_at(at_ms(300'999)).throttled, 1U);
  EXPECT_EQ(window.sustained_at(at_ms(301'000)).throttled, 0U);
  window.add(at_ms(15'999), false);
  EXPECT_EQ(window.burst_at(at_ms(15'999)).responses, 2U);
  window.add(at_ms(16'000), false);
  EXPECT_EQ(window.burst_at(at_ms(16'000)).responses, 2U);
  EXPECT_EQ(window.burst_at(at_ms(16'000)).throttled, 0U);
  EXPECT_EQ(window.sustained_at(at_ms(16'000)).responses, 3U);
}

TEST(SlidingWindow, RemembersPeaks) {
  SlidingWindow window(100);
  window.add(at_ms(0), false);
  window.add(at_ms(10), true);
  window.add(at_ms(20), true);
  window.add(at_ms(20), false);
  window.add(at_ms(30), false);
  window.add(at_ms(20'000), true);
  const WindowRate burst = window.burst_at(at_ms(20'000));
  EXPECT_EQ(burst.throttled, 1U);
  EXPECT_EQ(burst.peak_throttled, 2U);
  EXPECT_EQ(burst.peak_at, at_ms(20));
  EXPECT_EQ(burst.responses_at_peak, 4U);
  const WindowRate sustained = window.sustained_at(at_ms(20'000));
  EXPECT_EQ(sustained.peak_throttled, 3U);
  EXPECT_EQ(sustained.peak_at, at_ms(20'000));
}

// Against counting every response each time.
// How many of `times`, which rise, are in the period of that length before `end`.
std::uint64_t count_until(CaptureTime end, Duration length, const std::vector<CaptureTime>& times) {
  const auto first = std::upper_bound(times.begin(), times.end(), end - length);
  return static_cast<std::uint64_t>(std::upper_bound(first, times.end(), end) - first);
}

TEST(SlidingWindow, AgreesWithCountingAll) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    std::mt19937 random(seed);
    SlidingWindow window(10'000);
    std::vector<CaptureTime> all;
    std::vector<CaptureTime> refused;
    std::int64_t now = 0;
    std::uint64_t peak = 0;
    for (int i = 0; i < 2'000; ++i) {
      now += random() % 4 == 0 ? 0 : static_cast<std::int64_t>(random() % (seed * 300));
      const bool throttled = random() % 3 == 0;
      window.add(at_ms(now), throttled);
      all.push_back(at_ms(now));
      if (throttled) refused.push_back(at_ms(now));
      const CaptureTime asked = at_ms(now + static_cast<std::int64_t>(random() % 20'000));
      peak = std::max(peak, count_until(at_ms(now), kBurstPeriod, refused));
      ASSERT_EQ(window.burst_at(asked).responses, count_until(asked, kBurstPeriod, all));
      ASSERT_EQ(window.burst_at(asked).throttled, count_until(asked, kBurstPeriod, refused));
      ASSERT_EQ(window.sustained_at(asked).responses, count_until(asked, kSustainedPeriod, all));
      ASSERT_EQ(window.sustained_at(asked).throttled,
                count_until(asked, kSustainedPeriod, refused));
      ASSERT_EQ(window.burst_at(asked).peak_throttled, peak);
    }
    EXPECT_TRUE(window.exact());
  }
}

TEST(SlidingWindow, StaysBoundedAndNearlyRight) {
  constexpr std::size_t kMost = 1'000;
  SlidingWindow window(kMost);
  for (int i = 0; i < 100'000; ++i) {
    window.add(at_ms(i * 10), i % 2 == 0);
    ASSERT_LE(window.entries(), kMost);
  }
  EXPECT_FALSE(window.exact());
  const CaptureTime now = at_ms(99'999 * 10);
  // 30,000 and 1,500 responses; a slice is 600 s / 1,000, or 60 responses.
  EXPECT_GE(window.sustained_at(now).responses, 30'000U);
  EXPECT_LE(window.sustained_at(now).responses, 30'060U);
  EXPECT_GE(window.burst_at(now).responses, 1'500U);
  EXPECT_LE(window.burst_at(now).responses, 1'560U);
  EXPECT_EQ(window.burst_at(now + kSustainedPeriod).responses, 0U);
  EXPECT_EQ(window.sustained_at(now + kSustainedPeriod).responses, 0U);
}

// Far more distinct times than entries, as a load test makes them: 10,000 a second for 21 s.
TEST(SlidingWindow, StaysWithinOnePercentUnderLoad) {
  constexpr std::int64_t kResponses = 210'000;
  constexpr Duration kStep = std::chrono::microseconds(100);
  const RateLimits limits;
  for (const std::size_t most : {limits.max_title_entries, limits.max_user_entries}) {
    SlidingWindow window(most);
    CaptureTime now = at_ms(1'795'422'686'113);
    for (std::int64_t i = 0; i < kResponses; ++i) {
      now += kStep;
      window.add(now, i % 2 == 0);
      ASSERT_LE(window.entries(), most);
    }
    EXPECT_FALSE(window.exact());
    const WindowRate burst = window.burst_at(now);
    EXPECT_GE(burst.responses, 150'000U);
    EXPECT_LE(burst.responses, 151'500U);
    EXPECT_GE(burst.throttled, 75'000U);
    EXPECT_LE(burst.throttled, 75'750U);
    EXPECT_GE(burst.peak_throttled, 75'000U);
    EXPECT_LE(burst.peak_throttled, 75'750U);
    EXPECT_EQ(window.sustained_at(now).responses, 210'000U);
    EXPECT_EQ(window.sustained_at(now).peak_throttled, 105'000U);
  }
}

TEST(SlidingWindow, NeverCountsLessThanThereWas) {
  std::mt19937 random(3);
  SlidingWindow window(8);
  std::vector<std::int64_t> times;
  std::int64_t now = 0;
  for (int i = 0; i < 5'000; ++i) {
    now += static_cast<std::int64_t>(random() % (i % 100 == 0 ? 40'000 : 900));
    window.add(at_ms(now), false);
    times.push_back(now);
    const auto since = [&](std::int64_t length) {
      return static_cast<std::uint64_t>(times.end() -
                                        std::upper_bound(times.begin(), times.end(), now - length));
    };
    ASSERT_GE(window.burst_at(at_ms(now)).responses, since(15'000));
    ASSERT_GE(window.sustained_at(at_ms(now)).responses, since(300'000));
  }
  EXPECT_FALSE(window.exact());
  window.add(at_ms(now + 300'000), true);
  EXPECT_EQ(window.burst_at(at_ms(now + 300'000)).responses, 1U);
  EXPECT_EQ(window.sustained_at(at_ms(now + 300'000)).responses, 1U);
}

void expect_same(const WindowRate& a, const WindowRate& b) {
  EXPECT_EQ(a.responses, b.responses);
  EXPECT_EQ(a.throttled, b.throttled);
  EXPECT_EQ(a.peak_throttled, b.peak_throttled);
  EXPECT_EQ(a.responses_at_peak, b.responses_at_peak);
  EXPECT_EQ(a.peak_at, b.peak_at);
}

// Two windows merged are as one that all were added to, and go on as that one does.
TEST(SlidingWindow, MergesAsIfAddedInOrder) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    SlidingWindow one(10'000);
    SlidingWindow left(10'000);
    SlidingWindow right(10'000);
    std::int64_t now = 0;
    const auto next = [&](std::int64_t most) {
      now += random() % 4 == 0 ? 0 : static_cast<std::int64_t>(random()) % most;
      return random() % 3 == 0;
    };
    for (int i = 0; i < 1'000; ++i) {
      const bool throttled = next(500);
      one.add(at_ms(now), throttled);
      (random() % seed == 0 ? left : right).add(at_ms(now), throttled);
    }
    left.merge(right);
    ASSERT_LT(now, 300'000);
    for (int i = 0; i < 300; ++i) {
      expect_same(left.burst_at(at_ms(now)), one.burst_at(at_ms(now)));
      expect_same(left.sustained_at(at_ms(now)), one.sustained_at(at_ms(now)));
      EXPECT_EQ(left.entries(), one.entries());
      const bool throttled = next(5'000);
      one.add(at_ms(now), throttled);
      left.add(at_ms(now), throttled);
    }
  }
}

TEST(SlidingWindow, MergesKeepingOldPeaks) {
  SlidingWindow left(100);
  SlidingWindow right(100);
  for (int i = 0; i < 5; ++i) left.add(at_ms(i), true);
  for (int i = 0; i < 3; ++i) right.add(at_ms(10 + i), true);
  left.add(at_ms(1'000'000), true);
  right.add(at_ms(1'000'001), true);
  SlidingWindow copy = right;
  copy.merge(left);
  left.merge(right);
  for (const SlidingWindow* window : {&left, &copy}) {
    EXPECT_EQ(window->burst_at(at_ms(1'000'001)).throttled, 2U);
    EXPECT_EQ(window->burst_at(at_ms(1'000'001)).peak_throttled, 5U);
    EXPECT_EQ(window->burst_at(at_ms(1'000'001)).peak_at, at_ms(4));
  }
  SlidingWindow empty(100);
  empty.merge(left);
  expect_same(empty.sustained_at(at_ms(1'000'001)), left.sustained_at(at_ms(1'000'001)));
}

TEST(SlidingWindow, MergesInexactOnesWithinTheirBounds) {
  SlidingWindow left(100);
  SlidingWindow right(100);
  for (int i = 0; i < 10'000; ++i) (i % 3 == 0 ? left : right).add(at_ms(i * 20), i % 2 == 0);
  left.merge(right);
  EXPECT_FALSE(left.exact());
  EXPECT_LE(left.entries(), 100U);
  EXPECT_EQ(left.sustained_at(at_ms(199'980)).responses, 10'000U);
  EXPECT_EQ(left.sustained_at(at_ms(199'980)).throttled, 5'000U);
  EXPECT_GE(left.burst_at(at_ms(199'980)).responses, 750U);
}

struct Answer {
  std::int64_t ms = 0;
  Row row = Row::r200;
  std::optional<std::uint32_t> title = 5;
  std::string user = "1";
};

Call call_of(const Answer& answer) {
  Call call;
  call.exchange = std::make_unique<Exchange>();
  call.exchange->request.present = true;
  call.exchange->response.present = true;
  call.exchange->response.end = at_ms(answer.ms);
  call.mpsd = true;
  call.row = answer.row;
  call.title_id = answer.title;
  call.user_id = answer.user;
  return call;
}

TEST(Rates, CountsByTitleAndUser) {
  Rates rates;
  rates.count(call_of({0, Row::r200, 7, "1"}));
  rates.count(call_of({1, Row::r429, 7, "2"}));
  rates.count(call_of({2, Row::r429, 7, "2"}));
  rates.count(call_of({3, Row::unlisted, std::nullopt, ""}));
  rates.count(call_of({4, Row::r204, 3, "1"}));
  Call hashed = call_of({5, Row::r200, 3, ""});
  hashed.user_hash = "88";
  hashed.violations.push_back({Rule::session_no_etag, Severity::info, "m"});
  hashed.violations.push_back({Rule::body_missing, Severity::warning, "m"});
  rates.count(hashed);
  Call other = call_of({6, Row::r200, 7, "1"});
  other.mpsd = false;
  rates.count(other);
  Call missing = call_of({7, Row::r200, 7, "1"});
  missing.exchange->response.present = false;
  missing.row.reset();
  rates.count(missing);

  const std::vector<TitleRates> titles = rates.snapshot(at_ms(10));
  ASSERT_EQ(titles.size(), 3U);
  EXPECT_EQ(titles[0].title_id, 3U);
  EXPECT_EQ(titles[1].title_id, 7U);
  EXPECT_EQ(titles[2].title_id, std::nullopt);
  EXPECT_FALSE(titles[2].other);
  EXPECT_EQ(titles[0].users.count("hash:88"), 1U);
  EXPECT_EQ(titles[0].total.violations, (std::array<std::uint64_t, 4>{0, 1, 1, 0}));
  EXPECT_EQ(titles[1].total.requests, 4U);
  EXPECT_EQ(titles[1].total.responses, 3U);
  EXPECT_EQ(titles[1].total.throttled, 2U);
  EXPECT_EQ(titles[1].total.by_row[static_cast<std::size_t>(Row::r429)], 2U);
  EXPECT_EQ(titles[1].users.at("2").throttled, 2U);
  EXPECT_EQ(titles[1].users.at("2").burst.throttled, 2U);
  EXPECT_EQ(titles[1].users.at("1").burst.throttled, 0U);
  EXPECT_EQ(titles[2].users.at("").responses, 1U);
}

TEST(Rates, JoinsTheCountsOfOneUser) {
  Rates rates;
  const auto hashed = [](std::int64_t ms, std::uint32_t title, Row row) {
    Call call = call_of({ms, row, title, ""});
    call.user_hash = "88";
    call.violations.push_back({Rule::body_missing, Severity::warning, "m"});
    return call;
  };
  rates.count(hashed(0, 1, Row::r429));
  rates.count(call_of({1'000, Row::r429, 1, "42"}));
  rates.count(hashed(2'000, 1, Row::r429));
  rates.count(hashed(3'000, 2, Row::r200));
  rates.join_user("88", "42");
  rates.join_user("none", "42");
  rates.count(call_of({4'000, Row::r200, 1, "42"}));
  const std::vector<TitleRates> titles = rates.snapshot(at_ms(4'000));
  ASSERT_EQ(titles.size(), 2U);
  for (const TitleRates& title : titles) ASSERT_EQ(title.users.size(), 1U);
  const RateSummary& user = titles[0].users.at("42");
  EXPECT_EQ(user.requests, 4U);
  EXPECT_EQ(user.responses, 4U);
  EXPECT_EQ(user.throttled, 3U);
  EXPECT_EQ(user.by_row[static_cast<std::size_t>(Row::r429)], 3U);
  EXPECT_EQ(user.violations, (std::array<std::uint64_t, 4>{0, 0, 2, 0}));
  EXPECT_EQ(user.burst.responses, 4U);
  EXPECT_EQ(user.burst.peak_throttled, 3U);
  EXPECT_EQ(user.burst.peak_at, at_ms(2'000));
  EXPECT_EQ(titles[1].users.at("42").responses, 1U);
}

// The place of a user that was joined to another is free again.
TEST(Rates, JoiningFreesRoom) {
  RateLimits limits;
  limits.max_users = 2;
  Rates rates(limits);
  for (int i = 0; i < 5; ++i) {
    Call call = call_of({i, Row::r200, 1, ""});
    call.user_hash = std::to_string(i);
    rates.count(call);
    rates.join_user(call.user_hash, "42");
  }
  EXPECT_EQ(rates.overflowed(), 0U);
  EXPECT_EQ(rates.snapshot(at_ms(5))[0].users.at("42").responses, 5U);
}

TEST(Rates, ClampsTimeThatStepsBack) {
  Rates rates;
  rates.count(call_of({100'000, Row::r429}));
  rates.count(call_of({50'000, Row::r429}));
  EXPECT_EQ(rates.snapshot(at_ms(114'999))[0].total.burst.throttled, 2U);
  EXPECT_EQ(rates.snapshot(at_ms(115'000))[0].total.burst.throttled, 0U);
  // A snapshot of the past is one of the latest time.
  EXPECT_EQ(rates.snapshot(at_ms(0))[0].total.burst.throttled, 2U);
}

TEST(SlidingWindow, BeginsAnewWhenTheClockIsSetBack) {
  SlidingWindow window(100);
  window.add(at_ms(1'000'000), true);
  window.add(at_ms(1'000'001), true);
  EXPECT_EQ(window.burst_at(at_ms(10'000)).throttled, 0U);
  window.add(at_ms(10'000), true);
  EXPECT_EQ(window.burst_at(at_ms(10'000)).throttled, 1U);
  EXPECT_EQ(window.burst_at(at_ms(10'000)).peak_throttled, 2U);
  EXPECT_EQ(window.burst_at(at_ms(10'000)).peak_at, at_ms(1'000'001));
  EXPECT_EQ(window.sustained_at(at_ms(10'000)).responses, 1U);
  EXPECT_EQ(window.burst_at(at_ms(25'000)).throttled, 0U);
}

// A response dated far in the future counts, and those after it count by their own times.
TEST(Rates, GoOnAfterADateInTheFuture) {
  Rates rates;
  rates.count(call_of({0, Row::r429, 5, "other"}));
  rates.count(call_of({0, Row::r429}));
  rates.count(call_of({1'000'000'000, Row::r429}));
  rates.count(call_of({1'000, Row::r429}));
  rates.count(call_of({20'000, Row::r429}));
  const RateSummary total = rates.snapshot(at_ms(20'000))[0].total;
  EXPECT_EQ(total.throttled, 5U);
  EXPECT_EQ(total.burst.throttled, 1U);
  EXPECT_EQ(total.sustained.throttled, 2U);
  EXPECT_EQ(rates.snapshot(at_ms(310'000))[0].total.sustained.throttled, 1U);
}

TEST(Rates, SurviveAbsurdTimes) {
  Rates rates;
  Call call = call_of({});
  for (const CaptureTime time : {CaptureTime::min(), CaptureTime::max(), CaptureTime{}}) {
    call.exchange->response.end = time;
    rates.count(call);
  }
  EXPECT_EQ(rates.snapshot(CaptureTime::max())[0].total.responses, 3U);
  // The clock was set back to 1970: the windows began anew.
  EXPECT_EQ(rates.snapshot(CaptureTime::min())[0].total.burst.responses, 1U);
}

TEST(Rates, BoundTitlesAndUsers) {
  RateLimits limits;
  limits.max_titles = 3;
  limits.max_users_per_title = 2;
  limits.max_users = 5;
  Rates rates(limits);
  for (std::uint32_t title = 1; title <= 6; ++title) {
    for (const char* user : {"1", "2", "3", "4"}) rates.count(call_of({0, Row::r200, title, user}));
  }
  rates.count(call_of({0, Row::r200, std::nullopt, ""}));
  const std::vector<TitleRates> titles = rates.snapshot(at_ms(0));
  std::uint64_t responses = 0;
  for (const TitleRates& title : titles) {
    std::uint64_t of_users = 0;
    for (const auto& [name, user] : title.users) of_users += user.responses;
    EXPECT_EQ(of_users, title.total.responses);
    EXPECT_LE(title.users.size(), 3U);
    responses += title.total.responses;
  }
  EXPECT_EQ(responses, 25U);
  ASSERT_EQ(titles.size(), 5U);
  EXPECT_EQ(titles[0].users.at("(other)").responses, 2U);
  EXPECT_FALSE(titles[3].other);
  EXPECT_EQ(titles[3].title_id, std::nullopt);
  EXPECT_TRUE(titles[4].other);
  EXPECT_EQ(titles[4].total.responses, 12U);
  EXPECT_GT(rates.overflowed(), 0U);
}

TEST(Rates, BoundTheMemoryOfAllWindows) {
  RateLimits limits;
  limits.max_entries = 1'000;
  Rates rates(limits);
  for (int i = 0; i < 5'000; ++i) {
    rates.count(call_of({i, Row::r429, 5, std::to_string(i % 3)}));
  }
  const std::vector<TitleRates> titles = rates.snapshot(at_ms(4'999));
  EXPECT_FALSE(titles[0].total.exact);
  EXPECT_EQ(titles[0].total.throttled, 5'000U);
  EXPECT_EQ(titles[0].total.burst.throttled, 5'000U);
}

// The documented example of fine-grained limits: 30 in 15 s and 100 in 300 s for one user.
TEST(Rates, WorkedExample) {
  const std::vector<int> requests{35, 28, 21, 36, 24};
  const std::vector<std::uint64_t> throttled{5, 0, 0, 20, 24};
  Rates rates;
  int sustained = 0;
  std::uint64_t in_all = 0;
  for (std::size_t period = 0; period < requests.size(); ++period) {
    const std::int64_t begin = static_cast<std::int64_t>(period) * 15'000;
    for (int i = 0; i < requests[period]; ++i) {
      ++sustained;  // rejected calls count as well
      const bool rejected = i >= 30 || sustained > 100;
      rates.count(call_of({begin + i + 1, rejected ? Row::r429 : Row::r200}));
    }
    in_all += throttled[period];
    // The window (begin, begin + 15 s] holds exactly the calls of this period.
    const RateSummary total = rates.snapshot(at_ms(begin + 15'000))[0].total;
    EXPECT_EQ(total.burst.responses, static_cast<std::uint64_t>(requests[period])) << period;
    EXPECT_EQ(total.burst.throttled, throttled[period]) << period;
    EXPECT_EQ(total.sustained.responses, static_cast<std::uint64_t>(sustained));
    EXPECT_EQ(total.sustained.throttled, in_all);
    EXPECT_EQ(total.throttled, in_all);
  }
}

}  // namespace
}  // namespace mpsdscope
