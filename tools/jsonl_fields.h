// Values that several records of the log hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "decode/address.h"
#include "decode/time.h"
#include "rules/violation.h"
#include "tools/json_writer.h"

namespace mpsdscope {

void write_time(JsonWriter& json, std::string_view name, CaptureTime time);
// Thousandths of a number, as a decimal fraction: 12345 is written 12.345.
void write_thousandths(JsonWriter& json, std::string_view name, std::int64_t thousandths);
void write_endpoint_value(JsonWriter& json, const Endpoint& endpoint);
void write_title(JsonWriter& json, std::optional<std::uint32_t> title_id);
// A name of the capture: a credential that hides in it is redacted. Nothing if it is "".
void write_name_value(JsonWriter& json, std::string_view name);
// The same, between two quotes that are JSON already, if there is nothing to redact or to escape
// in it; else false, and nothing is written.
bool write_plain_name(JsonWriter& json, std::string_view name, std::string_view quote = {});
[[gnu::always_inline]] inline void write_name(JsonWriter& json, std::string_view key,
                                              std::string_view name) {
  if (!name.empty()) write_name_value(json.key(key), name);
}
// A user as the rates name one. Nothing if it is "".
void write_user(JsonWriter& json, std::string_view key, std::string_view user);
// An exchange as its own record names it.
void write_ref(JsonWriter& json, std::string_view name, const ExchangeRef& exchange);
void write_refs(JsonWriter& json, std::string_view name, const std::vector<ExchangeRef>& exchanges);

}  // namespace mpsdscope
