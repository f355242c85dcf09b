// The last row: what goes on; and the prompt, which takes its place.
#include <algorithm>

#include <fmt/format.h>

#include "tools/escape.h"
#include "tools/pretty_line.h"
#include "tools/pretty_text.h"
#include "tools/screen/screen_view.h"
#include "tools/text_width.h"

namespace mpsdscope {
namespace {

constexpr Duration kLag = std::chrono::hours(1);  // later, the log is not one of now

std::string state_text(const ScreenModel& model) {
  const LogList& list = model.list();
  if (list.paused()) return "PAUSED +" + thousands(list.waiting());
  if (list.follows()) return model.ended() ? "END" : "FOLLOW";
  return "f follows";
}

std::string lag_text(const ScreenModel& model) {
  if (!model.totals().newest) return "";
  if (model.behind() && *model.behind() < kLag) {
    return "lag " + duration_text(std::max(*model.behind(), Duration::zero()));
  }
  return "newest " + date_of(*model.totals().newest) + " " +
         time_of_day(*model.totals().newest).substr(0, 8);
}

std::string counts_text(const ScreenModel& model) {
  const Totals& totals = model.totals();
  std::string text = counted(totals.records, "record");
  const auto errors = totals.findings[static_cast<std::size_t>(Severity::error)];
  const auto warnings = totals.findings[static_cast<std::size_t>(Severity::warning)];
  if (errors > 0) text += ", " + counted(errors, "error");
  if (warnings > 0) text += ", " + counted(warnings, "warning");
  return text;
}

std::string rate_text(double rate) {
  return rate >= 100 ? thousands(static_cast<std::uint64_t>(rate)) + "/s"
                     : fmt::format("{:.1f}/s", rate);
}

}  // namespace

void draw_status_line(Grid& grid, const Area& area, const ScreenModel& model) {
  if (area.empty()) return;
  grid.reverse(area.top, area.left, area.width);
  const auto put = [&](std::size_t column, std::string_view text, Style style = Style::plain) {
    const std::size_t end = area.left + area.width;
    return grid.put(area.top, column, end - std::min(end, column), text, {style, true});
  };
  std::size_t column = put(area.left, " " + state_text(model) + " ", Style::bold);
  if (model.dropped() > 0) {
    column =
        put(column, " " + thousands(model.dropped()) + " not listed: too fast ", Style::bold_red);
  }
  if (model.message()) {
    const auto& [severity, text] = *model.message();
    put(column, " " + cut_end(printable(text), area.width - std::min(area.width, column + 1)),
        severity == Severity::off ? Style::plain : style_of(severity));
    return;
  }
  const std::string help = " ? help ";
  const std::size_t rest = area.left + area.width - std::min(area.left + area.width, column);
  std::string text;
  // What matters least stands last and is left out first.
  for (const std::string& part : {counts_text(model), rate_text(model.records_per_second()),
                                  lag_text(model), printable(model.source())}) {
    if (part.empty()) continue;
    if (columns_of(text) + columns_of(part) + 3 + help.size() > rest) break;
    text += " " + part + " ";
  }
  put(column, text);
  if (area.width >= column + columns_of(text) + help.size()) {
    put(area.left + area.width - help.size(), help, Style::dim);
  }
}

void draw_prompt(Grid& grid, const Area& status, const ScreenModel& model) {
  if (status.empty()) return;
  const Prompt& prompt = model.prompt();
  const bool failed = prompt.error().has_value() && status.top > 0;
  const Area area{failed ? status.top - 1 : status.top, status.left, status.width,
                  failed ? std::size_t{2} : std::size_t{1}};
  grid.clear(area);
  const std::string before = printable(std::string_view(prompt.text()).substr(0, prompt.cursor()));
  const std::string behind = printable(std::string_view(prompt.text()).substr(prompt.cursor()));
  const std::string label = "filter: ";
  // The cursor stays in sight: a long text loses its beginning.
  const std::size_t room = area.width - std::min(area.width, label.size() + 2);
  std::size_t column = grid.put(area.top, area.left, area.width, label, {Style::bold});
  column = grid.put(area.top, column, room, cut_begin(before, room));
  grid.put(area.top, column, area.left + area.width - std::min(column, area.width),
           behind.empty() ? " " : behind);
  grid.reverse(area.top, column, 1);
  if (!failed) return;
  const std::string text =
      fmt::format("column {}: {}", columns_of(before) + 1, printable(prompt.error()->message));
  const bool fits = column + 2 + columns_of(text) <= area.width;
  const std::size_t caret =
      fits ? grid.put(area.top + 1, column, 1, "^", {Style::bold_red}) + 1 : 0;
  grid.put(area.top + 1, caret, area.width, cut_end(text, area.width), {Style::red});
}

}  // namespace mpsdscope
