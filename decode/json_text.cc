#include "decode/json_text.h"

#include <algorithm>
#include <charconv>

#include "decode/ascii.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kSpace = " \t\n\r";
constexpr std::size_t kSafeNumber = 15;  // characters; any such number fits

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// The end of the string whose opening quote is at `at`, after its closing quote if it has one.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at < text.size() ? at + 1 : text.size();
}

// The UTF-16 code unit of the escape \uXXXX at `at`; nullopt for anything else.
std::optional<std::uint16_t> escaped_unit(std::string_view text, std::size_t at) {
  constexpr std::size_t kLength = 6;
  if (at + kLength > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  std::uint16_t unit = 0;
  const char* end = text.data() + at + kLength;
  const auto [stop, error] = std::from_chars(end - 4, end, unit, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return unit;
}

bool is_high_surrogate(std::uint16_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}

bool is_low_surrogate(std::uint16_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

bool is_safe_number(std::string_view token) {
  return token.size() <= kSafeNumber && token.find_first_of("eE") == std::string_view::npos;
}

}  // namespace

std::string_view trim_json(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool is_json_number(std::string_view token) {
  std::size_t at = !token.empty() && token[0] == '-' ? 1 : 0;
  const std::size_t integer = at;
  at = skip_digits(token, at);
  if (at == integer || (token[integer] == '0' && at > integer + 1)) return false;
  if (at < token.size() && token[at] == '.') {
    const std::size_t fraction = at + 1;
    at = skip_digits(token, fraction);
    if (at == fraction) return false;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    const std::size_t exponent = at;
    at = skip_digits(token, exponent);
    if (at == exponent) return false;
  }
  return at == token.size();
}

std::string shorten_json_numbers(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    if (text[at] == '"') {
      end = skip_string(text, at);
    } else if (text[at] == '-' || is_digit(text[at])) {
      end = std::min(text.find_first_not_of("0123456789+-.eE", at), text.size());
      const std::string_view token = text.substr(at, end - at);
      if (!is_safe_number(token) && is_json_number(token)) {
        out += '0';
        at = end;
        continue;
      }
    }
    out.append(text, at, end - at);
    at = end;
  }
  return out;
}

std::string replace_lone_surrogates(std::string text) {
  constexpr std::string_view kReplacement = "\\ufffd";
  // Valid JSON has backslashes only in strings, where each begins an escape.
  for (std::size_t at = text.find('\\'); at != std::string::npos; at = text.find('\\', at)) {
    const std::optional<std::uint16_t> unit = escaped_unit(text, at);
    if (!unit) {
      at += 2;
    } else if (is_high_surrogate(*unit) &&
               is_low_surrogate(escaped_unit(text, at + kReplacement.size()).value_or(0))) {
      at += 2 * kReplacement.size();
    } else {
      if (is_high_surrogate(*unit) || is_low_surrogate(*unit)) {
        text.replace(at, kReplacement.size(), kReplacement);
      }
      at += kReplacement.size();
    }
  }
  return text;
}

std::optional<std::int64_t> member_index(std::string_view key) {
  if (key.empty() || !is_digit(key[0]) || (key[0] == '0' && key.size() > 1)) return std::nullopt;
  std::int64_t index = 0;
  const char* end = key.data() + key.size();
  const auto [stop, error] = std::from_chars(key.data(), end, index);
  if (error != std::errc() || stop != end) return std::nullopt;
  return index;
}

}  // namespace mpsdscope
