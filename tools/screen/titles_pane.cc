// The titles' pane: a row for each title.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "rules/target.h"
#include "tools/call_text.h"
#include "tools/escape.h"
#include "tools/pretty_text.h"
#include "tools/record_text.h"
#include "tools/screen/screen_view.h"
#include "tools/text_width.h"
#include "tools/title_names.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kNameWidth = 12;
constexpr std::size_t kFewestSlices = 6;

std::string name_of(const TitleLine& title) {
  if (title.other) return "other titles";
  return cut_end(title.name.empty() ? short_title(title.title_id) : printable(title.name),
                 kNameWidth);
}

// Eighths of a row: nothing without a response, the lowest of them without a 429.
std::string sparkline(const std::vector<float>& history, std::size_t width) {
  constexpr std::array<std::string_view, 8> kEighths{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string line;
  const std::size_t shown = std::min(width, history.size());
  for (std::size_t i = history.size() - shown; i < history.size(); ++i) {
    if (history[i] < 0) {
      line += ' ';
      continue;
    }
    const auto eighth = static_cast<std::size_t>(std::ceil(history[i] * 7.0F));
    line += kEighths[std::min<std::size_t>(eighth, 7)];
  }
  return line;
}

std::string share_text(const BusiestUser& user) {
  if (user.calls == 0 || user.limit == 0) return "-";
  const double percent = 100.0 * user.share();
  return user.at_least ? fmt::format("≥{:.0f}%", percent) : fmt::format("{:.0f} %", percent);
}

Style style_of_share(const BusiestUser& user) {
  return user.share() > 1 ? Style::bold_red : user.share() >= 0.8 ? Style::yellow : Style::plain;
}

// The limit that more is used of, and by whom.
const BusiestUser& busiest_of(const TitleLine& title) {
  const bool burst =
      title.burst_user.calls > 0 && title.burst_user.share() >= title.sustained_user.share();
  return burst ? title.burst_user : title.sustained_user;
}

std::string findings_text(const TitleLine& title) {
  std::string text;
  for (const Severity severity : {Severity::error, Severity::warning, Severity::info}) {
    const std::uint64_t count = title.findings[static_cast<std::size_t>(severity)];
    if (count > 0)
      text += fmt::format("{}{}{}", text.empty() ? "" : " ", count,
                          mpsdscope::name_of(severity).substr(0, 1));
  }
  return text.empty() ? "-" : text;
}

Style style_of_findings(const TitleLine& title) {
  for (const Severity severity : {Severity::error, Severity::warning, Severity::info}) {
    if (title.findings[static_cast<std::size_t>(severity)] > 0) return style_of(severity);
  }
  return Style::dim;
}

// From left to right; what does not fit is left out from the right.
class TitleRow {
 public:
  TitleRow(Grid& grid, const Area& area, std::size_t row)
      : grid_(grid), row_(row), column_(area.left), end_(area.left + area.width) {}

  void cell(std::string_view text, std::size_t width, Style style = Style::plain,
            bool right = true) {
    if (column_ + width > end_) {
      column_ = end_;
      return;
    }
    const std::string fitting = cut_begin(text, width);
    const std::size_t padding = right ? width - columns_of(fitting) : 0;
    grid_.put(row_, column_ + padding, width, fitting, {style});
    column_ += width + 1;
  }

 private:
  Grid& grid_;
  std::size_t row_, column_, end_;
};

constexpr std::size_t kUsed = kNameWidth + 1 + 8 + 1 + 6 + 1 + 8 + 1;  // before the sparkline
constexpr std::size_t kBehind = 6 + 1 + 6 + 1 + 10;                    // behind it
constexpr std::size_t kUserWidth = 17;
constexpr std::size_t kLimitWidth = 14;

std::size_t slices_of(const Area& area) {
  const std::size_t rest = area.width - std::min(area.width, kUsed + kBehind + 1);
  return std::clamp(rest, kFewestSlices, TitleBoard::kSlices);
}

void draw_columns(Grid& grid, const Area& area) {
  TitleRow row(grid, area, area.top + 1);
  const Style dim = Style::dim;
  row.cell("TITLE", kNameWidth, dim, false);
  row.cell("CALLS", 8, dim);
  row.cell("429s", 6, dim);
  row.cell("429/15s", 8, dim);
  row.cell("5 MIN", slices_of(area), dim, false);
  row.cell("BURST", 6, dim);
  row.cell("SUST.", 6, dim);
  row.cell("FOUND", 10, dim);
  row.cell("BUSIEST USER", kUserWidth, dim, false);
  row.cell("LIMIT", kLimitWidth, dim, false);
}

void draw_title(Grid& grid, const Area& area, std::size_t at, const TitleLine& title) {
  TitleRow row(grid, area, at);
  row.cell(name_of(title), kNameWidth, Style::bold, false);
  row.cell(thousands(title.calls), 8);
  row.cell(thousands(title.throttled), 6, title.throttled > 0 ? Style::magenta : Style::dim);
  row.cell(share(title.burst.throttled, title.burst.responses), 8,
           title.burst.throttled > 0 ? Style::magenta : Style::dim);
  row.cell(sparkline(title.history, slices_of(area)), slices_of(area), Style::magenta);
  row.cell(share_text(title.burst_user), 6, style_of_share(title.burst_user));
  row.cell(share_text(title.sustained_user), 6, style_of_share(title.sustained_user));
  row.cell(findings_text(title), 10, style_of_findings(title));
  const BusiestUser& busiest = busiest_of(title);
  row.cell(printable(busiest.user), kUserWidth, Style::plain, false);
  if (busiest.calls == 0) return;
  const std::string_view limit = kLimitFacts[kMpsdBucket].name;
  row.cell(busiest.limit_name.empty() ? limit : printable(busiest.limit_name), kLimitWidth,
           Style::dim, false);
}

}  // namespace

void draw_titles_pane(Grid& grid, const Area& area, const ScreenModel& model) {
  if (area.empty()) return;
  const auto& titles = model.titles();
  draw_heading(grid, area, model, Pane::titles,
               counted(titles.size(), "title") + ", " + counted(model.totals().calls, "call"));
  if (area.height < 2) return;
  draw_columns(grid, area);
  for (std::size_t i = 0; i + 2 < area.height && model.first_title() + i < titles.size(); ++i) {
    draw_title(grid, area, area.top + 2 + i, titles[model.first_title() + i]);
  }
}

}  // namespace mpsdscope
