// The keys of the screen, in one table: for the help on it and for `--help`.
#pragma once

#include <string>
#include <vector>

#include "tools/screen/text_lines.h"

namespace mpsdscope {

// As wide as that.
std::vector<TextLine> screen_help_lines(std::size_t width);
// The keys in a paragraph.
std::string screen_keys_text();

}  // namespace mpsdscope
