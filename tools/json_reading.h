// Fields of parsed JSON: what is to be filled stays as it is if the value is of another type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "tools/parse_time.h"

namespace mpsdscope {

template <class Value, class To>
void read_as(const simdjson::dom::element& value, To& to) {
  Value found{};
  if (value.get(found) == simdjson::SUCCESS) to = found;
}

inline void read_text(const simdjson::dom::element& value, std::string& text) {
  read_as<std::string_view>(value, text);
}

inline void read_number(const simdjson::dom::element& value, std::uint64_t& number) {
  read_as<std::uint64_t>(value, number);
}

inline void read_optional(const simdjson::dom::element& value,
                          std::optional<std::int64_t>& number) {
  read_as<std::int64_t>(value, number);
}

inline void read_time(const simdjson::dom::element& value, std::optional<CaptureTime>& time) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) time = parse_rfc3339(text);
}

inline void read_title(const simdjson::dom::element& value,
                       std::optional<std::uint32_t>& title_id) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) title_id = parse_hex_title_id(text);
}

}  // namespace mpsdscope
