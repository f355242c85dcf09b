#include "tools/byte_scan.h"

#include <algorithm>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

// From an exact-size heap buffer, so that sanitizers see reads past the end.
template <class Special>
bool holds(const std::string& text, Special special) {
  const std::unique_ptr<char[]> exact(new char[text.size()]);
  std::copy(text.begin(), text.end(), exact.get());
  return holds_any({exact.get(), text.size()}, special);
}

TEST(ByteScan, FindsAByteAtEveryPlaceOfATextOfAnyLength) {
  for (std::size_t length = 0; length <= 50; ++length) {
    std::string text(length, 'a');
    EXPECT_FALSE(holds(text, NeedsJsonEscape())) << length;
    EXPECT_FALSE((holds(text, IsOneOf<'%', '='>()))) << length;
    for (std::size_t at = 0; at < length; ++at) {
      text[at] = '=';
      EXPECT_TRUE((holds(text, IsOneOf<'%', '='>()))) << length << ' ' << at;
      EXPECT_FALSE(holds(text, NeedsJsonEscape()));
      text[at] = '\x1F';
      EXPECT_TRUE(holds(text, NeedsJsonEscape())) << length << ' ' << at;
      text[at] = 'a';
    }
  }
}

TEST(ByteScan, TellsWhatJsonDoesNotTake) {
  for (const std::size_t length : {1u, 8u, 16u}) {
    for (int c = 0; c < 256; ++c) {
      const bool special = c < 0x20 || c >= 0x7F || c == '"' || c == '\\';
      EXPECT_EQ(holds(std::string(length, static_cast<char>(c)), NeedsJsonEscape()), special) << c;
    }
  }
}

}  // namespace
}  // namespace mpsdscope
