// What --help prints.
#pragma once

#include <cstddef>
#include <string>

#include "tools/command_line/command_facts.h"

namespace mpsdscope {

// `path` is the command as it is typed: "mpsdscope ca make". Lines of at most `width` columns.
std::string help_text(const CommandFacts& command, const std::string& path, std::size_t width);

// "[OPTIONS] FILE...": what follows the command's name.
std::string usage_of(const CommandFacts& command);

}  // namespace mpsdscope
