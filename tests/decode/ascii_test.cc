#include "decode/ascii.h"

#include <string>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

bool same_byte_by_byte(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

// Any two bytes, at each place of texts shorter and longer than the words they are compared in.
TEST(EqualsIgnoringCase, IsThatOfTheBytes) {
  for (const std::size_t size : {1, 3, 7, 8, 9, 15, 16, 17}) {
    const std::string text(size, 'm');
    for (std::size_t at = 0; at < size; ++at) {
      for (int x = 0; x < 256; ++x) {
        std::string a = text, b = text;
        a[at] = static_cast<char>(x);
        for (int y = 0; y < 256; ++y) {
          b[at] = static_cast<char>(y);
          ASSERT_EQ(equals_ignoring_case(a, b), same_byte_by_byte(a, b))
              << size << ' ' << at << ' ' << x << ' ' << y;
        }
      }
    }
  }
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_FALSE(equals_ignoring_case("", "a"));
  EXPECT_TRUE(equals_ignoring_case("X-XblCorrelationId", "x-xblcorrelationID"));
  EXPECT_FALSE(equals_ignoring_case("X-XblCorrelationId", "x-xblcorrelationI_"));
}

TEST(AllDigits, TellsEachByteAtEachPlace) {
  EXPECT_FALSE(all_digits(""));
  for (const std::size_t size : {1, 3, 7, 8, 9, 15, 16, 17}) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text(size, '0');
        text[at] = static_cast<char>(c);
        ASSERT_EQ(all_digits(text), c >= '0' && c <= '9') << size << ' ' << at << ' ' << c;
      }
    }
  }
}

}  // namespace
}  // namespace mpsdscope
