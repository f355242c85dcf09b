#include "decode/decimal.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

std::string written(std::uint64_t value) {
  std::string text(20, '#');
  text.resize(static_cast<std::size_t>(put_decimal(text.data(), value) - text.data()));
  return text;
}

TEST(Decimal, WritesNumbersWithoutLeadingZeros) {
  for (std::uint64_t value = 0; value < 12'000; ++value) {
    ASSERT_EQ(written(value), std::to_string(value));
  }
  for (const std::uint64_t value :
       {std::uint64_t{65'535}, std::uint64_t{100'000}, std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_EQ(written(value), std::to_string(value));
  }
}

}  // namespace
}  // namespace mpsdscope
