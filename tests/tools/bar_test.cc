#include "tools/bar.h"

#include <gtest/gtest.h>

#include "tools/text_width.h"

namespace mpsdscope {
namespace {

TEST(Bar, FillsInProportion) {
  struct Case {
    std::uint64_t part, whole;
    const char *ascii, *blocks;
  };
  for (const Case& c :
       {Case{0, 30, "....", "····"}, Case{1, 1'000, "#...", "▏···"}, Case{15, 30, "##..", "██··"},
        Case{29, 30, "###.", "███▊"}, Case{30, 30, "####", "████"}, Case{900, 30, "####", "████"},
        Case{1, 0, "####", "████"}, Case{0, 0, "....", "····"}}) {
    EXPECT_EQ(bar(c.part, c.whole, 4, true), c.ascii) << c.part;
    EXPECT_EQ(bar(c.part, c.whole, 4, false), c.blocks) << c.part;
  }
}

TEST(Bar, IsAsWideAsAsked) {
  for (std::uint64_t part = 0; part <= 100; ++part) {
    EXPECT_EQ(columns_of(bar(part, 100, 8, false)), 8U);
    EXPECT_EQ(bar(part, 100, 8, true).size(), 8U);
  }
}

}  // namespace
}  // namespace mpsdscope
