// Lines of styled text, made once and drawn whichever part of them is in sight.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/screen/grid.h"

namespace mpsdscope {

struct TextSpan {
  std::string text;  // printable (tools/escape.h)
  Style style = Style::plain;
};
using TextLine = std::vector<TextSpan>;

class TextLines {
 public:
  // `label`: columns of the labels of fields.
  explicit TextLines(std::size_t width, std::size_t label = 13) : width_(width), label_(label) {}

  std::size_t width() const { return width_; }
  const std::vector<TextLine>& lines() const { return lines_; }
  std::vector<TextLine> take() { return std::move(lines_); }

  void add(TextLine line) { lines_.push_back(std::move(line)); }
  void empty_line() { lines_.emplace_back(); }
  // An empty line before it, unless it is the first.
  void heading(std::string_view text);
  // Text broken at the width.
  void paragraph(std::size_t indent, Style style, std::string_view text);
  // A label, and beside it text that is broken within its own column.
  void field(std::string_view label, std::string_view text, Style style = Style::plain);

 private:
  std::size_t width_;
  std::size_t label_;
  std::vector<TextLine> lines_;
};

// Lines from `first` on, as many as the area has rows.
void draw_lines(Grid& grid, const Area& area, const std::vector<TextLine>& lines,
                std::size_t first);

}  // namespace mpsdscope
