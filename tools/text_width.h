// How wide text is on a terminal, and text made to fit. Texts are printable UTF-8 (tools/escape.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mpsdscope {

// Columns of a character as wcwidth(3) says in UTF-8: 2 for wide ones, 0 for combining marks, -1
// for what cannot be printed.
int columns_of(char32_t code);
std::size_t columns_of(std::string_view text);

// At most `width` columns; what is cut away is shown by "…". A wide character that does not fit
// leaves its column empty.
std::string cut_end(std::string_view text, std::size_t width);
std::string cut_middle(std::string_view text, std::size_t width);
std::string cut_begin(std::string_view text, std::size_t width);

// Appends text and fills up with spaces to `width` columns; text that is wider is not cut.
void append_left(std::string& out, std::string_view text, std::size_t width);
void append_right(std::string& out, std::string_view text, std::size_t width);

// Lines of at most `width` columns, broken at spaces where there are any. width 0: no breaking.
std::vector<std::string> wrap_words(std::string_view text, std::size_t width);

}  // namespace mpsdscope
