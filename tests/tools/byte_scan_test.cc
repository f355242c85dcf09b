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

// Into an exact-size heap buffer, likewise.
template <class Special>
bool copy_holds(const std::string& text, Special special) {
  const std::unique_ptr<char[]> exact(new char[text.size()]), copy(new char[text.size()]);
  std::copy(text.begin(), text.end(), exact.get());
  const bool holds = copy_holds_any(copy.get(), {exact.get(), text.size()}, special);
  EXPECT_EQ(std::string(copy.get(), text.size()), text);
  return holds;
}

TEST(ByteScan, FindsAByteAtEveryPlaceOfATextOfAnyLength) {
  for (std::size_t length = 0; length <= 100; ++length) {
    std::string text(length, 'a');
    EXPECT_FALSE(holds(text, NeedsJsonEscape())) << length;
    EXPECT_FALSE((holds(text, IsOneOf<'%', '='>()))) << length;
    EXPECT_FALSE((copy_holds(text, IsOneOf<'%', '='>()))) << length;
    for (std::size_t at = 0; at < length; ++at) {
      text[at] = '=';
      EXPECT_TRUE((holds(text, IsOneOf<'%', '='>()))) << length << ' ' << at;
      EXPECT_TRUE((copy_holds(text, IsOneOf<'%', '='>()))) << length << ' ' << at;
      EXPECT_FALSE(holds(text, NeedsJsonEscape()));
      EXPECT_FALSE(copy_holds(text, NeedsJsonEscape()));
      EXPECT_TRUE((holds(text, EitherOf<NeedsJsonEscape, IsOneOf<'='>>())));
      text[at] = '\x1F';
      EXPECT_TRUE(holds(text, NeedsJsonEscape())) << length << ' ' << at;
      text[at] = 'a';
    }
  }
}

TEST(ByteScan, CopiesTextsOfAnyLength) {
  for (std::size_t length = 0; length <= 100; ++length) {
    std::string text(length, '\0'), copy(length + 1, '#');
    for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>('A' + i);
    EXPECT_EQ(copy_text(copy.data(), text), copy.data() + length);
    EXPECT_EQ(copy, text + '#');
  }
}

TEST(ByteScan, TellsWhatJsonDoesNotTake) {
  for (const std::size_t length : {1u, 4u, 8u, 16u, 32u}) {
    for (int c = 0; c < 256; ++c) {
      const bool special = c < 0x20 || c >= 0x7F || c == '"' || c == '\\';
      const std::string text(length, static_cast<char>(c));
      EXPECT_EQ(holds(text, NeedsJsonEscape()), special) << c;
    }
  }
}

}  // namespace
}  // namespace mpsdscope
