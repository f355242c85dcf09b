#include "tools/text_width.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

TEST(ColumnsOf, CountsWideCharacters) {
  EXPECT_EQ(columns_of("abc"), 3u);
  EXPECT_EQ(columns_of("中文"), 4u);
  EXPECT_EQ(columns_of("é…"), 2u);
  EXPECT_EQ(columns_of("😀"), 2u);
  EXPECT_EQ(columns_of(""), 0u);
}

TEST(Cut, KeepsTheTellingPart) {
  EXPECT_EQ(cut_end("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_end("abcdef", 4), "abc…");
  EXPECT_EQ(cut_begin("abcdef", 4), "…def");
  EXPECT_EQ(cut_middle("abcdefgh", 5), "ab…gh");
  EXPECT_EQ(cut_middle("abcdefgh", 4), "a…gh");
  EXPECT_EQ(cut_middle("中文字字文中", 6), "中…中");  // a wide character does not fit in half
  EXPECT_EQ(cut_end("中文字", 4), "中…");
  EXPECT_EQ(cut_end("abc", 1), "…");
  EXPECT_EQ(cut_end("abc", 0), "");
}

TEST(Append, FillsUpByColumns) {
  std::string out;
  append_left(out, "中", 4);
  append_right(out, "é", 3);
  append_left(out, "long", 2);
  EXPECT_EQ(out, "中    élong");
}

TEST(WrapWords, BreaksAtSpaces) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(wrap_words("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(wrap_words("one two three", 0), (Lines{"one two three"}));
  EXPECT_EQ(wrap_words("abcdefgh ij", 3), (Lines{"abc", "def", "gh", "ij"}));
  EXPECT_EQ(wrap_words("中文字", 1), (Lines{"中", "文", "字"}));
  EXPECT_EQ(wrap_words("", 5), (Lines{""}));
}

TEST(Width, NothingIsEverWiderThanAskedFor) {
  const std::vector<std::string> pieces{"a", "bc", " ", "中", "é", "😀", "-", "word"};
  std::mt19937 random(11);
  for (int round = 0; round < 5'000; ++round) {
    std::string text;
    for (auto i = random() % 30; i > 0; --i) text += pieces[random() % pieces.size()];
    const std::size_t width = random() % 24;
    for (const std::string& cut :
         {cut_end(text, width), cut_begin(text, width), cut_middle(text, width)}) {
      ASSERT_LE(columns_of(cut), width) << text;
      if (columns_of(text) <= width) {
        ASSERT_EQ(cut, text);
      }
    }
    if (width < 2) continue;
    std::string words;
    for (const std::string& line : wrap_words(text, width)) {
      ASSERT_LE(columns_of(line), width) << text;
      for (const char c : line) words += c == ' ' ? "" : std::string(1, c);
    }
    text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
    ASSERT_EQ(words, text);
  }
}

}  // namespace
}  // namespace mpsdscope
