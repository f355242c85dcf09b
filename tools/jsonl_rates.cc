#include "tools/jsonl_rates.h"

#include "tools/call_text.h"
#include "tools/jsonl_fields.h"

namespace mpsdscope {
namespace {

void write_window(JsonWriter& json, std::string_view name, const WindowRate& window) {
  json.begin_object(name);
  json.number("responses", window.responses);
  json.number("throttled", window.throttled);
  json.number("peak_throttled", window.peak_throttled);
  if (window.peak_throttled > 0) {
    json.number("responses_at_peak", window.responses_at_peak);
    write_time(json, "peak_at", window.peak_at);
  }
  json.end_object();
}

// Thousandths of a percent; 0 of nothing.
std::uint64_t percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : (part * 100'000 + whole / 2) / whole;
}

void write_limit_window(JsonWriter& json, std::string_view name, const LimitShare::Window& window) {
  json.begin_object(name);
  json.number("period_s", window.period / std::chrono::seconds(1));
  if (window.limit > 0) json.number("limit", window.limit);
  if (window.said) json.boolean("said", true);
  json.number("calls", window.now);
  json.number("peak", window.peak);
  if (window.at_least) json.boolean("at_least", true);
  if (window.limit > 0) {
    write_thousandths(json, "percent",
                      static_cast<std::int64_t>(percent(window.now, window.limit)));
    write_thousandths(json, "peak_percent",
                      static_cast<std::int64_t>(percent(window.peak, window.limit)));
  }
  if (window.peak > 0) write_time(json, "peak_at", window.peak_at);
  json.end_object();
}

void write_told(JsonWriter& json, const LimitShare& share) {
  const ToldLimit& told = share.last_told;
  json.number("told", share.told);
  json.begin_object("last_told");
  write_time(json, "ts", told.at);
  if (told.current) json.number("current", *told.current);
  if (told.max) json.number("max", *told.max);
  if (told.period_s) json.number("period_s", *told.period_s);
  if (told.counted) json.number("seen", *told.counted);
  json.end_object();
}

void write_limits(JsonWriter& json, const std::vector<LimitShare>& limits) {
  json.begin_array("limits");
  for (const LimitShare& share : limits) {
    json.begin_object();
    json.text("name", share.name);
    json.number("calls", share.calls);
    json.number("throttled", share.throttled);
    write_limit_window(json, "burst", share.windows[0]);
    write_limit_window(json, "sustained", share.windows[1]);
    if (share.told > 0) write_told(json, share);
    json.end_object();
  }
  json.end_array();
}

void write_rate_summary(JsonWriter& json, const RateSummary& rates) {
  json.number("requests", rates.requests);
  json.number("responses", rates.responses);
  json.number("throttled", rates.throttled);
  write_thousandths(json, "throttled_percent",
                    static_cast<std::int64_t>(percent(rates.throttled, rates.responses)));
  write_window(json, "last_15s", rates.burst);
  write_window(json, "last_300s", rates.sustained);
  if (!rates.exact) json.boolean("exact", false);
  write_rows(json, rates.by_row);
  write_severities(json, rates.violations);
  write_conducts(json, rates.conducts);
  write_limits(json, rates.limits);
}

}  // namespace

void write_severities(JsonWriter& json, const std::array<std::uint64_t, 4>& counts) {
  json.begin_object("violations");
  for (const Severity severity : {Severity::info, Severity::warning, Severity::error}) {
    json.number(name_of(severity), counts[static_cast<std::size_t>(severity)]);
  }
  json.end_object();
}

void write_rows(JsonWriter& json, const std::array<std::uint64_t, kRowCount>& by_row) {
  json.begin_object("by_row");
  for (std::size_t i = 0; i < kRowCount; ++i) {
    if (by_row[i] > 0) json.number(id_of(static_cast<Row>(i)), by_row[i]);
  }
  json.end_object();
}

void write_conducts(JsonWriter& json, const ConductCounts& counts) {
  if (counts == ConductCounts{}) return;
  json.begin_object("retry_after");
  for (std::size_t i = 0; i < counts.size(); ++i) {
    json.number(name_of(static_cast<ConductEnd>(i)), counts[i]);
  }
  json.end_object();
}

void write_rates(JsonWriter& json, CaptureTime at, const TitleRates& title) {
  write_time(json, "ts", at);
  write_title(json, title.title_id);
  if (title.other) json.boolean("other", true);
  write_rate_summary(json, title.total);
  json.begin_array("users");
  for (const auto& [user, rates] : title.users) {
    json.begin_object();
    if (!user.empty()) json.text("user", redacted_user(user));
    write_rate_summary(json, rates);
    json.end_object();
  }
  json.end_array();
}

}  // namespace mpsdscope
