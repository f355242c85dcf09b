#include "tools/jsonl_fields.h"

#include <array>
#include <charconv>

#include "tools/call_text.h"
#include "tools/redact.h"
#include "tools/title_names.h"

namespace mpsdscope {
namespace {

void write_parts(JsonWriter& json, const ExchangeRef& exchange) {
  json.number("conn", exchange.conn);
  json.number("stream", exchange.stream);
  write_time(json, "ts", exchange.ts);
}

}  // namespace

void write_time(JsonWriter& json, std::string_view name, CaptureTime time) {
  json.put_value(name, kRfc3339Size + 2, [time](char* to) {
    *to++ = '"';
    to = put_rfc3339(to, time);
    *to++ = '"';
    return to;
  });
}

// Thousandths of a number, as a decimal fraction: 12345 is written 12.345.
void write_thousandths(JsonWriter& json, std::string_view name, std::int64_t thousandths) {
  constexpr std::size_t kLongest = 28;
  json.put_value(name, kLongest, [thousandths](char* to) {
    char* const end = to + kLongest;
    if (thousandths < 0) *to++ = '-';
    const std::uint64_t size = thousandths < 0 ? 0 - static_cast<std::uint64_t>(thousandths)
                                               : static_cast<std::uint64_t>(thousandths);
    to = std::to_chars(to, end, size / 1000).ptr;
    const std::uint64_t fraction = size % 1000;
    *to++ = '.';
    *to++ = static_cast<char>('0' + fraction / 100);
    *to++ = static_cast<char>('0' + fraction / 10 % 10);
    *to++ = static_cast<char>('0' + fraction % 10);
    return to;
  });
}

void write_endpoint(JsonWriter& json, std::string_view name, const Endpoint& endpoint) {
  json.put_value(name, kLongestEndpoint + 2, [&endpoint](char* to) {
    *to++ = '"';
    to = put_endpoint(to, endpoint);
    *to++ = '"';
    return to;
  });
}

void write_title(JsonWriter& json, std::optional<std::uint32_t> title_id) {
  if (!title_id) return;
  std::array<char, 8> digits;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    digits[i] = "0123456789ABCDEF"[*title_id >> (28 - 4 * i) & 0xFu];
  }
  json.word("title_id", {digits.data(), digits.size()});
  if (const std::string_view name = title_name(*title_id); !name.empty()) {
    json.text("title_name", name);
  }
}

void write_name(JsonWriter& json, std::string_view key, std::string_view name) {
  if (name.empty()) return;
  if (is_plain_name(name)) return json.text(key, name);
  json.text(key, redacted_name(name));
}

void write_user(JsonWriter& json, std::string_view key, std::string_view user) {
  if (!user.empty()) json.text(key, redacted_user(user));
}

void write_ref(JsonWriter& json, std::string_view name, const ExchangeRef& exchange) {
  json.begin_object(name);
  write_parts(json, exchange);
  json.end_object();
}

void write_refs(JsonWriter& json, std::string_view name,
                const std::vector<ExchangeRef>& exchanges) {
  json.begin_array(name);
  for (const ExchangeRef& exchange : exchanges) {
    json.begin_object();
    write_parts(json, exchange);
    json.end_object();
  }
  json.end_array();
}

}  // namespace mpsdscope
