#include "tools/screen/text_lines.h"

#include <algorithm>

#include "tools/text_width.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kLeastText = 12;  // columns of text beside a label or an indent

}  // namespace

void TextLines::heading(std::string_view text) {
  if (!lines_.empty() && !lines_.back().empty()) empty_line();
  add({{cut_end(text, width_), Style::bold}});
}

void TextLines::paragraph(std::size_t indent, Style style, std::string_view text) {
  if (indent + kLeastText > width_) indent = 0;
  for (std::string& line : wrap_words(text, std::max<std::size_t>(1, width_ - indent))) {
    add({{std::string(indent, ' ')}, {std::move(line), style}});
  }
}

void TextLines::field(std::string_view label, std::string_view text, Style style) {
  if (text.empty()) return;
  if (label_ + kLeastText > width_) {
    paragraph(0, Style::dim, label);
    return paragraph(2, style, text);
  }
  std::string begin;
  append_left(begin, label, label_);
  for (std::string& line : wrap_words(text, width_ - label_)) {
    add({{begin, Style::dim}, {std::move(line), style}});
    begin.assign(label_, ' ');
  }
}

void draw_lines(Grid& grid, const Area& area, const std::vector<TextLine>& lines,
                std::size_t first) {
  for (std::size_t row = 0; row < area.height && first + row < lines.size(); ++row) {
    std::size_t column = area.left;
    for (const TextSpan& span : lines[first + row]) {
      const std::size_t left = area.left + area.width - column;
      column = grid.put(area.top + row, column, left, span.text, {span.style});
    }
  }
}

}  // namespace mpsdscope
