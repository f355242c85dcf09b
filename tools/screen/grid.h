// What a screen shows, as cells: drawn by the view, painted by the terminal, compared by tests.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tools/paint.h"

namespace mpsdscope {

struct Ink {
  Style style = Style::plain;
  bool reversed = false;

  bool operator==(const Ink&) const = default;
};

struct GridCell {
  char32_t code = U' ';  // 0: the right half of the wide character before it
  Ink ink;

  bool operator==(const GridCell&) const = default;
};

// A rectangle of a grid.
struct Area {
  std::size_t top = 0, left = 0, width = 0, height = 0;

  bool empty() const { return width == 0 || height == 0; }
};

class Grid {
 public:
  // No side is longer.
  static constexpr std::size_t kLongestSide = 2'000;

  Grid() = default;
  Grid(std::size_t width, std::size_t height);

  std::size_t width() const { return width_; }
  std::size_t height() const { return height_; }
  const GridCell& at(std::size_t row, std::size_t column) const {
    return cells_[row * width_ + column];
  }

  // Puts UTF-8 in a row, at most `most` columns of it, and returns the column behind it. What lies
  // outside is left out. Whoever forgot to escape (tools/escape.h) gets U+FFFD in place of what
  // does not print: no control character ever becomes a cell.
  std::size_t put(std::size_t row, std::size_t column, std::size_t most, std::string_view text,
                  Ink ink = {});
  void reverse(std::size_t row, std::size_t column, std::size_t most);
  void clear(const Area& area);

  // Without the spaces at the ends of rows.
  std::string row_text(std::size_t row) const;
  std::string text() const;  // every row ends with a line feed

 private:
  GridCell& cell(std::size_t row, std::size_t column) { return cells_[row * width_ + column]; }
  // A wide character of which half is overwritten is gone.
  void free_cell(std::size_t row, std::size_t column);

  std::size_t width_ = 0, height_ = 0;
  std::vector<GridCell> cells_;
};

}  // namespace mpsdscope
