#include "tools/utf8.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mpsdscope {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Unicode categories Cc, Cf, Zl and Zp, as far as they act on their surroundings.
constexpr std::array<Range, 13> kInvisible{{
    {0x00, 0x1F},
    {0x7F, 0x9F},
    {0xAD, 0xAD},      // soft hyphen
    {0x61C, 0x61C},    // Arabic letter mark
    {0x180E, 0x180E},  // Mongolian vowel separator
    {0x200B, 0x200F},  // zero-width characters, left-to-right and right-to-left mark
    {0x2028, 0x202E},  // separators, embeddings, overrides
    {0x2060, 0x206F},  // word joiner, isolates, deprecated format characters
    {0xFE00, 0xFE0F},  // variation selectors
    {0xFEFF, 0xFEFF},  // byte order mark
    {0xFFF9, 0xFFFB},  // interlinear annotation
    {0x1D173, 0x1D17A},
    {0xE0000, 0xE0FFF},  // tags, further variation selectors
}};

}  // namespace

CodePoint code_point_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return {first, 1, true};
  const CodePoint invalid{first, 1, false};
  const std::size_t length = first < 0xC2   ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length == 0 || text.size() - at < length) return invalid;
  char32_t value = first & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned char next = byte(at + i);
    if ((next & 0xC0u) != 0x80) return invalid;
    value = value << 6 | (next & 0x3Fu);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kSmallest[length] || surrogate || value > 0x10FFFF) return invalid;
  return {value, length, true};
}

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

void make_valid_utf8(std::string& text) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return;
  std::string valid;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint code = code_point_at(text, at);
    code.valid ? valid.append(text, at, code.length) : valid.append("\xEF\xBF\xBD");
    at += code.length;
  }
  text = std::move(valid);
}

std::string_view cut_utf8(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  constexpr std::size_t kLongest = 4;
  const auto goes_on = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80;
  };
  std::size_t end = most;
  while (end > 0 && most - end < kLongest && goes_on(end)) --end;
  return text.substr(0, goes_on(end) ? most : end);
}

bool is_invisible_control(char32_t code) {
  for (const Range& range : kInvisible) {
    if (code < range.first) return false;
    if (code <= range.last) return true;
  }
  return false;
}

}  // namespace mpsdscope
