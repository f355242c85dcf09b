#include "decode/byte_find.h"

#include <algorithm>
#include <random>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

struct IsDot {
  ByteBlock operator()(ByteBlock bytes) const { return bytes == '.'; }
};

// Dots in one byte of `one_in`, in memory of exactly that size.
std::vector<char> text_of(std::size_t size, unsigned one_in, std::mt19937& random) {
  std::vector<char> text(size);
  for (char& c : text) c = random() % one_in == 0 ? '.' : static_cast<char>(random() % 256);
  return text;
}

// As byte by byte: of all sizes around those of blocks, from each place, densely and hardly any.
TEST(ByteFind, FindsWhatALookAtEachByteFinds) {
  std::mt19937 random(5);
  for (std::size_t size = 0; size < 200; ++size) {
    for (const unsigned one_in : {1U, 3U, 50U, 1'000U}) {
      const std::vector<char> memory = text_of(size, one_in, random);
      const std::string_view text(memory.data(), memory.size());
      EachEnd<IsDot> each(text);
      std::size_t from = 0;
      while (true) {
        const std::size_t expected = std::min(text.find('.', from), size);
        ASSERT_EQ(find_end<IsDot>(text, from), expected) << size << " from " << from;
        ASSERT_EQ(each.next(), expected) << size << " from " << from;
        if (expected == size) break;
        from = expected + 1;
      }
      ASSERT_EQ(each.next(), size) << "there is no other";
    }
  }
}

}  // namespace
}  // namespace mpsdscope
