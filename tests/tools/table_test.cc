#include "tools/table.h"

#include <sstream>

#include <gtest/gtest.h>

#include "tools/text_width.h"

namespace mpsdscope {
namespace {

Table sample() {
  Table table({{"name"}, {"one", true}, {"two", true}, {"three"}});
  table.add_row({{"中文"}, {"1"}, {"22,222"}, {"x"}});
  table.add_row({{"b"}, {"10"}, {"3"}, {""}});
  return table;
}

std::string rendered(const Table& table, std::size_t width) {
  std::string out;
  table.render(out, Paint(false), width);
  return out;
}

TEST(Table, AlignsColumns) {
  EXPECT_EQ(rendered(sample(), 0),
            "  name  one     two  three\n"
            "  中文    1  22,222  x\n"
            "  b      10       3\n");
}

TEST(Table, ContinuesBelowWhatDoesNotFit) {
  EXPECT_EQ(rendered(sample(), 22),
            "  name  one     two\n"
            "  中文    1  22,222\n"
            "  b      10       3\n"
            "\n"
            "  name  three\n"
            "  中文  x\n"
            "  b\n");
}

TEST(Table, BlocksAreAboutEven) {
  Table table({{"n"}, {"aaaa"}, {"bbbb"}, {"cccc"}, {"dddd"}});
  table.add_row({{"1"}, {""}, {""}, {""}, {""}});
  EXPECT_EQ(rendered(table, 22), "  n  aaaa  bbbb\n  1\n\n  n  cccc  dddd\n  1\n");
}

TEST(Table, FitsAnyWidth) {
  for (std::size_t width = 20; width < 60; ++width) {
    Table table({{"a long first column"}, {"another long column"}, {"x"}});
    table.add_row({{std::string(50, 'a')}, {std::string(50, 'b')}, {"1"}});
    std::istringstream lines(rendered(table, width));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(columns_of(line), width) << line;
  }
}

TEST(Table, AloneTheFirstColumnIsATableToo) {
  Table table({{"only"}});
  table.add_row({{"x"}});
  EXPECT_EQ(rendered(table, 20), "  only\n  x\n");
}

}  // namespace
}  // namespace mpsdscope
