#include "tools/screen/grid.h"

#include <algorithm>

#include "tools/text_width.h"
#include "tools/utf8.h"

namespace mpsdscope {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

}  // namespace

Grid::Grid(std::size_t width, std::size_t height)
    : width_(std::min(width, kLongestSide)), height_(std::min(height, kLongestSide)) {
  cells_.resize(width_ * height_);
}

void Grid::free_cell(std::size_t row, std::size_t column) {
  if (cell(row, column).code == 0 && column > 0) cell(row, column - 1).code = U' ';
  if (column + 1 < width_ && cell(row, column + 1).code == 0) cell(row, column + 1).code = U' ';
}

std::size_t Grid::put(std::size_t row, std::size_t column, std::size_t most, std::string_view text,
                      Ink ink) {
  if (row >= height_ || column >= width_) return column;
  const std::size_t end = column + std::min(most, width_ - column);
  for (std::size_t at = 0; at < text.size() && column < end;) {
    CodePoint code = code_point_at(text, at);
    at += code.length;
    int columns = code.valid ? columns_of(code.value) : -1;
    if (columns < 1 || is_invisible_control(code.value)) {
      code.value = kReplacement;
      columns = 1;
    }
    const auto taken = static_cast<std::size_t>(columns);
    if (column + taken > end) break;
    for (std::size_t i = 0; i < taken; ++i) {
      free_cell(row, column + i);
      cell(row, column + i) = {i == 0 ? code.value : 0, ink};
    }
    column += taken;
  }
  return column;
}

void Grid::reverse(std::size_t row, std::size_t column, std::size_t most) {
  if (row >= height_ || column >= width_) return;
  const std::size_t end = column + std::min(most, width_ - column);
  for (; column < end; ++column) cell(row, column).ink.reversed = true;
}

void Grid::clear(const Area& area) {
  for (std::size_t row = area.top; row < std::min(height_, area.top + area.height); ++row) {
    for (std::size_t i = area.left; i < std::min(width_, area.left + area.width); ++i) {
      free_cell(row, i);
      cell(row, i) = {};
    }
  }
}

std::string Grid::row_text(std::size_t row) const {
  std::string text;
  for (std::size_t column = 0; column < width_; ++column) {
    if (const char32_t code = at(row, column).code; code != 0) append_utf8(text, code);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string Grid::text() const {
  std::string text;
  for (std::size_t row = 0; row < height_; ++row) text.append(row_text(row)).append("\n");
  return text;
}

}  // namespace mpsdscope
