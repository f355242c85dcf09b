#include "rules/flat_index.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

#include "decode/ascii.h"
#include "rules/digest.h"

namespace mpsdscope {
namespace {

// Against std::map, with tags of which many are the same or neighbours.
TEST(FlatIndex, DoesAsAMapDoes) {
  for (const std::uint64_t mask : {~std::uint64_t{0}, std::uint64_t{0x3F}, std::uint64_t{0}}) {
    FlatIndex index;
    std::map<std::uint64_t, std::uint32_t> expected;  // by key
    std::mt19937 random(7);
    const auto hash = [mask](std::uint64_t key) { return mix(key, 1) & mask; };
    const auto find = [&](std::uint64_t key) {
      return index.find(hash(key), [&](std::uint32_t number) { return number == 3 * key; });
    };
    for (int step = 0; step < 20'000; ++step) {
      const std::uint64_t key = random() % 300;
      const auto known = expected.find(key);
      ASSERT_EQ(find(key), known == expected.end() ? FlatIndex::kNone : known->second);
      if (known != expected.end()) {
        index.erase(hash(key), known->second);
        expected.erase(known);
      } else {
        index.insert(hash(key), static_cast<std::uint32_t>(3 * key));
        expected[key] = static_cast<std::uint32_t>(3 * key);
      }
    }
  }
}

TEST(Slab, GivesBackWhatIsFreeAndMovesNothing) {
  Slab<int> slab;
  EXPECT_EQ(slab.take(), 0U);
  int* const first = &slab[0];
  for (std::uint32_t i = 1; i < 1'000; ++i) EXPECT_EQ(slab.take(), i);
  EXPECT_EQ(&slab[0], first);
  slab.give_back(17);
  EXPECT_TRUE(slab.has_free());
  EXPECT_EQ(slab.used(), 999U);
  EXPECT_EQ(slab.take(), 17U);
  EXPECT_EQ(slab.size(), 1'000U);
}

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
