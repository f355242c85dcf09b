// Values of single HTTP fields that the rules read.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mpsdscope {

// Optional whitespace (RFC 9110 §5.6.3).
constexpr bool is_ows(char c) {
  return c == ' ' || c == '\t';
}
inline std::string_view skip_ows(std::string_view value) {
  while (!value.empty() && is_ows(value.front())) value.remove_prefix(1);
  return value;
}
// Without that around it.
inline std::string_view trim_ows(std::string_view value) {
  value = skip_ows(value);
  while (!value.empty() && is_ows(value.back())) value.remove_suffix(1);
  return value;
}

// "application/json" of "application/json; charset=utf-8" (RFC 9110 §8.3.1); as spelled, so compare
// without case. "" if there is none.
std::string_view media_type_of(std::string_view content_type);

// 1*DIGIT (RFC 9110 §10.2.3); more than 2^31 counts as 2^31 (RFC 9111 §1.2.2).
std::optional<std::int64_t> parse_delta_seconds(std::string_view value);

// Seconds since 1970 of an HTTP-date (RFC 9110 §5.6.7) in any of its three forms: IMF-fixdate, RFC
// 850 and asctime. `reference` (seconds since 1970) settles the two-digit year of the second: a
// date more than 50 years after it lies in the past. The name of the day is not checked against the
// date.
std::optional<std::int64_t> parse_http_date(std::string_view value, std::int64_t reference);

struct RetryAfter {
  enum class Form : std::uint8_t { malformed, seconds, date };
  Form form = Form::malformed;
  std::int64_t seconds = 0;  // of a date: from `reference` to it, at least 0
};

// The value of Retry-After (RFC 9110 §10.2.3). `reference`: when the response was made, in seconds
// since 1970.
RetryAfter parse_retry_after(std::string_view value, std::int64_t reference);

}  // namespace mpsdscope
