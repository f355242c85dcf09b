#include "rules/title/recent_table.h"

#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

struct Number {
  int key = 0;
  int value = 0;
  bool keep = false;

  void clear() { *this = {}; }
  bool pinned(CaptureTime /*now*/) const { return keep; }
};

CaptureTime at(int seconds) {
  return CaptureTime(std::chrono::seconds(seconds));
}

class Numbers {
 public:
  Numbers(std::size_t most, int horizon, std::uint64_t hash_mask = ~std::uint64_t{0})
      : table_(most, std::chrono::seconds(horizon)), hash_mask_(hash_mask) {}

  Number* find(int key, int now) {
    return table_.find(hash(key), at(now), [key](const Number& n) { return n.key == key; });
  }
  std::pair<Number*, bool> obtain(int key, int now) {
    const auto found = table_.obtain(
        hash(key), at(now), [key](const Number& n) { return n.key == key; },
        [this](const Number& n) { given_up_.push_back(n.key); });
    found.first->key = key;
    return found;
  }
  RecentTable<Number>& table() { return table_; }
  const std::vector<int>& given_up() const { return given_up_; }

 private:
  std::uint64_t hash(int key) const {
    return (static_cast<std::uint64_t>(key) * 0x9E3779B97F4A7C15U) & hash_mask_;
  }

  RecentTable<Number> table_;
  std::uint64_t hash_mask_;
  std::vector<int> given_up_;
};

TEST(RecentTable, FindsWhatWasPutIn) {
  Numbers numbers(100, 10);
  EXPECT_EQ(numbers.find(1, 0), nullptr);
  EXPECT_TRUE(numbers.obtain(1, 0).second);
  numbers.find(1, 0)->value = 7;
  EXPECT_FALSE(numbers.obtain(1, 0).second);
  EXPECT_EQ(numbers.find(1, 0)->value, 7);
  EXPECT_EQ(numbers.find(2, 0), nullptr);
}

TEST(RecentTable, ForgetsAfterTheHorizonSinceTheLastLook) {
  Numbers numbers(100, 10);
  numbers.obtain(1, 0);
  EXPECT_NE(numbers.find(1, 10), nullptr);
  EXPECT_NE(numbers.find(1, 20), nullptr);
  EXPECT_EQ(numbers.find(1, 31), nullptr);
  EXPECT_TRUE(numbers.obtain(1, 31).second);
  EXPECT_EQ(numbers.table().evicted(), 0U);
}

TEST(RecentTable, KeepsWhatIsPinned) {
  Numbers numbers(100, 10);
  numbers.obtain(1, 0).first->keep = true;
  EXPECT_NE(numbers.find(1, 1'000), nullptr);
}

TEST(RecentTable, GivesUpWhatWasNotLookedAtForSomeWhile) {
  Numbers numbers(3, 1'000);
  for (int key = 1; key <= 3; ++key) numbers.obtain(key, key);
  numbers.obtain(4, 4);  // the hand goes round once, and takes the first
  EXPECT_EQ(numbers.given_up(), std::vector<int>{1});
  numbers.find(2, 5);
  numbers.obtain(5, 6);
  EXPECT_EQ(numbers.given_up(), (std::vector<int>{1, 3}));
  EXPECT_EQ(numbers.table().evicted(), 2U);
  EXPECT_EQ(numbers.table().size(), 3U);
}

TEST(RecentTable, TakesThePlaceOfWhatIsOldFirst) {
  Numbers numbers(3, 10);
  for (int key = 1; key <= 3; ++key) numbers.obtain(key, 0);
  numbers.obtain(4, 100);
  EXPECT_EQ(numbers.table().evicted(), 0U);
  EXPECT_TRUE(numbers.given_up().empty());
}

// Against std::map, with hashes that collide a lot and a table that is never full.
TEST(RecentTable, DoesAsAMapDoes) {
  for (const std::uint64_t mask : {~std::uint64_t{0}, std::uint64_t{0xF}, std::uint64_t{0}}) {
    Numbers numbers(1'000, 50, mask);
    std::map<int, std::pair<int, int>> expected;  // value, last looked at
    std::mt19937 random(1);
    for (int now = 0; now < 5'000; ++now) {
      const int key = static_cast<int>(random() % 200);
      const auto known = expected.find(key);
      const bool lives = known != expected.end() && now - known->second.second <= 50;
      if (random() % 2 == 0) {
        const Number* found = numbers.find(key, now);
        ASSERT_EQ(found != nullptr, lives) << key << " at " << now;
        if (lives) {
          ASSERT_EQ(found->value, known->second.first);
          known->second.second = now;
        }
      } else {
        const auto [number, is_new] = numbers.obtain(key, now);
        ASSERT_EQ(is_new, !lives) << key << " at " << now;
        number->value = is_new ? now : number->value;
        expected[key] = {number->value, now};
      }
    }
    EXPECT_LE(numbers.table().size(), 200U);
    EXPECT_EQ(numbers.table().evicted(), 0U);
  }
}

TEST(RecentTable, StaysWithinItsRoom) {
  Numbers numbers(64, 1'000'000);
  for (int key = 0; key < 10'000; ++key) {
    numbers.obtain(key, key);
    ASSERT_NE(numbers.find(key, key), nullptr);
    ASSERT_LE(numbers.table().size(), 64U);
  }
  EXPECT_EQ(numbers.table().evicted(), 10'000U - 64U);
  std::size_t live = 0;
  numbers.table().each([&live](const Number& /*number*/) { ++live; });
  EXPECT_EQ(live, 64U);
}

}  // namespace
}  // namespace mpsdscope
