// JSON text laid out for reading.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mpsdscope {

// An object or array, one member a line, indented; printable. The text may be cut anywhere, and
// what is no JSON (RFC 8259) in it stays as it is: nothing is left out but whitespace between
// tokens. At most `most` lines; the last one then says so. Any other text: its lines as they are.
std::vector<std::string> json_lines(std::string_view text, std::size_t most);

}  // namespace mpsdscope
