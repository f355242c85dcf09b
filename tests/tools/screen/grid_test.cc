#include "tools/screen/grid.h"

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

TEST(Grid, PutsTextAndCutsItAtItsRoomAndAtTheEdge) {
  Grid grid(10, 2);
  EXPECT_EQ(grid.put(0, 0, 4, "abcdef"), 4U);
  EXPECT_EQ(grid.put(1, 8, 100, "xyz"), 10U);
  EXPECT_EQ(grid.text(), "abcd\n        xy\n");
}

TEST(Grid, LeavesOutWhatLiesOutside) {
  Grid grid(3, 1);
  EXPECT_EQ(grid.put(1, 0, 5, "a"), 0U);
  EXPECT_EQ(grid.put(0, 3, 5, "a"), 3U);
  grid.reverse(5, 5, 5);
  grid.clear({0, 0, 100, 100});
  EXPECT_EQ(grid.text(), "\n");
}

TEST(Grid, ZeroSizesHoldNothing) {
  Grid grid(0, 0);
  EXPECT_EQ(grid.put(0, 0, 5, "a"), 0U);
  EXPECT_EQ(grid.text(), "");
}

TEST(Grid, AWideCharacterTakesTwoCellsOrNone) {
  Grid grid(5, 1);
  EXPECT_EQ(grid.put(0, 0, 5, "中a文b"), 3U + 2U);
  EXPECT_EQ(grid.at(0, 1).code, 0U);
  EXPECT_EQ(grid.row_text(0), "中a文");
  EXPECT_EQ(grid.put(0, 4, 1, "中"), 4U);  // one column is left
}

TEST(Grid, HalfOfAWideCharacterIsNeverLeft) {
  Grid left(4, 1);
  left.put(0, 0, 4, "中文");
  left.put(0, 1, 2, "ab");
  EXPECT_EQ(left.row_text(0), " ab");
  Grid right(4, 1);
  right.put(0, 1, 2, "中");
  right.put(0, 1, 1, "x");
  EXPECT_EQ(right.row_text(0), " x");
  Grid cleared(4, 1);
  cleared.put(0, 0, 4, "中文");
  cleared.clear({0, 1, 1, 1});
  EXPECT_EQ(cleared.row_text(0), "  文");
}

TEST(Grid, WhatDoesNotPrintBecomesAReplacement) {
  Grid grid(20, 1);
  grid.put(0, 0, 20, "a\x1b[2J\x80\xe2\x80\xae\xcc\x81\x7f\n");
  EXPECT_EQ(grid.row_text(0), "a\uFFFD[2J\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST(Grid, InkStaysWithItsText) {
  Grid grid(4, 1);
  grid.put(0, 0, 2, "ab", {Style::red});
  grid.reverse(0, 1, 2);
  EXPECT_EQ(grid.at(0, 0).ink, (Ink{Style::red, false}));
  EXPECT_EQ(grid.at(0, 1).ink, (Ink{Style::red, true}));
  EXPECT_EQ(grid.at(0, 2).ink, (Ink{Style::plain, true}));
}

}  // namespace
}  // namespace mpsdscope
