#include "tools/terminal.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

constexpr int kNoTerminal = -1;

TEST(TerminalWidth, OfTheVariableWhereThereIsNoTerminal) {
  struct Case {
    const char* columns;  // nullptr: not set
    std::size_t width;
  };
  for (const auto& [columns, width] :
       {Case{nullptr, 77}, Case{"", 77}, Case{"0", 77}, Case{"wide", 77}, Case{"1", 20},
        Case{"20", 20}, Case{"120", 120}, Case{"1000", 1'000}, Case{"1001", 1'000}}) {
    if (columns == nullptr) {
      unsetenv("COLUMNS");
    } else {
      setenv("COLUMNS", columns, 1);
    }
    EXPECT_EQ(terminal_width(kNoTerminal, 77), width) << (columns ? columns : "not set");
  }
  unsetenv("COLUMNS");
}

}  // namespace
}  // namespace mpsdscope
