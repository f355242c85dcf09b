#include "decode/flat_index.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

// Against std::map, with tags of which many are the same or neighbours.
TEST(FlatIndex, DoesAsAMapDoes) {
  for (const std::uint64_t mask : {~std::uint64_t{0}, std::uint64_t{0x3F}, std::uint64_t{0}}) {
    FlatIndex index;
    std::map<std::uint64_t, std::uint32_t> expected;  // by key
    std::mt19937 random(7);
    constexpr std::uint64_t kOdd = 0x9e37'79b9'7f4a'7c15;
    const auto hash = [mask](std::uint64_t key) { return (key * kOdd >> 16) & mask; };
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

}  // namespace
}  // namespace mpsdscope
