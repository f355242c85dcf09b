// The log pane: a row for each record.
#include <algorithm>

#include <fmt/format.h>

#include "tools/escape.h"
#include "tools/pretty_line.h"
#include "tools/pretty_text.h"
#include "tools/record_text.h"
#include "tools/screen/screen_view.h"
#include "tools/text_width.h"
#include "tools/verdict.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMark = 2;             // severity, space
constexpr std::size_t kNoted = 130;          // from here on findings stand in the line
constexpr std::size_t kLineWithNotes = 112;  // columns of the line before them

// By letter too, for terminals without colour.
std::string_view mark_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "E";
    case Severity::warning:
      return "W";
    case Severity::info:
      return "i";
    case Severity::off:
      break;
  }
  return " ";
}

std::string findings_text(const Record& record) {
  std::string text;
  for (const Finding& finding : record.findings) {
    if (!text.empty()) text += ", ";
    text += printable(finding.rule);
  }
  if (record.findings.size() == 1) text += ": " + printable(record.findings.front().message);
  if (text.empty() && record.limit) text = limit_text(*record.limit);
  if (text.empty() && !record.defects.empty()) text = printable(joined(record.defects));
  return text;
}

std::string told_text(const Record& record) {
  switch (record.kind) {
    case RecordKind::event:
      return printable(record.event + (record.client.empty() ? "" : " " + record.client) + ": " +
                       record.message);
    case RecordKind::header:
      return "log of " + printable(record.message);
    case RecordKind::summary:
      return "end: " + verdict_line(record.calls, record.by_severity);
    case RecordKind::conduct:
      return conduct_text(record);
    default:
      return printable(record.type + (record.message.empty() ? "" : ": ") + record.message);
  }
}

class LogRow {
 public:
  LogRow(Grid& grid, const Area& area, std::size_t row, bool dimmed)
      : grid_(grid), row_(row), column_(area.left), end_(area.left + area.width), dimmed_(dimmed) {
    const std::size_t width = area.width - std::min(area.width, kMark);
    noted_ = area.width >= kNoted;
    layout_ = LineLayout::of(noted_ ? kLineWithNotes : width);
  }

  void draw(const Record& record) {
    const Severity severity = record.severity();
    column_ = grid_.put(row_, column_, end_ - column_, mark_of(severity), ink(style_of(severity)));
    ++column_;
    const bool columns =
        record.kind == RecordKind::exchange || record.kind == RecordKind::notification;
    if (columns) return draw_exchange(record);
    cell(record.time ? time_of_day(*record.time) : "-", 12, Style::dim);
    const Style style = record.kind == RecordKind::event ? style_of(severity) : Style::dim;
    grid_.put(row_, column_, room(), cut_end(told_text(record), room()), ink(style));
  }

 private:
  Ink ink(Style style) const { return {dimmed_ ? Style::dim : style}; }
  std::size_t room() const { return end_ - std::min(end_, column_); }

  void cell(std::string_view text, std::size_t width, Style style = Style::plain,
            bool right = false) {
    if (width == 0) return;
    const std::size_t padding = right ? width - std::min(width, columns_of(text)) : 0;
    grid_.put(row_, column_ + padding, std::min(width, room()), text, ink(style));
    column_ += width + layout_.space;
  }

  void draw_exchange(const Record& record) {
    cell(record.time ? time_of_day(*record.time) : "-", layout_.time, Style::dim);
    cell(title_text(record), layout_.title);
    cell(user_text(record, layout_.user), layout_.user);
    cell(method_text(record, layout_.method), layout_.method, Style::bold);
    cell(target_text(record, layout_.target), layout_.target);
    const Style style = style_of_row(record);
    cell(cut_end(status_text(record), layout_.status), layout_.status, style);
    cell(cut_end(row_text(record, layout_.status == 0), layout_.row), layout_.row, style);
    cell(cut_end(elapsed_text(record), layout_.elapsed), layout_.elapsed, Style::dim, true);
    if (!noted_) return;
    grid_.put(row_, column_, room(), cut_end(findings_text(record), room()),
              ink(style_of(record.severity())));
  }

  Grid& grid_;
  std::size_t row_;
  std::size_t column_;
  std::size_t end_;
  bool dimmed_;
  bool noted_ = false;
  LineLayout layout_;
};

std::string about_list(const ScreenModel& model) {
  const LogList& list = model.list();
  std::string text;
  if (!list.empty()) {
    text = thousands(list.selected_index() + 1) + " of " + thousands(list.size());
  }
  if (!model.filter_text().empty()) {
    text += (list.shows_all() ? "  marked " : "  filter ") + printable(model.filter_text());
  }
  if (list.store().begin() > 0) {
    text += "  (the last " + thousands(list.store().end() - list.store().begin()) + " are held)";
  }
  return text;
}

std::string_view why_empty(const ScreenModel& model) {
  if (model.totals().records == 0) return "No record yet.";
  if (!model.filter_text().empty()) return "Nothing matches the filter: / changes it, a lists all.";
  return "No record to list.";
}

}  // namespace

void draw_log_pane(Grid& grid, const Area& area, const ScreenModel& model) {
  if (area.empty()) return;
  draw_heading(grid, area, model, Pane::log, about_list(model));
  const LogList& list = model.list();
  if (list.empty() && area.height > 1) {
    grid.put(area.top + 1, area.left, area.width, why_empty(model), {Style::dim});
  }
  const std::size_t top = list.top();
  for (std::size_t i = 0; i + 1 < area.height && top + i < list.size(); ++i) {
    const LogList::Number number = list.number_at(top + i);
    const std::size_t row = area.top + 1 + i;
    LogRow(grid, area, row, list.shows_all() && !list.matches(number)).draw(list.store()[number]);
    if (number == list.selected()) grid.reverse(row, area.left, area.width);
  }
}

}  // namespace mpsdscope
