#include "tools/pretty_line.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tools/escape.h"
#include "tools/pretty_rates.h"
#include "tools/pretty_sessions.h"
#include "tools/pretty_text.h"
#include "tools/record_text.h"
#include "tools/text_width.h"
#include "tools/title_names.h"
#include "tools/verdict.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kSeverityWidth = 7;  // "warning"
constexpr std::size_t kRuleWidth = 22;     // "status-method-mismatch"
constexpr std::size_t kLeastMessage = 24;

// What is left out first when there is no room, and how wide it is at least.
struct OptionalColumn {
  std::size_t LineLayout::*width;
  std::size_t least;
};
constexpr std::array<OptionalColumn, 8> kColumns{{{&LineLayout::status, 6},
                                                  {&LineLayout::row, 15},
                                                  {&LineLayout::target, 12},
                                                  {&LineLayout::time, 12},
                                                  {&LineLayout::method, 6},
                                                  {&LineLayout::title, 8},
                                                  {&LineLayout::user, 6},
                                                  {&LineLayout::elapsed, 8}}};
constexpr std::size_t kFullUser = 16;      // an XUID
constexpr std::size_t kWidestTitle = 20;   // name of a title
constexpr std::size_t kGoodTarget = 24;    // before the user column grows
constexpr std::size_t kWidestTarget = 80;  // wider, the eye loses the line
constexpr std::size_t kRoomy = 110;        // from here on columns stand two spaces apart
constexpr std::size_t kWithStatus = 100;   // narrower, the row alone tells the status

}  // namespace

std::string time_of_day(CaptureTime time) {
  return format_rfc3339(time).substr(11, 12);
}
std::string date_of(CaptureTime time) {
  return format_rfc3339(time).substr(0, 10);
}

std::string duration_text(Duration duration) {
  const double ms = std::chrono::duration<double, std::milli>(duration).count();
  if (ms < 999.95) return fmt::format("{:.1f} ms", ms);
  if (ms < 99'995) return fmt::format("{:.2f} s", ms / 1e3);
  if (ms < 999'999'500) return fmt::format("{:.0f} s", ms / 1e3);
  return fmt::format("{:.0f} d", ms / 86'400e3);  // as wide as a column at most
}

LineLayout LineLayout::of(std::size_t width) {
  LineLayout layout;
  layout.space = width >= kRoomy ? 2 : 1;
  std::size_t used = 0;
  for (const OptionalColumn& column : kColumns) {
    if (column.width == &LineLayout::status && width < kWithStatus) continue;
    const std::size_t needed = column.least + (used > 0 ? layout.space : 0);
    if (used + needed > width) continue;
    layout.*column.width = column.least;
    used += needed;
  }
  std::size_t rest = width - std::min(width, used);
  const auto grow = [&rest](std::size_t& column, std::size_t limit) {
    if (column == 0 || column >= limit) return;
    const std::size_t more = std::min(rest, limit - column);
    column += more;
    rest -= more;
  };
  grow(layout.target, kGoodTarget);
  grow(layout.user, kFullUser);
  grow(layout.title, std::min(widest_title_name(), kWidestTitle));
  grow(layout.target, kWidestTarget);
  return layout;
}

void PrettyLines::append_headings(std::string& out) {
  const auto heading = [&](std::string_view text, std::size_t width, bool right = false) {
    if (width == 0) return;
    if (!out.empty() && out.back() != '\n') out.append(layout_.space, ' ');
    const std::string fitting = cut_end(text, width);
    right ? append_right(out, fitting, width) : append_left(out, fitting, width);
  };
  std::string line;
  std::swap(out, line);
  heading("TIME (UTC)", layout_.time);
  heading("TITLE", layout_.title);
  heading("USER", layout_.user);
  heading("METHOD", layout_.method);
  heading("TARGET", layout_.target);
  heading("STATUS", layout_.status);
  heading("ROW", layout_.row);
  heading("ELAPSED", layout_.elapsed, true);
  std::swap(out, line);
  line.erase(line.find_last_not_of(' ') + 1);
  paint_.append(out, Style::dim, line);
  out += '\n';
}

void PrettyLines::append_line(std::string& out, const Record& record) {
  const std::size_t begin = out.size();
  const auto cell = [&](std::string_view text, std::size_t width, Style style = Style::plain,
                        bool right = false) {
    if (width == 0) return;
    if (out.size() > begin) out.append(layout_.space, ' ');
    const std::size_t padding = width - std::min(width, columns_of(text));
    if (right) out.append(padding, ' ');
    paint_.append(out, style, text);
    if (!right) out.append(padding, ' ');
  };
  cell(record.time ? time_of_day(*record.time) : "-", layout_.time, Style::dim);
  cell(cut_end(title_text(record), layout_.title), layout_.title);
  if (layout_.user > 0) cell(user_text(record, layout_.user), layout_.user);
  if (layout_.method > 0) cell(method_text(record, layout_.method), layout_.method, Style::bold);
  if (layout_.target > 0) cell(target_text(record, layout_.target), layout_.target);
  const Style style = style_of_row(record);
  cell(cut_end(status_text(record), layout_.status), layout_.status, style);
  cell(cut_end(row_text(record, layout_.status == 0), layout_.row), layout_.row, style);
  cell(cut_end(elapsed_text(record), layout_.elapsed), layout_.elapsed, Style::dim, true);
  out.erase(out.find_last_not_of(' ') + 1);
  out += '\n';
}

void PrettyLines::append_note(std::string& out, Style style, std::string_view label,
                              std::string_view id, std::string_view message) {
  std::string prefix = "  ";
  append_left(prefix, label, kSeverityWidth);
  prefix += ' ';
  const std::size_t wide = prefix.size() + kRuleWidth + 1 + kLeastMessage;
  append_left(prefix, id, options_.width >= wide && !message.empty() ? kRuleWidth : id.size());
  if (!message.empty()) prefix += ' ';
  const std::size_t hang = prefix.size() + kLeastMessage <= options_.width ? prefix.size() : 4;
  const std::size_t room = options_.width - std::min(options_.width, hang);
  std::vector<std::string> lines =
      wrap_words(message, options_.wrap ? std::max<std::size_t>(room, 1) : 0);
  if (hang < prefix.size() && options_.wrap) lines.insert(lines.begin(), "");
  paint_.append(out, style, options_.wrap ? cut_end(prefix, options_.width) : prefix);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out.append("\n").append(hang, ' ');
    out += lines[i];
  }
  out.erase(out.find_last_not_of(' ') + 1);
  out += '\n';
}

void PrettyLines::append_remark(std::string& out, std::string_view text) {
  append_paragraph(out, options_, kRemarkIndent, Style::dim, text);
}

void PrettyLines::append_findings(std::string& out, const Record& record) {
  if (record.limit) append_remark(out, limit_text(*record.limit));
  for (const Finding& finding : record.findings) {
    append_note(out, style_of(finding.severity), name_of(finding.severity), printable(finding.rule),
                printable(finding.message));
    if (!finding.advice.empty()) append_remark(out, printable(finding.advice));
    if (finding.exchanges.size() > 1) append_remark(out, basis_text(finding));
  }
  if (!record.findings.empty() && !record.correlation_id.empty()) {
    append_remark(out, "X-XblCorrelationId " + printable(record.correlation_id));
  }
  if (record.defects.empty()) return;
  append_note(out, Style::dim, "defect", printable(joined(record.defects)),
              printable(record.malformed));
  if (record.host_guessed) {
    append_remark(out, "host not read, taken from another request of the connection");
  }
}

void PrettyLines::append_conduct(std::string& out, const Record& record) {
  if (const std::string text = conduct_text(record); !text.empty()) append_remark(out, text);
}

void PrettyLines::append_rates(std::string& out, const Record& record) {
  if (record.rates.empty() || record.rates.front().sustained.throttled == 0) return;
  const RecordRates& rates = record.rates.front();
  std::string title = rates.other       ? "other titles"
                      : record.title_id ? format_title_id(*record.title_id)
                                        : "unknown title";
  if (!record.title_name.empty()) title.insert(0, printable(record.title_name) + " ");
  append_told(out, record, Style::magenta,
              title + " 429s: last 15 s " + window_text(rates.burst, rates.exact) +
                  ", last 300 s " + window_text(rates.sustained, rates.exact));
}

void PrettyLines::append_event(std::string& out, const Record& record) {
  const std::string client = record.client.empty() ? "" : " " + record.client;
  append_told(out, record, style_of(record.event_severity),
              printable(record.event + client + ": " + record.message));
}

void PrettyLines::append_other(std::string& out, const Record& record) {
  std::string text = record.type;
  for (const std::string* part : {&record.session, &record.message}) {
    if (!part->empty()) text.append(" ").append(*part);
  }
  append_told(out, record, Style::dim, printable(text));
}

void PrettyLines::append_told(std::string& out, const Record& record, Style style,
                              std::string_view text) {
  std::string told = record.time ? time_of_day(*record.time) + " " : "";
  append_paragraph(out, options_, 0, style, told.append(text));
}

void PrettyLines::append_date(std::string& out, CaptureTime time) {
  std::string date = date_of(time);
  if (date == date_) return;
  if (date_.empty()) append_headings(out);
  date_ = std::move(date);
  paint_.append(out, Style::dim, date_);
  out += '\n';
}

void PrettyLines::append(std::string& out, const Record& record) {
  // A conduct is a remark on the exchange before it.
  if (record.time && record.kind != RecordKind::conduct) append_date(out, *record.time);
  switch (record.kind) {
    case RecordKind::exchange:
      append_line(out, record);
      return append_findings(out, record);
    case RecordKind::notification:
      return append_line(out, record);
    case RecordKind::conduct:
      return append_conduct(out, record);
    case RecordKind::rates:
      return append_rates(out, record);
    case RecordKind::event:
      return append_event(out, record);
    case RecordKind::header:
      return append_told(out, record, Style::dim, "log of " + printable(record.message));
    case RecordKind::summary:
      return append_told(out, record, Style::bold,
                         "end: " + verdict_line(record.calls, record.by_severity));
    case RecordKind::other:
      if (record.story) return append_session(out, options_, *record.story);
      return append_other(out, record);
  }
}

}  // namespace mpsdscope
