// ASCII in texts of protocols, whatever the locale: case, digits, percent-encoding. Bytes above
// 0x7F are no letters.
#pragma once

#include <string>
#include <string_view>

namespace mpsdscope {

constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
std::string lower_case(std::string_view text);

bool same_but_for_case(std::string_view a, std::string_view b);  // of equal length
// Of field names, media types, hosts. Most that differ do so in length or at once.
inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         (a.empty() || (to_lower(a[0]) == to_lower(b[0]) && same_but_for_case(a, b)));
}
inline bool begins_ignoring_case(std::string_view text, std::string_view prefix) {
  return equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

// Not a function, so that algorithms do not call it through a pointer.
inline constexpr auto is_digit = [](char c) { return c >= '0' && c <= '9'; };

// Is it one digit or more, and nothing else?
bool all_digits(std::string_view text);

// Of a hexadecimal digit; -1: it is none.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char small = to_lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// RFC 3986 §2.1. An invalid escape stays as it is. `out` is overwritten.
void percent_decode_into(std::string& out, std::string_view text);
std::string percent_decode(std::string_view text);
// The same of application/x-www-form-urlencoded, as queries are: '+' is a space.
std::string form_decode(std::string_view text);

}  // namespace mpsdscope
