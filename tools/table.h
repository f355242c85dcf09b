// A table of text with aligned columns that fits any width.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/paint.h"

namespace mpsdscope {

struct Cell {
  std::string text;  // printable
  Style style = Style::plain;
};

struct Column {
  std::string title;
  bool right = false;  // aligned to the right, for numbers
};

// Columns that do not fit beside each other continue in a further block below, with the first
// column again.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // As many cells as there are columns.
  void add_row(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  // width 0: as wide as it is.
  void render(std::string& out, const Paint& paint, std::size_t width) const;

 private:
  std::vector<std::size_t> column_widths() const;
  void render_block(std::string& out, const Paint& paint, const std::vector<std::size_t>& widths,
                    std::size_t from, std::size_t to) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace mpsdscope
