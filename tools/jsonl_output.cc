#include "tools/jsonl_output.h"

#include <array>
#include <system_error>
#include <utility>

#include "tools/call_text.h"
#include "tools/escape.h"
#include "tools/json_writer.h"
#include "tools/jsonl_conduct.h"
#include "tools/jsonl_fields.h"
#include "tools/jsonl_rates.h"
#include "tools/jsonl_sessions.h"
#include "tools/personal.h"
#include "tools/proxy_text.h"
#include "tools/redact.h"

namespace mpsdscope {
namespace {

constexpr int kSchema = 1;

class JsonlOutput final : public Output {
 public:
  JsonlOutput(TextSink& sink, std::vector<std::string> inputs, const BodyLog& bodies)
      : sink_(sink), inputs_(std::move(inputs)), bodies_(bodies) {}

  void begin() override {
    record("header", [&](JsonWriter& json) {
      json.number("schema", kSchema);
      json.word("program", "mpsdscope");
      json.word("version", MPSDSCOPE_VERSION);
      write_list(json, "inputs", inputs_);
    });
  }

  void call(const Call& call) override {
    record("exchange", [&](JsonWriter& json) { write_call(json, call); });
  }

  void conduct(const Conduct& conduct) override {
    record("conduct", [&](JsonWriter& json) { write_conduct(json, conduct); });
  }

  void rates(CaptureTime at, const std::vector<TitleRates>& rates) override {
    for (const TitleRates& title : rates) {
      record("rates", [&](JsonWriter& json) { write_rates(json, at, title); });
    }
  }

  void notification(const Notification& notification) override {
    record("notification", [&](JsonWriter& json) { write_notification(json, notification); });
  }

  void session(const Story& story) override {
    record("session", [&](JsonWriter& json) { write_session(json, story); });
  }

  void end(const RunSummary& summary) override {
    if (summary.last_packet) rates(*summary.last_packet, summary.rates);
    record("summary", [&](JsonWriter& json) { write_summary(json, summary); });
    sink_.flush();
  }

  bool ok(std::string& why) const override {
    if (sink_.error() == 0) return true;
    why = std::generic_category().message(sink_.error());
    return false;
  }

 private:
  template <class Write>
  void record(std::string_view type, Write write) {
    JsonWriter json(sink_.text());
    json.begin_object();
    json.word("type", type);
    write(json);
    json.end_object();
    json.line_end();
    json.finish();
    sink_.commit();
  }

  void write_call(JsonWriter& json, const Call& call) {
    const Exchange& exchange = *call.exchange;
    json.key("ts").put_value(kRfc3339Size + 2, [&](char* to) {
      *to++ = '"';
      to = times_.put(to, exchange.completed());
      *to++ = '"';
      return to;
    });
    write_request(json, exchange.request);
    if (exchange.response.present) json.number("status", exchange.response.status);
    if (call.mpsd) write_verdict(json, call);
    write_identity(json, call);
    if (call.mpsd) write_fields(json, call);
    if (const auto limit = throttle_limit_of(call)) write_limit(json, *limit);
    if (const auto elapsed = elapsed_of(exchange)) {
      write_thousandths(json, "elapsed_ms", *elapsed / std::chrono::microseconds(1));
    }
    json.members(members_of_connection(exchange));
    json.number("stream", exchange.stream);
    write_messages(json, exchange);
    write_findings(json, call);
    write_bodies(json, call, bodies_);
  }

  static void write_list(JsonWriter& json, std::string_view name,
                         const std::vector<std::string>& texts) {
    json.begin_array(name);
    for (const std::string& text : texts) json.element(text);
    json.end_array();
  }

  // Most are of a connection that had one lately.
  std::string_view members_of_connection(const Exchange& exchange) {
    Connection& known = connections_[exchange.conn % connections_.size()];
    if (known.members.empty() || known.conn != exchange.conn || known.client != exchange.client ||
        known.server != exchange.server) {
      scratch_.clear();
      JsonWriter json(scratch_);
      write_endpoint_value(json.key("client"), exchange.client);
      write_endpoint_value(json.key("server"), exchange.server);
      json.number("conn", exchange.conn);
      json.finish();
      known = {exchange.conn, exchange.client, exchange.server, scratch_};
    }
    return known.members;
  }

  // Most exchanges go to the host of the one before.
  void read_origin(const HttpRequest& request) {
    scheme_ = request.scheme;
    authority_ = request.authority;
    host_.clear();
    append_json_string(host_, host_text(authority_));
    scratch_.clear();
    append_origin(scratch_, request);
    origin_.clear();
    append_json_string(origin_, scratch_);
    origin_ = origin_.substr(1, origin_.size() - 2);
  }

  void write_request(JsonWriter& json, const HttpRequest& request) {
    if (!request.authority.empty()) {
      if (request.authority != authority_ || request.scheme != scheme_) read_origin(request);
      json.key("host").json_value(host_);
      if (request.authority_guessed) json.boolean("host_guessed", true);
    }
    if (request.method.empty()) return;  // not seen, or not as far as its target
    write_name(json, "method", request.method);
    json.key("uri");
    const bool path = !request.target.empty() && request.target.front() == '/' &&
                      !request.authority.empty() && request.method != "CONNECT";
    if (path && !masks_personal_data() && json.plain_value(request.target, UriMark(), origin_)) {
      return;
    }
    scratch_.clear();
    append_uri(scratch_, request);
    json.text_value(scratch_);
  }

  void write_verdict(JsonWriter& json, const Call& call) {
    if (call.row) json.word("row", id_of(*call.row));
    if (call.variant != Variant204::none) json.word("variant", name_of(call.variant));
    json.word("target", name_of(call.target.kind));
    write_name(json, "scid", call.target.scid);
    write_name(json, "template", call.target.template_name);
    write_name(json, "session", call.target.session);
    write_name(json, "element", call.target.element);
    write_name(json, "handle", call.target.handle);
    if (call.target.nocommit) json.boolean("nocommit", true);
  }

  // Also of calls of other services that have limits.
  void write_identity(JsonWriter& json, const Call& call) {
    write_title(json, call.title_id);
    if (!call.user_id.empty()) {
      if (masks_personal_data()) {
        json.text("user_id", redacted_user(call.user_id));
      } else {
        write_name(json, "user_id", call.user_id);
      }
      json.word("user_source", word_of(call.user_source));
    }
    if (!is_user_hash(call.user_hash)) return;
    if (masks_personal_data()) {
      json.text("user_hash", masked_user(call.user_hash));
    } else {
      json.word("user_hash", call.user_hash);
    }
  }

  void write_fields(JsonWriter& json, const Call& call) {
    if (call.retry_after_s) json.number("retry_after_s", *call.retry_after_s);
    write_etag(json, call.etag);
    if (call.correlation_id.empty()) return;
    json.key("correlation_id");
    if (call.correlation_id.size() <= kMostOfCorrelationId &&
        write_plain_name(json, call.correlation_id)) {
      return;
    }
    scratch_.clear();
    append_correlation_id(scratch_, call);
    json.text_value(scratch_);
  }

  // In an ordinary one the quotes around it are all that needs to be escaped.
  static void write_etag(JsonWriter& json, std::string_view etag) {
    const bool quoted = etag.size() >= 2 && etag.front() == '"' && etag.back() == '"';
    if (!quoted) return write_name(json, "etag", etag);
    json.key("etag");
    constexpr std::string_view kQuote = R"(\")";
    const std::string_view inner = etag.substr(1, etag.size() - 2);
    if (!write_plain_name(json, inner, kQuote)) write_name_value(json, etag);
  }

  static void write_limit(JsonWriter& json, const ThrottleLimit& limit) {
    json.begin_object("limit");
    if (limit.current) json.number("current", *limit.current);
    if (limit.max) json.number("max", *limit.max);
    if (limit.period_s) json.number("period_s", *limit.period_s);
    if (!limit.type.empty()) json.text("type", limit.type);
    if (limit.counted) json.number("seen", *limit.counted);
    json.end_object();
  }

  static std::string_view word_of(UserSource source) {
    switch (source) {
      case UserSource::debug:
        return "debug";
      case UserSource::member:
        return "member";
      case UserSource::owner:
        return "owner";
      case UserSource::hash:
        return "hash";
      case UserSource::none:
        break;
    }
    return "unknown";
  }

  static std::string_view version_of(HttpVersion version) {
    switch (version) {
      case HttpVersion::http_1_0:
        return "1.0";
      case HttpVersion::http_1_1:
        return "1.1";
      case HttpVersion::http_2:
        return "2";
      case HttpVersion::unknown:
        break;
    }
    return "";
  }

  static void write_messages(JsonWriter& json, const Exchange& exchange) {
    const HttpVersion version =
        exchange.request.present ? exchange.request.version : exchange.response.version;
    if (version != HttpVersion::unknown) json.word("http", version_of(version));
    json.boolean("tls", exchange.tls);
    if (exchange.request.present) json.number("request_bytes", exchange.request.body_length);
    if (exchange.response.present) json.number("response_bytes", exchange.response.body_length);
  }

  void write_findings(JsonWriter& json, const Call& call) {
    const Exchange& exchange = *call.exchange;
    if (!exchange.malformed.empty()) write_message(json, "malformed", exchange.malformed);
    json.begin_array("defects");
    if (!exchange.defects.none()) {
      for (std::size_t i = 0; i < static_cast<std::size_t>(Defect::count_); ++i) {
        const auto defect = static_cast<Defect>(i);
        if (exchange.defects.has(defect)) json.word_element(name_of(defect));
      }
    }
    json.end_array();
    json.begin_array("violations");
    for (const Violation& violation : call.violations) {
      json.begin_object();
      json.word("rule", info_of(violation.rule).id);
      json.word("severity", name_of(violation.severity));
      write_message(json, "message", violation.message);
      if (!violation.advice.empty()) write_message(json, "advice", violation.advice);
      if (!violation.exchanges.empty()) write_refs(json, "exchanges", violation.exchanges);
      json.end_object();
    }
    json.end_array();
  }

  void write_message(JsonWriter& json, std::string_view key, std::string_view message) {
    scratch_.clear();
    append_redacted_text(scratch_, message);
    json.text(key, scratch_);
  }

  void write_summary(JsonWriter& json, const RunSummary& summary) {
    if (summary.first_packet) write_time(json, "first_packet", *summary.first_packet);
    if (summary.last_packet) write_time(json, "last_packet", *summary.last_packet);
    json.number("calls", summary.calls);
    json.number("exchanges", summary.report[Counter::exchanges]);
    write_rows(json, summary.by_row);
    write_severities(json, summary.by_severity);
    json.begin_object("rules");
    for (const RuleInfo& rule : rule_table()) {
      const std::uint64_t count = summary.by_rule[static_cast<std::size_t>(rule.rule)];
      if (count > 0) json.number(rule.id, count);
    }
    json.end_object();
    write_conducts(json, summary.conducts);
    if (summary.forgotten > 0) json.number("forgotten", summary.forgotten);
    if (summary.overflowed > 0) json.number("overflowed", summary.overflowed);
    write_notification_counts(json, summary.notifications);
    if (summary.sessions) write_session_counts(json, *summary.sessions);
    if (summary.proxy) write_proxy(json, *summary.proxy);
    write_report(json, summary.report);
    write_list(json, "problems", summary.problems);
  }

  static void write_report(JsonWriter& json, const DecodeReport& report) {
    json.begin_object("counters");
    for (std::size_t i = 0; i < kCounterCount; ++i) {
      if (report.counters[i] > 0) json.number(name_of(static_cast<Counter>(i)), report.counters[i]);
    }
    json.end_object();
    json.begin_object("hosts");
    for (const auto& [host, count] : redacted_hosts(report)) {
      json.untrusted_key(host);
      json.number_value(count);
    }
    json.end_object();
    json.begin_array("undecrypted");
    for (const auto& [connection, count] : report.undecrypted) {
      json.begin_object();
      json.text("name", redacted_host(connection.name));
      json.word("reason", name_of(connection.failure));
      if (!connection.detail.empty()) json.text("detail", redacted_name(connection.detail));
      json.number("connections", count);
      json.end_object();
    }
    json.end_array();
  }

  TextSink& sink_;
  std::vector<std::string> inputs_;
  BodyLog bodies_;
  std::string authority_;  // of the last request that had one
  std::string host_;       // its host, JSON
  std::string scheme_;     // its scheme
  std::string origin_;     // its scheme and authority, JSON without the quotes
  struct Connection {
    std::uint64_t conn = 0;
    Endpoint client, server;
    std::string members;  // JSON of these three
  };
  std::array<Connection, 512> connections_;  // by number
  Rfc3339Text times_;
  std::string scratch_;  // reused, so that a record allocates nothing
};

}  // namespace

std::unique_ptr<Output> make_jsonl_output(TextSink& sink, std::vector<std::string> inputs,
                                          const BodyLog& bodies) {
  return std::make_unique<JsonlOutput>(sink, std::move(inputs), bodies);
}

}  // namespace mpsdscope
