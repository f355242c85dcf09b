#include "rules/digest.h"

#include <initializer_list>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "decode/ascii.h"

namespace mpsdscope {
namespace {

Digest digest_of(std::initializer_list<std::string_view> texts) {
  Digest digest;
  for (const std::string_view text : texts) digest.add_lower(text);
  return digest;
}

bool same(const Digest& a, const Digest& b) {
  EXPECT_EQ(a.lookup() == b.lookup(), a.check() == b.check());
  return a.check() == b.check();
}

TEST(Digest, CaseDoesNotCount) {
  for (std::size_t length = 0; length < 40; ++length) {
    std::string upper;
    std::string lower;
    for (std::size_t i = 0; i < length; ++i) {
      upper += static_cast<char>('@' + i);  // from before A to behind Z
      lower += to_lower(upper.back());
    }
    EXPECT_TRUE(same(digest_of({upper}), digest_of({lower}))) << upper;
  }
  // Of letters alone.
  for (const auto& [a, b] :
       std::initializer_list<std::pair<const char*, const char*>>{{"@@@@@@@@", "````````"},
                                                                  {"[[[[[[[[", "{{{{{{{{"},
                                                                  {"\xC1", "\xE1"},
                                                                  {"0000000\xC1", "0000000\xE1"}}) {
    EXPECT_FALSE(same(digest_of({a}), digest_of({b}))) << a;
  }
}

TEST(Digest, EveryByteAndBoundaryCounts) {
  EXPECT_FALSE(same(digest_of({"ab", "c"}), digest_of({"a", "bc"})));
  EXPECT_FALSE(same(digest_of({"abc"}), digest_of({"abc", ""})));
  for (std::size_t length = 1; length < 40; ++length) {
    const std::string text(length, 'x');
    EXPECT_FALSE(same(digest_of({text}), digest_of({text + 'x'})));
    for (std::size_t i = 0; i < length; ++i) {
      std::string other = text;
      other[i] = 'y';
      EXPECT_FALSE(same(digest_of({text}), digest_of({other}))) << length << " " << i;
    }
  }
}

}  // namespace
}  // namespace mpsdscope
