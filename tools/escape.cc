#include "tools/escape.h"

#include <cstdint>

#include "decode/byte_find.h"
#include "tools/byte_scan.h"
#include "tools/text_width.h"
#include "tools/utf8.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_hex(std::string& out, std::uint32_t value, int digits) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += kHex[value >> shift & 0xFu];
}

// Length of the run from `at` that JSON takes as it is.
std::size_t plain_run(std::string_view text, std::size_t at) {
  return find_end<NeedsJsonEscape>(text, at) - at;
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
