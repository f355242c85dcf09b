#include "rules/fixed_period_counter.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/rules/testing/exchanges.h"

namespace mpsdscope {
namespace {

using testing::at_ms;

// The document's example: a limit of 30 in 15 s and 100 in 300 s, requests by periods of 15 s; in
// the last one of the 300 s four more.
TEST(FixedPeriodCounter, WorkedExample) {
  const std::vector<int> requests{35, 28, 21, 36, 24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4};
  const std::vector<int> throttled{5, 0, 0, 20, 24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4};
  ASSERT_EQ(requests.size() * 15, 300U);
  const std::int64_t begin = 1'000'000;
  FixedPeriodCounter counter(30, 100, at_ms(begin));
  for (std::size_t period = 0; period < requests.size(); ++period) {
    int rejected = 0;
    for (int i = 0; i < requests[period]; ++i) {
      const bool taken =
          counter.take(at_ms(begin + static_cast<std::int64_t>(period) * 15'000 + i));
      rejected += taken ? 0 : 1;
    }
    EXPECT_EQ(rejected, throttled[period]) << period;
  }
  // The sustained period has ended: everything begins anew.
  for (int i = 0; i < 35; ++i) EXPECT_EQ(counter.take(at_ms(begin + 300'000)), i < 30) << i;
}

TEST(FixedPeriodCounter, PeriodsEndToTheMillisecond) {
  FixedPeriodCounter counter(1, 0, at_ms(0));
  EXPECT_TRUE(counter.take(at_ms(14'999)));
  EXPECT_FALSE(counter.take(at_ms(14'999)));
  EXPECT_TRUE(counter.take(at_ms(15'000)));
  EXPECT_FALSE(counter.take(at_ms(29'999)));
  EXPECT_TRUE(counter.take(at_ms(3'000'000)));
  EXPECT_FALSE(counter.take(at_ms(3'014'999)));
}

// A calm burst does not help who is over the sustained limit; rejected calls keep them there.
TEST(FixedPeriodCounter, RejectedCallsCount) {
  FixedPeriodCounter counter(2, 3, at_ms(0));
  EXPECT_TRUE(counter.take(at_ms(0)));
  EXPECT_TRUE(counter.take(at_ms(1)));
  EXPECT_FALSE(counter.take(at_ms(2)));
  EXPECT_FALSE(counter.take(at_ms(15'000)));
  EXPECT_FALSE(counter.take(at_ms(299'999)));
  EXPECT_TRUE(counter.take(at_ms(300'000)));
}

TEST(FixedPeriodCounter, NoLimitRejectsNothing) {
  FixedPeriodCounter counter(0, 0, at_ms(0));
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(counter.take(at_ms(0)));
}

}  // namespace
}  // namespace mpsdscope
