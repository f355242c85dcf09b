#include "tools/tail/line_buffer.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

struct Read {
  std::vector<std::string> lines;
  std::string rest;
  std::uint64_t overlong;
};

Read read(std::string_view text, std::size_t piece, std::size_t longest) {
  LineBuffer buffer(longest);
  Read found;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const std::string_view bytes = text.substr(at, piece);
    std::copy(bytes.begin(), bytes.end(), buffer.room(bytes.size()));
    buffer.filled(bytes.size());
    while (const auto line = buffer.next()) found.lines.emplace_back(*line);
    EXPECT_LE(buffer.held(), longest) << "nothing that is too long is kept";
  }
  found.rest = buffer.take_rest();
  found.overlong = buffer.overlong();
  return found;
}

TEST(LineBuffer, LinesInPiecesOfAnySize) {
  const std::string text = "one\n\ntwo two\n" + std::string(9, 'x') + "\n" + std::string(8, 'y') +
                           "\n" + std::string(40, 'z') + "\nlast\nrest";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const Read found = read(text, piece, 8);
    EXPECT_EQ(found.lines, (std::vector<std::string>{"one", "", "two two", "yyyyyyyy", "last"}));
    EXPECT_EQ(found.rest, "rest");
    EXPECT_EQ(found.overlong, 2u);
  }
}

TEST(LineBuffer, TheRestOfALineThatIsTooLongIsNone) {
  for (std::size_t piece = 1; piece <= 20; ++piece) {
    const Read found = read("ok\n123456789", piece, 8);
    EXPECT_EQ(found.lines, std::vector<std::string>{"ok"});
    EXPECT_EQ(found.rest, "");
    EXPECT_EQ(found.overlong, 1u);
  }
}

TEST(LineBuffer, GoesOnAfterTheRestWasTaken) {
  LineBuffer buffer(8);
  std::copy_n("half", 4, buffer.room(4));
  buffer.filled(4);
  EXPECT_FALSE(buffer.next());
  EXPECT_EQ(buffer.take_rest(), "half");
  std::copy_n("new\n", 4, buffer.room(4));
  buffer.filled(4);
  EXPECT_EQ(buffer.next(), "new");
}

}  // namespace
}  // namespace mpsdscope
