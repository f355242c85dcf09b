#include "tools/parse_value.h"

#include <array>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

TEST(ParseSize, TakesSuffixes) {
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("4096"), 4096u);
  EXPECT_EQ(parse_size("64K"), 65'536u);
  EXPECT_EQ(parse_size("4m"), 4'194'304u);
  EXPECT_EQ(parse_size("1GiB"), 1'073'741'824u);
  EXPECT_EQ(parse_size("12B"), 12u);
  EXPECT_EQ(parse_size("9223372036854775807"), 9'223'372'036'854'775'807u);
}

TEST(ParseSize, RefusesTheRest) {
  for (const auto* text : {"", "K", "-1", "+1", "1.5M", "1T", "4 K", "9223372036854775808",
                           "9007199254740992K", "99999999999999999999", "0x10"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(NearMatches, FindTypingErrorsAndParts) {
  constexpr std::array<std::string_view, 4> kKnown{"session-malformed", "http-malformed",
                                                   "412-no-etag", "session-no-etag"};
  using Names = std::vector<std::string_view>;
  EXPECT_EQ(near_matches("sesion-malformd", kKnown), (Names{"session-malformed"}));
  EXPECT_EQ(near_matches("no-etag", kKnown), (Names{"412-no-etag", "session-no-etag"}));
  EXPECT_EQ(near_matches("413-NO-etag", kKnown), (Names{"412-no-etag"}));
  EXPECT_EQ(near_matches("banana", kKnown), Names{});
  EXPECT_EQ(near_matches("", kKnown), Names{});
  EXPECT_EQ(near_matches(std::string(100'000, 'x'), kKnown), Names{});
  EXPECT_EQ(unknown_name("rule", "no-etag", kKnown),
            "unknown rule 'no-etag'; did you mean '412-no-etag' or 'session-no-etag'?");
  EXPECT_EQ(unknown_name("rule", "banana", kKnown), "unknown rule 'banana'");
}

TEST(ParseDuration, TakesUnitsAndRefusesTheRest) {
  EXPECT_EQ(parse_duration("90"), std::chrono::seconds(90));
  EXPECT_EQ(parse_duration("90s"), std::chrono::seconds(90));
  EXPECT_EQ(parse_duration("15m"), std::chrono::minutes(15));
  EXPECT_EQ(parse_duration("1h"), std::chrono::hours(1));
  EXPECT_EQ(parse_duration("7d"), std::chrono::hours(7 * 24));
  for (const auto* text :
       {"", "0", "-1", "1.5h", "h", "1w", "1 h", "99999999999999999999", "4000d"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace mpsdscope
