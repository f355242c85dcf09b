#include <algorithm>
#include <cmath>

#include <simdjson.h>

#include "capture/proxy/proxy_events.h"
#include "tools/json_reading.h"
#include "tools/pretty_text.h"
#include "tools/record.h"
#include "tools/story_reader.h"
#include "tools/title_names.h"

namespace mpsdscope {
namespace {

namespace dom = simdjson::dom;

struct TextField {
  std::string_view name;
  std::string Record::*text;
};
constexpr std::array<TextField, 22> kTexts{{{"host", &Record::host},
                                            {"method", &Record::method},
                                            {"uri", &Record::uri},
                                            {"row", &Record::row},
                                            {"variant", &Record::variant},
                                            {"target", &Record::target},
                                            {"scid", &Record::scid},
                                            {"template", &Record::template_name},
                                            {"session", &Record::session},
                                            {"element", &Record::element},
                                            {"handle", &Record::handle},
                                            {"title_name", &Record::title_name},
                                            {"user_id", &Record::user_id},
                                            {"user_hash", &Record::user_hash},
                                            {"etag", &Record::etag},
                                            {"correlation_id", &Record::correlation_id},
                                            {"client", &Record::client},
                                            {"server", &Record::server},
                                            {"malformed", &Record::malformed},
                                            {"event", &Record::event},
                                            {"message", &Record::message},
                                            {"type", &Record::type}}};

struct NumberField {
  std::string_view name;
  std::uint64_t Record::*number;
};
constexpr std::array<NumberField, 4> kNumbers{{{"conn", &Record::conn},
                                               {"stream", &Record::stream},
                                               {"calls", &Record::calls},
                                               {"exchanges", &Record::exchanges}}};

// Milliseconds with three decimals.
template <class To>
void read_milliseconds(const dom::element& value, To& to) {
  constexpr double kMost = 9e15;  // microseconds that fit the duration, and a double to the last
  double ms = 0;
  if (value.get(ms) != simdjson::SUCCESS || !(std::abs(ms * 1e3) < kMost)) return;
  to = std::chrono::microseconds(std::llround(ms * 1e3));
}

void read_ref(const dom::element& value, ExchangeRef& exchange) {
  dom::object fields;
  if (value.get(fields) != simdjson::SUCCESS) return;
  for (const auto [key, field] : fields) {
    std::optional<CaptureTime> time;
    std::uint64_t stream = 0;
    if (key == "conn") read_number(field, exchange.conn);
    if (key == "stream") read_number(field, stream);
    if (key == "ts") read_time(field, time);
    if (stream > 0 && stream <= UINT32_MAX) exchange.stream = static_cast<std::uint32_t>(stream);
    if (time) exchange.ts = *time;
  }
}

void read_refs(const dom::element& value, std::vector<ExchangeRef>& exchanges) {
  dom::array refs;
  if (value.get(refs) != simdjson::SUCCESS) return;
  for (const dom::element ref : refs) read_ref(ref, exchanges.emplace_back());
}

void read_status(const dom::element& value, Record& record) {
  std::int64_t status = 0;
  if (value.get(status) == simdjson::SUCCESS && status > 0 && status < 1'000) {
    record.status = static_cast<int>(status);
  }
}

// A severity that this program does not know is not taken lightly.
Severity severity_of_word(std::string_view word) {
  return parse_severity(word).value_or(Severity::error);
}

void read_findings(const dom::element& value, Record& record) {
  dom::array violations;
  if (value.get(violations) != simdjson::SUCCESS) return;
  for (const dom::element violation : violations) {
    dom::object fields;
    if (violation.get(fields) != simdjson::SUCCESS) continue;
    Finding& finding = record.findings.emplace_back();
    for (const auto [key, text] : fields) {
      if (key == "exchanges") read_refs(text, finding.exchanges);
      std::string_view word;
      if (text.get(word) != simdjson::SUCCESS) continue;
      if (key == "rule") finding.rule = word;
      if (key == "message") finding.message = word;
      if (key == "advice") finding.advice = word;
      if (key == "severity") finding.severity = severity_of_word(word);
    }
  }
}

void read_words(const dom::element& value, std::vector<std::string>& words) {
  dom::array texts;
  if (value.get(texts) != simdjson::SUCCESS) return;
  for (const dom::element text : texts) {
    std::string_view word;
    if (text.get(word) == simdjson::SUCCESS) words.emplace_back(word);
  }
}

// Pairs of name and value.
void read_headers(const dom::element& value, MessageText& message) {
  dom::array headers;
  if (value.get(headers) != simdjson::SUCCESS) return;
  for (const dom::element header : headers) {
    std::vector<std::string> words;
    read_words(header, words);
    if (words.size() == 2) message.headers.emplace_back(std::move(words[0]), std::move(words[1]));
  }
}

void read_message(std::string_view key, const dom::element& value, MessageText& message) {
  if (key == "headers") return read_headers(value, message);
  if (key == "body") return read_text(value, message.body);
  if (key == "body_cut") return read_as<bool>(value, message.cut);
}

void read_messages(std::string_view key, const dom::element& value, Record& record) {
  constexpr std::string_view kRequest = "request_";
  constexpr std::string_view kResponse = "response_";
  if (key.substr(0, kRequest.size()) == kRequest) {
    read_message(key.substr(kRequest.size()), value, record.request);
  } else if (key.substr(0, kResponse.size()) == kResponse) {
    read_message(key.substr(kResponse.size()), value, record.response);
  }
}

void read_limit(const dom::element& value, Record& record) {
  dom::object fields;
  if (value.get(fields) != simdjson::SUCCESS) return;
  ThrottleLimit limit;
  for (const auto [key, field] : fields) {
    if (key == "current") read_optional(field, limit.current);
    if (key == "max") read_optional(field, limit.max);
    if (key == "period_s") read_optional(field, limit.period_s);
    if (key == "type") read_text(field, limit.type);
    std::uint64_t seen = 0;
    if (key == "seen") read_number(field, seen);
    if (seen > 0 && seen <= UINT32_MAX) limit.counted = static_cast<std::uint32_t>(seen);
  }
  record.limit = std::move(limit);
}

void read_window(const dom::element& value, WindowRate& window) {
  dom::object fields;
  if (value.get(fields) != simdjson::SUCCESS) return;
  for (const auto [key, field] : fields) {
    if (key == "responses") read_number(field, window.responses);
    if (key == "throttled") read_number(field, window.throttled);
    if (key == "peak_throttled") read_number(field, window.peak_throttled);
    if (key == "responses_at_peak") read_number(field, window.responses_at_peak);
    std::optional<CaptureTime> peak;
    if (key == "peak_at") read_time(field, peak);
    if (peak) window.peak_at = *peak;
  }
}

void read_limit_window(const dom::element& value, RecordLimit::Window& window) {
  dom::object fields;
  if (value.get(fields) != simdjson::SUCCESS) return;
  for (const auto [key, field] : fields) {
    if (key == "period_s") read_number(field, window.period_s);
    if (key == "limit") read_number(field, window.limit);
    if (key == "calls") read_number(field, window.calls);
    if (key == "peak") read_number(field, window.peak);
    if (key == "at_least") read_as<bool>(field, window.at_least);
  }
}

void read_limits(const dom::element& value, std::vector<RecordLimit>& limits) {
  dom::array shares;
  if (value.get(shares) != simdjson::SUCCESS) return;
  for (const dom::element share : shares) {
    dom::object fields;
    if (share.get(fields) != simdjson::SUCCESS) continue;
    RecordLimit& limit = limits.emplace_back();
    for (const auto [key, field] : fields) {
      if (key == "name") read_text(field, limit.name);
      if (key == "burst") read_limit_window(field, limit.burst);
      if (key == "sustained") read_limit_window(field, limit.sustained);
    }
  }
}

void read_rates(const dom::object& fields, RecordRates& rates) {
  for (const auto [key, field] : fields) {
    if (key == "user") read_text(field, rates.user);
    if (key == "other") read_as<bool>(field, rates.other);
    if (key == "exact") read_as<bool>(field, rates.exact);
    if (key == "requests") read_number(field, rates.requests);
    if (key == "responses") read_number(field, rates.responses);
    if (key == "throttled") read_number(field, rates.throttled);
    if (key == "last_15s") read_window(field, rates.burst);
    if (key == "last_300s") read_window(field, rates.sustained);
    if (key == "limits") read_limits(field, rates.limits);
  }
}

void read_rates_record(const dom::object& fields, Record& record) {
  read_rates(fields, record.rates.emplace_back());
  dom::array users;
  if (fields["users"].get(users) != simdjson::SUCCESS) return;
  for (const dom::element user : users) {
    dom::object of_user;
    if (user.get(of_user) == simdjson::SUCCESS) read_rates(of_user, record.rates.emplace_back());
  }
}

void read_severities(const dom::element& value, Record& record) {
  for (const Severity severity : {Severity::info, Severity::warning, Severity::error}) {
    std::uint64_t count = 0;
    if (value[name_of(severity)].get(count) != simdjson::SUCCESS) continue;
    record.by_severity[static_cast<std::size_t>(severity)] = count;
  }
}

RecordKind kind_of(std::string_view type) {
  for (const RecordKind kind :
       {RecordKind::exchange, RecordKind::notification, RecordKind::conduct, RecordKind::rates,
        RecordKind::event, RecordKind::summary, RecordKind::header}) {
    if (name_of(kind) == type) return kind;
  }
  return RecordKind::other;
}

// What all kinds have, or only one of them but under a name of its own.
bool read_common(std::string_view key, const dom::element& value, Record& record) {
  if (key == "host_guessed") return read_as<bool>(value, record.host_guessed), true;
  for (const TextField& field : kTexts) {
    if (field.name == key) return read_text(value, record.*field.text), true;
  }
  for (const NumberField& field : kNumbers) {
    if (field.name == key) return read_number(value, record.*field.number), true;
  }
  if (key == "ts") return read_time(value, record.time), true;
  if (key == "title_id") return read_title(value, record.title_id), true;
  return false;
}

void read_exchange(std::string_view key, const dom::element& value, Record& record) {
  if (key == "status") return read_status(value, record);
  if (key == "elapsed_ms") return read_milliseconds(value, record.elapsed);
  if (key == "retry_after_s") return read_optional(value, record.retry_after_s);
  if (key == "limit") return read_limit(value, record);
  if (key == "defects") return read_words(value, record.defects);
  if (key == "violations") return read_findings(value, record);
  read_messages(key, value, record);
}

void read_user(const dom::element& value, Record& record) {
  std::string_view user;
  if (value.get(user) == simdjson::SUCCESS) record.set_user(user);
}

void read_notification(std::string_view key, const dom::element& value, Record& record) {
  if (key == "notification") return read_text(value, record.event);
  if (key == "user") return read_user(value, record);
  if (key == "change_number") return read_optional(value, record.change_number);
}

void read_conduct(std::string_view key, const dom::element& value, Record& record) {
  RecordConduct& conduct = record.conduct;
  if (key == "status") return read_status(value, record);
  if (key == "retry_after_s") return read_optional(value, record.retry_after_s);
  if (key == "user") return read_user(value, record);
  if (key == "end") return read_text(value, conduct.end);
  if (key == "answer") return read_ref(value, conduct.answer);
  if (key == "after_ms") return read_milliseconds(value, conduct.after);
  if (key == "automatic") return read_as<bool>(value, conduct.automatic);
}

// A header's "message" is what it reads from.
void read_header(std::string_view key, const dom::element& value, Record& record) {
  if (key != "inputs") return;
  std::vector<std::string> inputs;
  read_words(value, inputs);
  record.message = joined(inputs);
}

void read_summary(std::string_view key, const dom::element& value, Record& record) {
  if (key == "last_packet") return read_time(value, record.time);
  if (key == "violations") return read_severities(value, record);
}

void read_field(std::string_view key, const dom::element& value, Record& record) {
  if (read_common(key, value, record)) return;
  switch (record.kind) {
    case RecordKind::exchange:
      return read_exchange(key, value, record);
    case RecordKind::conduct:
      return read_conduct(key, value, record);
    case RecordKind::notification:
      return read_notification(key, value, record);
    case RecordKind::header:
      return read_header(key, value, record);
    case RecordKind::summary:
      return read_summary(key, value, record);
    default:
      return;
  }
}

// One of a kind that this program does not know is shown, but not as an alarm.
Severity severity_of_event(std::string_view event) {
  for (std::size_t i = 0; i < kProxyEventKinds; ++i) {
    const auto kind = static_cast<ProxyEventKind>(i);
    if (name_of(kind) == event) return mpsdscope::severity_of_event(kind);
  }
  return Severity::info;
}

}  // namespace

struct RecordReader::Parser {
  dom::parser json;
};

RecordReader::RecordReader() : parser_(std::make_unique<Parser>()) {}
RecordReader::RecordReader(RecordReader&& other) noexcept = default;
RecordReader::~RecordReader() = default;

bool RecordReader::read(std::string_view line, Record& record) {
  record = {};
  dom::object fields;
  std::string_view type;
  if (parser_->json.parse(line.data(), line.size()).get(fields) != simdjson::SUCCESS) return false;
  if (fields["type"].get(type) != simdjson::SUCCESS || type.empty()) return false;
  record.kind = kind_of(type);
  for (const auto [key, value] : fields) read_field(key, value, record);
  if (record.kind == RecordKind::rates) read_rates_record(fields, record);
  if (type == "session") record.story = std::make_shared<const Story>(read_story(fields));
  if (record.title_id && record.title_name.empty()) {
    record.title_name = title_name(*record.title_id);
  }
  if (record.kind == RecordKind::event) record.event_severity = severity_of_event(record.event);
  return true;
}

}  // namespace mpsdscope
