#include "tools/escape.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "tools/text_width.h"
#include "tools/utf8.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_hex(std::string& out, std::uint32_t value, int digits) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += kHex[value >> shift & 0xFu];
}

constexpr std::uint64_t repeated(std::uint8_t byte) {
  return 0x0101010101010101u * byte;
}
constexpr std::uint64_t kHighBits = repeated(0x80);

// High bit set in each byte of `word` that is zero (and perhaps in bytes above one that is).
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - repeated(1)) & ~word & kHighBits;
}

// True if all eight bytes are ASCII that JSON takes as it is.
bool plain_word(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  const std::uint64_t below_space = (word - repeated(0x20)) & ~word & kHighBits;
  return ((word & kHighBits) | below_space | zero_bytes(word ^ repeated('"')) |
          zero_bytes(word ^ repeated('\\')) | zero_bytes(word ^ repeated(0x7F))) == 0;
}

bool plain_byte(unsigned char byte) {
  return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
}

// Length of the run from `at` that needs no escape.
std::size_t plain_run(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (text.size() - end >= 8 && plain_word(text.data() + end)) end += 8;
  while (end < text.size() && plain_byte(static_cast<unsigned char>(text[end]))) ++end;
  return end - at;
}

void append_json_unit(std::string& out, std::uint32_t unit) {
  out += "\\u";
  append_hex(out, unit, 4);
}

void append_json_code_point(std::string& out, std::string_view bytes, char32_t code) {
  switch (code) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (!is_invisible_control(code)) {
    out += bytes;
  } else if (code < 0x10000) {
    append_json_unit(out, code);
  } else {
    append_json_unit(out, 0xD800 + ((code - 0x10000) >> 10));
    append_json_unit(out, 0xDC00 + ((code - 0x10000) & 0x3FF));
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t run = plain_run(text, at); run > 0) {
      out.append(text, at, run);
      at += run;
      continue;
    }
    const CodePoint code = code_point_at(text, at);
    if (code.valid) {
      append_json_code_point(out, text.substr(at, code.length), code.value);
    } else {
      out += "\xEF\xBF\xBD";  // U+FFFD
    }
    at += code.length;
  }
  out += '"';
}

void append_printable(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t run = plain_run(text, at); run > 0) {
      out.append(text, at, run);
      at += run;
      continue;
    }
    const CodePoint code = code_point_at(text, at);
    if (!code.valid) {
      out += "\\x";
      append_hex(out, code.value, 2);
    } else if (code.value == '\n') {
      out += "\\n";
    } else if (code.value == '\r') {
      out += "\\r";
    } else if (code.value == '\t') {
      out += "\\t";
    } else if (code.value == '\\') {
      out += "\\\\";
    } else if (is_invisible_control(code.value) || columns_of(code.value) < 1) {
      out += "\\u{";
      append_hex(out, code.value, code.value > 0xFFFF ? 6 : 4);
      out += '}';
    } else {
      out.append(text, at, code.length);
    }
    at += code.length;
  }
}

std::string printable(std::string_view text) {
  std::string out;
  append_printable(out, text);
  return out;
}

}  // namespace mpsdscope
