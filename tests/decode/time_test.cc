#include "decode/time.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

CaptureTime at(std::int64_t nanoseconds) {
  return CaptureTime(Duration(nanoseconds));
}

TEST(Time, IsWrittenInUtcWithMicroseconds) {
  EXPECT_EQ(format_rfc3339(at(0)), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_rfc3339(at(1'795'421'499'123'456'999)), "2026-11-23T08:11:39.123456Z");
  EXPECT_EQ(format_rfc3339(at(-1)), "1969-12-31T23:59:59.999999Z");
}

TEST(Time, IsWrittenAtBothEndsOfTheClock) {
  using Limits = std::numeric_limits<std::int64_t>;
  EXPECT_EQ(format_rfc3339(at(Limits::min())), "1677-09-21T00:12:43.145224Z");
  EXPECT_EQ(format_rfc3339(at(Limits::max())), "2262-04-11T23:47:16.854775Z");
}

TEST(Time, WrittenOneAfterTheOtherIsTheSame) {
  constexpr std::int64_t kSecond = 1'000'000'000, kNow = 1'795'421'499 * kSecond;
  std::vector<std::int64_t> times;
  for (const std::int64_t base : {kNow, std::int64_t{0}, -kNow}) {
    for (const std::int64_t offset :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{7'006'005}, kSecond - 1, kSecond,
          kSecond - 1'000, 61 * kSecond, -kSecond, std::int64_t{-1}, std::int64_t{0}}) {
      times.push_back(base + offset);
    }
  }
  times.push_back(std::numeric_limits<std::int64_t>::max());
  times.push_back(-times.back() + 86'400 * kSecond);
  times.push_back(-times.back());
  times.push_back(std::numeric_limits<std::int64_t>::min());
  times.push_back(std::numeric_limits<std::int64_t>::max());
  Rfc3339Text text;
  for (const std::int64_t time : times) {
    std::string written(kRfc3339Size, '#');
    EXPECT_EQ(text.put(written.data(), at(time)), written.data() + kRfc3339Size);
    EXPECT_EQ(written, format_rfc3339(at(time))) << time;
  }
}

}  // namespace
}  // namespace mpsdscope
