#include "decode/ascii.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace mpsdscope {

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}

bool same_but_for_case(std::string_view a, std::string_view b) {
  // Most are spelled the same.
  return a == b || std::equal(a.begin(), a.end(), b.begin(), b.end(),
                              [](char x, char y) { return to_lower(x) == to_lower(y); });
}

bool all_digits(std::string_view text) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (text.size() < kWord) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
  }
  const auto digits_at = [text](std::size_t at) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    return are_digits(word);
  };
  for (std::size_t at = 0; at + kWord < text.size(); at += kWord) {
    if (!digits_at(at)) return false;
  }
  return digits_at(text.size() - kWord);
}

void percent_decode_into(std::string& out, std::string_view text) {
  if (text.find('%') == std::string_view::npos) {
    out.assign(text);
    return;
  }
  out.clear();
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && text.size() - i > 2) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
}

std::string percent_decode(std::string_view text) {
  std::string out;
  percent_decode_into(out, text);
  return out;
}

std::string form_decode(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decode(spaced);
}

}  // namespace mpsdscope
