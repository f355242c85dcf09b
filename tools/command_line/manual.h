// The parts of the manual pages that are made of what the program knows, in the language of man(7).
#pragma once

#include <string>
#include <string_view>

#include "tools/command_line/command_facts.h"

namespace mpsdscope {

// "commands", "options", "filters" of mpsdscope(1); "thresholds", "limits", "severities" of
// mpsdscope-config(5). "" for any other name.
std::string manual_part(const CommandFacts& program, std::string_view name);

// Text of a help in man(7): what roff would take for its own is escaped, `words` in backticks are
// bold.
std::string roff_text(std::string_view text);

}  // namespace mpsdscope
