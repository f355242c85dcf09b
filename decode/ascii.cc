#include "decode/ascii.h"

#include <algorithm>
#include <cstddef>

#include "decode/words.h"

namespace mpsdscope {

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}

bool same_but_for_case(std::string_view a, std::string_view b) {
  if (a.size() < kWord / 2) {
    return std::equal(a.begin(), a.end(), b.begin(),
                      [](char x, char y) { return to_lower(x) == to_lower(y); });
  }
  if (a.size() < kWord) return lower_word(two_halves(a)) == lower_word(two_halves(b));
  // The last word overlaps the one before. Most are spelled the same.
  const auto same_at = [a, b](std::size_t at) {
    const std::uint64_t x = word_at(a, at), y = word_at(b, at);
    return x == y || lower_word(x) == lower_word(y);
  };
  for (std::size_t at = 0; at + kWord < a.size(); at += kWord) {
    if (!same_at(at)) return false;
  }
  return same_at(a.size() - kWord);
}

bool all_digits(std::string_view text) {
  if (text.size() < kWord) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
  }
  for (std::size_t at = 0; at + kWord < text.size(); at += kWord) {
    if (!are_digits(word_at(text, at))) return false;
  }
  return are_digits(word_at(text, text.size() - kWord));
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
