// UTF-8 (RFC 3629) read one code point at a time from bytes that may be anything.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mpsdscope {

struct CodePoint {
  char32_t value = 0;      // of an invalid byte: the byte itself
  std::size_t length = 1;  // bytes taken; 1 for an invalid byte
  bool valid = false;      // overlong forms, surrogates and values over U+10FFFF are not
};

// `at` must lie inside `text`.
CodePoint code_point_at(std::string_view text, std::size_t at);

// At most U+10FFFF; a surrogate gives bytes that are no UTF-8.
void append_utf8(std::string& out, char32_t code);

// Each byte that is not UTF-8 becomes U+FFFD, as in what append_json_string() writes.
void make_valid_utf8(std::string& text);

// The beginning of `text`, at most so many bytes of it, without a piece of a code point at its end.
std::string_view cut_utf8(std::string_view text, std::size_t most);

// Code points that change how a terminal or an editor shows what stands around them, without being
// seen: C0, DEL and C1 controls, bidirectional marks, overrides and isolates, line and paragraph
// separators, zero-width characters, tags, interlinear annotation.
bool is_invisible_control(char32_t code);

}  // namespace mpsdscope
