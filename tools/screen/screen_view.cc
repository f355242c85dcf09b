#include "tools/screen/screen_view.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tools/escape.h"
#include "tools/pretty_text.h"
#include "tools/text_width.h"

namespace mpsdscope {
namespace {

constexpr std::array<std::string_view, kPanes> kPaneNames{"Log", "Titles", "Detail"};

std::string position_text(std::size_t first, std::size_t rows, std::size_t lines) {
  if (lines <= rows) return "";
  return fmt::format("{}-{} of {}", first + 1, std::min(lines, first + rows), lines);
}

void draw_rule_between(Grid& grid, const Layout& layout) {
  if (layout.log.empty() || layout.detail.empty() || layout.detail.left == 0) return;
  const std::size_t column = layout.detail.left - 1;
  for (std::size_t row = 0; row < layout.log.height; ++row) {
    grid.put(row, column, 1, "│", {Style::dim});
  }
}

void draw_popup(Grid& grid, const ScreenModel& model, const Popup& popup) {
  std::size_t widest = columns_of(popup.title) + 4;
  for (const TextLine& line : popup.lines) {
    std::size_t columns = 0;
    for (const TextSpan& span : line) columns += columns_of(span.text);
    widest = std::max(widest, columns);
  }
  const std::size_t width = std::min(model.size().width, widest + 4);
  const std::size_t height = std::min(model.size().height, popup.lines.size() + 2);
  if (width < 4 || height < 3) return;
  const Area box{(model.size().height - height) / 2, (model.size().width - width) / 2, width,
                 height};
  grid.clear(box);
  std::string edge;
  for (std::size_t i = 0; i + 2 < width; ++i) edge += "─";
  grid.put(box.top, box.left, width, "┌" + edge + "┐", {Style::dim});
  grid.put(box.top, box.left + 2, width - 4, " " + popup.title + " ", {Style::bold});
  for (std::size_t row = 1; row + 1 < height; ++row) {
    grid.put(box.top + row, box.left, 1, "│", {Style::dim});
    grid.put(box.top + row, box.left + width - 1, 1, "│", {Style::dim});
  }
  grid.put(box.top + height - 1, box.left, width, "└" + edge + "┘", {Style::dim});
  const Area inside{box.top + 1, box.left + 2, width - 4, height - 2};
  const std::size_t last = popup.lines.size() - std::min(popup.lines.size(), inside.height);
  const std::size_t first = std::min(popup.first, last);
  draw_lines(grid, inside, popup.lines, first);
  const std::string position = position_text(first, inside.height, popup.lines.size());
  const std::string close = position.empty() ? " esc closes " : " " + position + ", esc closes ";
  grid.put(box.top + height - 1, box.left + 2, width - 4, close, {Style::dim});
}

}  // namespace

void draw_heading(Grid& grid, const Area& area, const ScreenModel& model, Pane pane,
                  std::string_view about) {
  std::size_t column = area.left;
  const std::size_t end = area.left + area.width;
  const auto put = [&](std::string_view text, Ink ink) {
    column = grid.put(area.top, column, end - column, text, ink);
  };
  for (std::size_t i = 0; i < kPanes; ++i) {
    const auto named = static_cast<Pane>(i);
    if (named != pane && !model.layout().single) continue;
    const bool focused = named == model.focus();
    put(" " + std::string(kPaneNames[i]) + " ", {focused ? Style::bold : Style::dim, focused});
  }
  if (!about.empty()) put(" " + std::string(about) + " ", {Style::plain});
  while (column < end) put("─", {Style::dim});
}

void draw_detail_pane(Grid& grid, const Area& area, const ScreenModel& model) {
  if (area.empty()) return;
  const Area inside{area.top + 1, area.left, area.width, area.height - 1};
  const auto& lines = model.detail();
  const std::size_t last = lines.size() - std::min(lines.size(), inside.height);
  const std::size_t first = std::min(model.first_detail(), last);
  draw_heading(grid, area, model, Pane::detail, position_text(first, inside.height, lines.size()));
  draw_lines(grid, inside, lines, first);
}

Grid render(const ScreenModel& model) {
  Grid grid(model.size().width, model.size().height);
  const Layout& layout = model.layout();
  draw_rule_between(grid, layout);
  draw_log_pane(grid, layout.log, model);
  draw_titles_pane(grid, layout.titles, model);
  draw_detail_pane(grid, layout.detail, model);
  draw_status_line(grid, layout.status, model);
  if (model.popup()) draw_popup(grid, model, *model.popup());
  if (model.prompt().is_open()) draw_prompt(grid, layout.status, model);
  return grid;
}

}  // namespace mpsdscope
