// Small pieces of text that the pretty reports are made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/pretty_line.h"

namespace mpsdscope {

// "1,234,567"
std::string thousands(std::uint64_t number);
// "1 call", "2,345 calls"
std::string counted(std::uint64_t count, std::string_view noun);
// "1 gap in TCP streams", "2 gaps in TCP streams": of words in the plural, whose first is made
// singular.
std::string counted_words(std::uint64_t count, std::string_view words);
// "a, b, c"
std::string joined(const std::vector<std::string>& texts);
// "12.5 %", "-" of nothing
std::string share(std::uint64_t part, std::uint64_t whole);

// An empty line, then the heading.
void append_heading(std::string& out, const PrettyOptions& options, std::string_view text);
// Text in lines of the width, each indented. Without wrapping: one line.
void append_paragraph(std::string& out, const PrettyOptions& options, std::size_t indent,
                      Style style, std::string_view text);

}  // namespace mpsdscope
