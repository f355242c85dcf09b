#include "tools/progress.h"

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(SizeText, IsShort) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(999), "999 B");
  EXPECT_EQ(size_text(1'000), "1.0 KiB");
  EXPECT_EQ(size_text(2'621'440), "2.5 MiB");
  EXPECT_EQ(size_text(555'000'000), "529 MiB");
}

TEST(ProgressText, SaysWhereItIs) {
  EXPECT_EQ(progress_text(250'000'000, 500'000'000, seconds(2), 100),
            " 50 %  [############------------]  238 MiB of 477 MiB  119 MiB/s  2 s left");
  EXPECT_EQ(progress_text(0, 10, seconds(1), 100),
            "  0 %  [------------------------]  0 B of 10 B  0 B/s");
  // More read than there should be: a file that grows.
  EXPECT_EQ(progress_text(20, 10, seconds(1), 36), "100 %  [########################]");
}

TEST(ProgressText, FitsAnyWidth) {
  for (std::size_t width = 0; width <= 120; ++width) {
    EXPECT_LE(progress_text(1, 1'000'000, seconds(9), width).size(), width);
  }
}

TEST(ProgressMeter, WaitsASecondThenDrawsTenTimesASecond) {
  const ProgressMeter::Time start{seconds(100)};
  ProgressMeter meter(start);
  EXPECT_FALSE(meter.update(1, 10, start + milliseconds(999), 80));
  EXPECT_TRUE(meter.update(1, 10, start + milliseconds(1000), 80));
  EXPECT_FALSE(meter.update(2, 10, start + milliseconds(1099), 80));
  EXPECT_TRUE(meter.update(2, 10, start + milliseconds(1100), 80));
}

TEST(ProgressMeter, DrawsNothingWithoutATotal) {
  const ProgressMeter::Time start{seconds(100)};
  ProgressMeter meter(start);
  EXPECT_FALSE(meter.update(1, 0, start + seconds(10), 80));
}

}  // namespace
}  // namespace mpsdscope
