#include "tools/record_text.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "rules/target.h"
#include "tools/escape.h"
#include "tools/pretty_line.h"
#include "tools/text_width.h"

namespace mpsdscope {
namespace {

constexpr auto kNone = std::string_view::npos;

std::string words(std::string_view kind, std::initializer_list<std::string_view> names) {
  std::string text(kind);
  char separator = ' ';
  for (const std::string_view name : names) {
    if (name.empty()) continue;
    text += separator;
    text += name;
    separator = '/';
  }
  return text;
}

// Of a session call, from the fullest to the shortest.
std::vector<std::string> target_texts(const Record& record) {
  const std::string_view kind = record.target;
  const std::string at_handle = "@" + record.handle;
  const auto is = [kind](TargetKind one) { return kind == name_of(one); };
  if (is(TargetKind::session) || is(TargetKind::element)) {
    return {words(kind, {record.template_name, record.session, record.element}),
            words(kind, {record.session, record.element})};
  }
  if (is(TargetKind::session_by_handle)) {
    return {words(kind, {record.handle}), words("session", {at_handle})};
  }
  if (is(TargetKind::element_by_handle)) {
    return {words(kind, {record.handle, record.element}),
            words("element", {at_handle, record.element})};
  }
  if (is(TargetKind::handle)) return {words(kind, {record.handle})};
  if (is(TargetKind::session_query) || is(TargetKind::batch_query) || is(TargetKind::templates)) {
    return {words(kind, {record.scid, record.template_name}), words(kind, {record.template_name})};
  }
  return {std::string(kind)};
}

// Host and path.
std::string other_target(const Record& record) {
  std::string text = record.host;
  if (record.method == "CONNECT") return text;
  const std::string_view uri = record.uri;
  const std::size_t scheme = uri.find("://");
  const std::size_t path = scheme == kNone ? 0 : uri.find('/', scheme + 3);
  if (path != kNone) text += uri.substr(path);
  return text;
}

bool is_notification(const Record& record) {
  return record.kind == RecordKind::notification;
}

// Of a notification.
std::string told_of(const Record& record) {
  if (record.event != name_of(Notification::Kind::tap)) {
    return record.uri.empty() ? "-" : record.uri;
  }
  std::string text = "session " + record.session;
  if (record.change_number) text += fmt::format(", change {}", *record.change_number);
  return text;
}

}  // namespace

std::string title_text(const Record& record) {
  if (!record.mpsd() && !record.title_id && !is_notification(record)) return "-";
  if (!record.title_id) return "unknown";
  return record.title_name.empty() ? format_title_id(*record.title_id)
                                   : printable(record.title_name);
}

std::string user_text(const Record& record, std::size_t width) {
  const std::string user =
      record.user_id.empty() && !record.user_hash.empty() ? "#" + record.user_hash : record.user_id;
  return user.empty() ? "-" : cut_begin(printable(user), width);
}

std::string method_text(const Record& record, std::size_t width) {
  if (is_notification(record)) return cut_end("RTA", width);
  return cut_end(record.method.empty() ? "-" : printable(record.method), width);
}

std::string target_text(const Record& record, std::size_t width) {
  if (is_notification(record)) return cut_middle(printable(told_of(record)), width);
  if (record.uri.empty()) return "-";
  const bool named = record.mpsd() && record.target != name_of(TargetKind::unknown);
  const std::vector<std::string> texts =
      named ? target_texts(record) : std::vector<std::string>{other_target(record)};
  std::string text;
  for (const std::string& candidate : texts) {
    text = printable(candidate);
    if (columns_of(text) <= width) return text;
  }
  return cut_middle(text, width);
}

std::string status_text(const Record& record) {
  return record.status > 0 ? std::to_string(record.status) : "-";
}

std::string row_text(const Record& record, bool alone) {
  if (is_notification(record)) return printable(record.event);
  if (record.row.empty()) return alone ? status_text(record) : "-";
  if (!record.variant.empty()) return printable(record.variant);
  const std::string id = printable(record.row);
  return alone && record.row == id_of(Row::unlisted) ? status_text(record) + " " + id : id;
}

std::string elapsed_text(const Record& record) {
  if (is_notification(record)) return "";
  return record.elapsed ? duration_text(*record.elapsed) : "-";
}

std::string limit_text(const ThrottleLimit& limit) {
  std::string text = "limit";
  if (limit.max) text += fmt::format(" {}", *limit.max);
  if (limit.period_s) text += fmt::format(" in {} s", *limit.period_s);
  if (!limit.type.empty()) text += " (" + printable(limit.type) + ")";
  if (limit.current) text += fmt::format(", {} counted by the service", *limit.current);
  if (limit.counted) text += fmt::format(", {} seen here", *limit.counted);
  return text;
}

std::string basis_text(const Finding& finding) {
  constexpr std::size_t kBasisShown = 3;
  if (finding.exchanges.size() < 2) return {};
  const std::size_t earlier = finding.exchanges.size() - 1;
  std::string text = "after";
  for (std::size_t i = 0; i < std::min(earlier, kBasisShown); ++i) {
    const ExchangeRef& exchange = finding.exchanges[i];
    text += fmt::format("{} {} (conn {}, stream {})", i > 0 ? "," : "", time_of_day(exchange.ts),
                        exchange.conn, exchange.stream);
  }
  if (earlier > kBasisShown) text += fmt::format(" and {} more", earlier - kBasisShown);
  return text;
}

std::string conduct_text(const Record& record) {
  const RecordConduct& conduct = record.conduct;
  if (conduct.end != name_of(ConductEnd::honoured)) return {};
  std::string text = fmt::format(
      "Retry-After honoured: {} s asked by the {} of {} (conn {}, stream {}), waited {}",
      std::max<std::int64_t>(0, record.retry_after_s.value_or(0)), record.status,
      time_of_day(conduct.answer.ts), conduct.answer.conn, conduct.answer.stream,
      duration_text(conduct.after));
  if (conduct.automatic == true) text += ", by the client library";
  return text;
}

Style style_of_row(const Record& record) {
  if (is_notification(record)) {
    return record.event == name_of(Notification::Kind::refused) ? Style::red : Style::cyan;
  }
  if (record.row.empty()) return Style::dim;
  if (record.row == id_of(Row::unlisted)) return Style::bold_red;
  switch (record.status / 100) {
    case 2:
      return Style::green;
    case 3:
      return Style::cyan;
    case 5:
      return Style::red;
    default:
      return record.row == id_of(Row::r429) ? Style::magenta : Style::yellow;
  }
}

}  // namespace mpsdscope
