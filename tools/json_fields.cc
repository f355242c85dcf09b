#include "tools/json_fields.h"

#include <array>

#include "tools/call_text.h"
#include "tools/redact.h"

namespace mpsdscope {

void write_time(JsonWriter& json, std::string_view name, CaptureTime time) {
  json.put_value(name, kRfc3339Size + 2, [time](char* to) {
    *to++ = '"';
    to = put_rfc3339(to, time);
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
}

void write_name(JsonWriter& json, std::string_view key, std::string_view name) {
  if (name.empty()) return;
  if (is_plain_name(name)) return json.text(key, name);
  json.text(key, redacted_name(name));
}

void write_user(JsonWriter& json, std::string_view key, std::string_view user) {
  if (!user.empty()) json.text(key, redacted_user(user));
}

}  // namespace mpsdscope
