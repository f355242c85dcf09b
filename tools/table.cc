#include "tools/table.h"

#include <algorithm>

#include "tools/text_width.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kIndent = "  ";
constexpr std::size_t kSpace = 2;  // between columns

void append_cell(std::string& out, const Paint& paint, Style style, const std::string& text,
                 bool right, std::size_t width, bool last) {
  const std::string fitting = cut_middle(text, width);
  const std::size_t padding = width - std::min(width, columns_of(fitting));
  if (right) out.append(padding, ' ');
  paint.append(out, style, fitting);
  if (!right && !last) out.append(padding, ' ');
}

// Where each block ends when columns are taken as long as they fit beside the first one; a block
// holds at least one.
std::vector<std::size_t> block_ends(const std::vector<std::size_t>& widths, std::size_t room) {
  std::vector<std::size_t> ends;
  std::size_t used = widths[0];
  std::size_t begin = 1;
  for (std::size_t i = 1; i < widths.size(); ++i) {
    if (i > begin && used + kSpace + widths[i] > room) {
      ends.push_back(i);
      used = widths[0];
      begin = i;
    }
    used += kSpace + widths[i];
  }
  ends.push_back(widths.size());
  return ends;
}

}  // namespace

std::vector<std::size_t> Table::column_widths() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = columns_of(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, columns_of(row[i].text));
    widths.push_back(width);
  }
  return widths;
}

void Table::render_block(std::string& out, const Paint& paint,
                         const std::vector<std::size_t>& widths, std::size_t from,
                         std::size_t to) const {
  std::vector<std::size_t> shown{0};
  for (std::size_t i = from; i < to; ++i) shown.push_back(i);
  const auto line = [&](auto&& cell_of) {
    out += kIndent;
    for (const std::size_t i : shown) {
      if (i != 0) out.append(kSpace, ' ');
      const Cell& cell = cell_of(i);
      append_cell(out, paint, cell.style, cell.text, columns_[i].right, widths[i],
                  i == shown.back());
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  };
  std::vector<Cell> titles;
  for (const Column& column : columns_) titles.push_back({column.title, Style::dim});
  line([&](std::size_t i) -> const Cell& { return titles[i]; });
  for (const auto& row : rows_) line([&](std::size_t i) -> const Cell& { return row[i]; });
}

void Table::render(std::string& out, const Paint& paint, std::size_t width) const {
  std::vector<std::size_t> widths = column_widths();
  const std::size_t room = width == 0 ? SIZE_MAX : width - std::min(width, kIndent.size());
  for (std::size_t& one : widths) one = std::min(one, room);
  // A wide first column must leave room for one other beside it.
  if (widths.size() > 1) {
    const std::size_t widest = *std::max_element(widths.begin() + 1, widths.end());
    const std::size_t others = std::min(widest + kSpace, room - room / 3);
    widths[0] = std::min(widths[0], room - others);
    for (std::size_t i = 1; i < widths.size(); ++i) {
      widths[i] = std::min(widths[i], room - std::min(room, widths[0] + kSpace));
    }
  }
  // As few blocks as possible, and of those about even ones.
  std::vector<std::size_t> ends = block_ends(widths, room);
  for (std::size_t narrower = room; narrower > 0 && ends.size() > 1; --narrower) {
    std::vector<std::size_t> even = block_ends(widths, narrower - 1);
    if (even.size() > ends.size()) break;
    ends = std::move(even);
  }
  std::size_t from = 1;
  for (const std::size_t end : ends) {
    if (from > 1) out += '\n';
    render_block(out, paint, widths, from, end);
    from = end;
  }
}

}  // namespace mpsdscope
