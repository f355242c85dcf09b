#include "tools/screen/detail.h"

#include <algorithm>

#include <fmt/format.h>

#include "tools/escape.h"
#include "tools/pretty_line.h"
#include "tools/pretty_text.h"
#include "tools/record_text.h"
#include "tools/screen/json_layout.h"
#include "tools/text_width.h"
#include "tools/verdict.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMostBodyLines = 5'000;
constexpr std::size_t kSessionShown = 20;  // exchanges of a session on each side of the record

std::string time_text(const Record& record) {
  return record.time ? date_of(*record.time) + " " + time_of_day(*record.time) + " UTC" : "";
}

std::string answer_text(const Record& record) {
  std::string text = record.status > 0 ? std::to_string(record.status) : "no response";
  if (const StatusRow* row = find_status_row(record.row)) {
    text += " " + std::string(row->reason) + ", row " + std::string(row->id);
  } else if (!record.row.empty()) {
    text += ", row " + printable(record.row);
  }
  if (!record.variant.empty()) text += " (" + printable(record.variant) + ")";
  return text;
}

void append_request(TextLines& lines, const Record& record) {
  lines.field(record.method.empty() ? "(not seen)" : method_text(record, 12), printable(record.uri),
              Style::bold);
  lines.field("answer", answer_text(record), style_of_row(record));
  if (const StatusRow* row = find_status_row(record.row)) {
    lines.field("meaning", row->meaning, Style::dim);
  }
  lines.field("completed", time_text(record));
  if (record.elapsed) lines.field("took", elapsed_text(record));
  if (record.retry_after_s) {
    lines.field(
        "Retry-After",
        counted(static_cast<std::uint64_t>(std::max<std::int64_t>(0, *record.retry_after_s)),
                "second"));
  }
  if (record.limit) lines.field("429 body", limit_text(*record.limit), Style::magenta);
}

void append_names(TextLines& lines, const Record& record) {
  if (record.mpsd()) {
    lines.field("title", title_text(record));
    lines.field("target", printable(record.target));
  }
  lines.field("user", printable(record.user_id));
  if (!record.user_hash.empty()) lines.field("user hash", printable(record.user_hash));
  lines.field("SCID", printable(record.scid));
  lines.field("template", printable(record.template_name));
  lines.field("session", printable(record.session));
  lines.field("element", printable(record.element));
  lines.field("handle", printable(record.handle));
  lines.field("ETag", printable(record.etag));
  lines.field("correlation", printable(record.correlation_id));
  if (!record.client.empty() || !record.server.empty()) {
    lines.field("connection",
                fmt::format("{} → {}, connection {}, stream {}", printable(record.client),
                            printable(record.server), record.conn, record.stream));
  }
}

void append_findings(TextLines& lines, const Record& record) {
  if (!record.findings.empty()) lines.heading("Findings");
  for (const Finding& finding : record.findings) {
    lines.paragraph(0, style_of(finding.severity),
                    std::string(name_of(finding.severity)) + " " + printable(finding.rule));
    lines.paragraph(2, Style::plain, printable(finding.message));
    if (const std::string basis = basis_text(finding); !basis.empty()) {
      lines.paragraph(2, Style::plain, basis);
    }
    if (!finding.advice.empty()) lines.paragraph(2, Style::bold, printable(finding.advice));
    const RuleInfo* rule = find_rule(finding.rule);
    if (!rule) continue;
    lines.paragraph(2, Style::dim, rule->explanation);
    lines.paragraph(2, Style::dim, "Source: " + std::string(rule->source));
  }
  if (record.defects.empty() && record.malformed.empty()) return;
  lines.heading("Not read completely");
  lines.paragraph(0, Style::yellow, printable(joined(record.defects)));
  if (!record.malformed.empty()) lines.paragraph(2, Style::plain, printable(record.malformed));
}

void append_message(TextLines& lines, std::string_view heading, const MessageText& message) {
  if (message.headers.empty() && message.body.empty()) return;
  lines.heading(heading);
  for (const auto& [name, value] : message.headers) {
    lines.paragraph(0, Style::plain, printable(name + ": " + value));
  }
  if (message.body.empty()) return;
  if (!message.headers.empty()) lines.empty_line();
  for (const std::string& line : json_lines(message.body, kMostBodyLines)) {
    lines.paragraph(0, Style::plain, line);
  }
  if (message.cut) lines.paragraph(0, Style::dim, "… the log holds no more of it");
}

void append_other(TextLines& lines, const Record& record) {
  lines.paragraph(0, Style::bold, printable(record.event.empty() ? record.type : record.event));
  lines.field("time", time_text(record));
  lines.field("client", printable(record.client));
  lines.field("host", printable(record.host));
  if (record.conn > 0) lines.field("connection", std::to_string(record.conn));
  if (record.kind == RecordKind::summary) {
    lines.field("verdict", verdict_line(record.calls, record.by_severity));
  }
  if (record.kind == RecordKind::notification) {
    lines.field("resource", printable(record.uri));
    if (record.change_number) lines.field("change", std::to_string(*record.change_number));
    append_names(lines, record);
  }
  lines.empty_line();
  lines.paragraph(0, style_of(record.event_severity), printable(record.message));
  lines.paragraph(0, Style::plain, conduct_text(record));
}

// Numbers of the session's exchanges around that one, in order.
std::vector<std::uint64_t> session_of(const RecordStore& store, std::uint64_t number) {
  std::vector<std::uint64_t> found;
  const std::uint64_t key = store.session_key(number);
  for (std::uint64_t at = number; at > store.begin() && found.size() < kSessionShown;) {
    if (store.session_key(--at) == key) found.push_back(at);
  }
  std::reverse(found.begin(), found.end());
  const std::size_t most = found.size() + 1 + kSessionShown;
  for (std::uint64_t at = number; at < store.end() && found.size() < most; ++at) {
    if (store.session_key(at) == key) found.push_back(at);
  }
  return found;
}

}  // namespace

void append_detail(TextLines& lines, const Record& record) {
  if (record.kind != RecordKind::exchange) return append_other(lines, record);
  append_request(lines, record);
  append_findings(lines, record);
  lines.heading("Facts");
  append_names(lines, record);
  append_message(lines, "Request", record.request);
  append_message(lines, "Response", record.response);
  if (record.request.headers.empty() && record.response.headers.empty()) {
    lines.empty_line();
    lines.paragraph(0, Style::dim,
                    "The log holds no heads and bodies of this one: --bodies all of the program "
                    "that writes it.");
  }
}

void append_session(TextLines& lines, const RecordStore& store, std::uint64_t number) {
  if (store.session_key(number) == 0) return;
  lines.heading("Session " + printable(store[number].session));
  for (const std::uint64_t at : session_of(store, number)) {
    const Record& record = store[at];
    std::string about;
    append_left(about, method_text(record, 6), 7);
    append_left(about, cut_end(record.element.empty() ? "session" : printable(record.element), 20),
                21);
    std::string row;
    append_left(row, row_text(record, true), 16);
    TextLine line{{at == number ? "> " : "  ", Style::bold},
                  {record.time ? time_of_day(*record.time) + "  " : "", Style::dim},
                  {about},
                  {row + " ", style_of_row(record)},
                  {user_text(record, 16)}};
    if (!record.findings.empty()) line.push_back({"  !", style_of(record.severity())});
    lines.add(std::move(line));
  }
}

}  // namespace mpsdscope
