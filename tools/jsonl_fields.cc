#include "tools/jsonl_fields.h"

#include <array>

#include "decode/decimal.h"
#include "tools/call_text.h"
#include "tools/personal.h"
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
  json.key(name).put_value(kRfc3339Size + 2, [time](char* to) {
    *to++ = '"';
    to = put_rfc3339(to, time);
    *to++ = '"';
    return to;
  });
}

void write_thousandths(JsonWriter& json, std::string_view name, std::int64_t thousandths) {
  constexpr std::size_t kLongest = 28;
  json.key(name).put_value(kLongest, [thousandths](char* to) {
    if (thousandths < 0) *to++ = '-';
    const std::uint64_t size = thousandths < 0 ? 0 - static_cast<std::uint64_t>(thousandths)
                                               : static_cast<std::uint64_t>(thousandths);
    to = put_decimal(to, size / 1000);
    const std::uint64_t fraction = size % 1000;
    *to++ = '.';
    *to++ = static_cast<char>('0' + fraction / 100);
    return put_two_digits(to, fraction % 100);
  });
}

void write_endpoint_value(JsonWriter& json, const Endpoint& endpoint) {
  json.put_value(kLongestEndpoint + 2, [&endpoint](char* to) {
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

void write_name_value(JsonWriter& json, std::string_view name) {
  if (!write_plain_name(json, name)) json.text_value(redacted_name(name));
}

bool write_plain_name(JsonWriter& json, std::string_view name, std::string_view quote) {
  return !masks_personal_data() && json.plain_value(name, NameMark(), quote, quote);
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
