#include "tools/record.h"

#include <algorithm>
#include <chrono>

#include "rules/user_name.h"
#include "tools/personal.h"
#include "tools/redact.h"
#include "tools/title_names.h"
#include "tools/utf8.h"

namespace mpsdscope {
namespace {

using std::chrono::microseconds;

CaptureTime in_microseconds(CaptureTime time) {
  return std::chrono::floor<microseconds>(time);
}

void set_name(std::string& to, std::string_view name) {
  append_redacted_name(to, name);
  make_valid_utf8(to);
}

void set_text(std::string& to, std::string_view text) {
  append_redacted_text(to, text);
  make_valid_utf8(to);
}

std::string as_valid_utf8(std::string text) {
  make_valid_utf8(text);
  return text;
}

void set_request(Record& record, const HttpRequest& request) {
  record.host = as_valid_utf8(host_text(request.authority));
  record.host_guessed = request.authority_guessed;
  if (request.method.empty()) return;
  set_name(record.method, request.method);
  append_uri(record.uri, request);
  make_valid_utf8(record.uri);
}

void set_title(Record& record, std::optional<std::uint32_t> title_id) {
  record.title_id = title_id;
  if (title_id) record.title_name = as_valid_utf8(std::string(title_name(*title_id)));
}

// Also of calls of other services that have limits.
void set_identity(Record& record, const Call& call) {
  set_title(record, call.title_id);
  record.user_id = as_valid_utf8(redacted_user(call.user_id));
  if (is_user_hash(call.user_hash)) record.user_hash = masked_user(call.user_hash);
}

void set_verdict(Record& record, const Call& call) {
  if (call.row) record.row = id_of(*call.row);
  record.variant = name_of(call.variant);
  record.target = name_of(call.target.kind);
  set_name(record.scid, call.target.scid);
  set_name(record.template_name, call.target.template_name);
  set_name(record.session, call.target.session);
  set_name(record.element, call.target.element);
  set_name(record.handle, call.target.handle);
  record.retry_after_s = call.retry_after_s;
  set_name(record.etag, call.etag);
  append_correlation_id(record.correlation_id, call);
  make_valid_utf8(record.correlation_id);
}

void set_findings(Record& record, const Call& call) {
  const Exchange& exchange = *call.exchange;
  set_text(record.malformed, exchange.malformed);
  for (std::size_t i = 0; i < static_cast<std::size_t>(Defect::count_); ++i) {
    const auto defect = static_cast<Defect>(i);
    if (exchange.defects.has(defect)) record.defects.emplace_back(name_of(defect));
  }
  for (const Violation& violation : call.violations) {
    Finding& finding = record.findings.emplace_back();
    finding.rule = info_of(violation.rule).id;
    finding.severity = violation.severity;
    set_text(finding.message, violation.message);
    set_text(finding.advice, violation.advice);
    finding.exchanges = violation.exchanges;
    for (ExchangeRef& one : finding.exchanges) one.ts = in_microseconds(one.ts);
  }
}

RecordLimit limit_of(const LimitShare& share) {
  const auto window = [](const LimitShare::Window& one) {
    return RecordLimit::Window{static_cast<std::uint64_t>(one.period / std::chrono::seconds(1)),
                               one.limit, one.now, one.peak};
  };
  return {std::string(share.name), window(share.windows[0]), window(share.windows[1])};
}

RecordRates rates_of(std::string_view user, const RateSummary& summary) {
  RecordRates rates;
  rates.user = user;
  rates.exact = summary.exact;
  rates.requests = summary.requests;
  rates.responses = summary.responses;
  rates.throttled = summary.throttled;
  rates.burst = summary.burst;
  rates.sustained = summary.sustained;
  for (const LimitShare& share : summary.limits) rates.limits.push_back(limit_of(share));
  return rates;
}

void set_kind(Record& record, RecordKind kind) {
  record = {};
  record.kind = kind;
  record.type = name_of(kind);
}

}  // namespace

std::string_view name_of(RecordKind kind) {
  constexpr std::array<std::string_view, 8> kNames{"header", "exchange", "conduct", "notification",
                                                   "rates",  "event",    "summary", ""};
  return kNames[static_cast<std::size_t>(kind)];
}

Severity Record::severity() const {
  Severity worst = event_severity;
  for (const Finding& finding : findings) worst = std::max(worst, finding.severity);
  return worst;
}

Severity severity_of_event(ProxyEventKind kind) {
  switch (severity_of(kind)) {
    case ProxySeverity::error:
      return Severity::error;
    case ProxySeverity::warning:
      return Severity::warning;
    case ProxySeverity::info:
      break;
  }
  return Severity::info;
}

void Record::set_user(std::string_view user) {
  if (const auto hash = hash_in_name(user)) {
    user_hash = *hash;
  } else {
    user_id = user;
  }
}

void record_of(Record& record, const Call& call) {
  set_kind(record, RecordKind::exchange);
  const Exchange& exchange = *call.exchange;
  record.time = in_microseconds(exchange.completed());
  set_request(record, exchange.request);
  if (exchange.response.present) record.status = exchange.response.status;
  if (call.mpsd) set_verdict(record, call);
  record.limit = throttle_limit_of(call);
  set_identity(record, call);
  if (const auto elapsed = elapsed_of(exchange)) {
    record.elapsed = std::chrono::duration_cast<microseconds>(*elapsed);
  }
  record.client = exchange.client.to_string();
  record.server = exchange.server.to_string();
  record.conn = exchange.conn;
  record.stream = exchange.stream;
  set_findings(record, call);
}

void record_of(Record& record, const Conduct& conduct) {
  set_kind(record, RecordKind::conduct);
  record.time = in_microseconds(conduct.next ? conduct.next->ts : conduct.answer.ts);
  record.status = conduct.status;
  record.retry_after_s = conduct.retry_after_s;
  set_name(record.method, conduct.method);
  record.target = name_of(conduct.target);
  set_title(record, conduct.title_id);
  record.set_user(as_valid_utf8(redacted_user(conduct.user)));
  record.conduct.end = name_of(conduct.end);
  record.conduct.answer = conduct.answer;
  record.conduct.answer.ts = in_microseconds(conduct.answer.ts);
  record.conduct.after = std::chrono::duration_cast<microseconds>(conduct.after);
  record.conduct.automatic = conduct.automatic;
}

void record_of(Record& record, const Notification& told) {
  set_kind(record, RecordKind::notification);
  record.time = in_microseconds(told.at);
  record.event = name_of(told.kind);
  record.set_user(as_valid_utf8(redacted_user(told.user)));
  set_title(record, told.title_id);
  append_redacted_uri(record.uri, told.uri);
  make_valid_utf8(record.uri);
  set_name(record.scid, told.session.scid);
  set_name(record.template_name, told.session.template_name);
  set_name(record.session, told.session.session);
  record.change_number = told.change_number;
  record.conn = told.conn;
  record.stream = told.stream;
}

void record_of(Record& record, CaptureTime at, const TitleRates& title) {
  set_kind(record, RecordKind::rates);
  record.time = in_microseconds(at);
  set_title(record, title.title_id);
  record.rates.push_back(rates_of("", title.total));
  record.rates.front().other = title.other;
  for (const auto& [user, summary] : title.users) {
    record.rates.push_back(rates_of(redacted_user(user), summary));
  }
}

void record_of(Record& record, CaptureTime at, const ProxyEvent& event) {
  set_kind(record, RecordKind::event);
  record.time = in_microseconds(at);
  record.event = name_of(event.kind);
  record.event_severity = severity_of_event(event.kind);
  record.conn = event.conn;
  if (event.conn > 0) record.client = event.client.to_string();
  if (!event.host.empty()) record.host = as_valid_utf8(redacted_host(event.host));
  set_text(record.message, event.message);
}

}  // namespace mpsdscope
