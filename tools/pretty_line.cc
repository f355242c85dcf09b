#include "tools/pretty_line.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tools/call_text.h"
#include "tools/escape.h"
#include "tools/personal.h"
#include "tools/pretty_text.h"
#include "tools/redact.h"
#include "tools/story_text.h"
#include "tools/text_width.h"
#include "tools/title_names.h"

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
constexpr std::size_t kBasisShown = 3;     // exchanges that a finding rests on

Style style_of_row(const Call& call) {
  if (!call.row) return Style::dim;
  if (*call.row == Row::unlisted) return Style::bold_red;
  switch (call.exchange->response.status / 100) {
    case 2:
      return Style::green;
    case 3:
      return Style::cyan;
    case 5:
      return Style::red;
    default:
      return *call.row == Row::r429 ? Style::magenta : Style::yellow;
  }
}

std::string short_user(const Call& call, std::size_t width) {
  std::string user = call.user_id.empty() && is_user_hash(call.user_hash)
                         ? "#" + masked_user(call.user_hash)
                         : redacted_user(call.user_id);
  if (user.empty()) return "-";
  return cut_begin(printable(user), width);
}

// `alone`: without a column that says the status, which ids of rows begin with.
std::string row_text(const Call& call, bool alone) {
  const HttpResponse& response = call.exchange->response;
  const std::string status = response.present ? std::to_string(response.status) : "-";
  if (!call.row) return alone ? status : "-";
  if (call.variant != Variant204::none) return std::string(name_of(call.variant));
  const std::string id(id_of(*call.row));
  return alone && *call.row == Row::unlisted ? status + " " + id : id;
}

std::string limit_text(const ThrottleLimit& limit) {
  std::string text = "limit";
  if (limit.max) text += fmt::format(" {}", *limit.max);
  if (limit.period_s) text += fmt::format(" in {} s", *limit.period_s);
  if (!limit.type.empty()) text += " (" + limit.type + ")";
  if (limit.current) text += fmt::format(", {} counted by the service", *limit.current);
  if (limit.counted) text += fmt::format(", {} seen here", *limit.counted);
  return text;
}

// The exchanges of a finding before the one that it stands with.
std::string basis_text(const Violation& violation) {
  const std::size_t earlier = violation.exchanges.size() - 1;
  std::string text = "after";
  for (std::size_t i = 0; i < std::min(earlier, kBasisShown); ++i) {
    const ExchangeRef& exchange = violation.exchanges[i];
    text += fmt::format("{} {} (conn {}, stream {})", i > 0 ? "," : "", time_of_day(exchange.ts),
                        exchange.conn, exchange.stream);
  }
  if (earlier > kBasisShown) text += fmt::format(" and {} more", earlier - kBasisShown);
  return text;
}

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
  return fmt::format("{:.0f} s", ms / 1e3);
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

void PrettyLines::append_cells(std::string& out, const LineCells& cells) {
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
  cell(time_of_day(cells.time), layout_.time, Style::dim);
  cell(cells.title, layout_.title);
  cell(cells.user, layout_.user);
  cell(cut_end(cells.method, layout_.method), layout_.method, Style::bold);
  cell(cells.target, layout_.target);
  cell(cut_end(cells.status, layout_.status), layout_.status, cells.style);
  cell(cells.row, layout_.row, cells.style);
  cell(cells.elapsed, layout_.elapsed, Style::dim, true);
  out.erase(out.find_last_not_of(' ') + 1);
  out += '\n';
}

void PrettyLines::append_line(std::string& out, const Call& call) {
  const Exchange& exchange = *call.exchange;
  const HttpRequest& request = exchange.request;
  LineCells cells;
  cells.time = exchange.completed();
  cells.title =
      call.mpsd || call.title_id ? cut_end(short_title(call.title_id), layout_.title) : "-";
  if (layout_.user > 0) cells.user = short_user(call, layout_.user);
  cells.method = request.method.empty() ? "-" : printable(redacted_name(request.method));
  if (layout_.target > 0) {
    cells.target = request.target.empty() ? "-" : short_target(call, layout_.target);
  }
  cells.style = style_of_row(call);
  cells.status = exchange.response.present ? std::to_string(exchange.response.status) : "-";
  cells.row = row_text(call, layout_.status == 0);
  const auto elapsed = elapsed_of(exchange);
  cells.elapsed = elapsed ? duration_text(*elapsed) : "-";
  append_cells(out, cells);
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

void PrettyLines::append_findings(std::string& out, const Call& call) {
  if (const auto limit = throttle_limit_of(call)) append_remark(out, limit_text(*limit));
  for (const Violation& violation : call.violations) {
    append_note(out, style_of(violation.severity), name_of(violation.severity),
                info_of(violation.rule).id, printable(redacted_text(violation.message)));
    if (!violation.advice.empty()) {
      append_remark(out, printable(redacted_text(violation.advice)));
    }
    if (violation.exchanges.size() > 1) append_remark(out, basis_text(violation));
  }
  if (!call.violations.empty() && !call.correlation_id.empty()) {
    std::string id;
    append_correlation_id(id, call);
    append_remark(out, "X-XblCorrelationId " + printable(id));
  }
  if (call.exchange->defects.none()) return;
  std::string names;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Defect::count_); ++i) {
    const auto defect = static_cast<Defect>(i);
    if (!call.exchange->defects.has(defect)) continue;
    if (!names.empty()) names += ", ";
    names += name_of(defect);
  }
  append_note(out, Style::dim, "defect", names, printable(redacted_text(call.exchange->malformed)));
  if (call.exchange->request.authority_guessed) {
    append_remark(out, "host not read, taken from another request of the connection");
  }
}

void PrettyLines::append_date(std::string& out, CaptureTime time) {
  std::string date = date_of(time);
  if (date == date_) return;
  if (date_.empty()) append_headings(out);
  date_ = std::move(date);
  paint_.append(out, Style::dim, date_);
  out += '\n';
}

void PrettyLines::append_call(std::string& out, const Call& call) {
  append_date(out, call.exchange->completed());
  append_line(out, call);
  append_findings(out, call);
}

void PrettyLines::append_notification(std::string& out, const Notification& told) {
  append_date(out, told.at);
  LineCells cells;
  cells.time = told.at;
  cells.title = cut_end(short_title(told.title_id), layout_.title);
  cells.user = cut_begin(user_text(told.user), layout_.user);
  cells.method = "RTA";
  cells.target = cut_middle(notification_text(told), layout_.target);
  cells.status = "-";
  cells.row = name_of(told.kind);
  cells.style = told.kind == Notification::Kind::refused ? Style::red : Style::cyan;
  append_cells(out, cells);
}

}  // namespace mpsdscope
