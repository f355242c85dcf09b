// What can stand at the end of a command line that is being typed.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tools/command_line/command_facts.h"

namespace mpsdscope {

// `words` are those behind the program's name; the last one is being typed and may be "". The first
// line of the answer says of what kind it is; a candidate stands in place of the whole word, behind
// a tab may be what it means:
//   words            the following lines are candidates
//   files BEGIN      any file; BEGIN is what stands before its name in the word ("--out=", or "")
//   directories BEGIN
// A candidate that ends with '=' or ':' is to be gone on with.
std::string completions(const CommandFacts& program, std::span<const std::string_view> words);

// A script for "bash", "zsh" or "fish", to be sourced, that asks the program so.
std::string_view completion_script(std::string_view shell);

}  // namespace mpsdscope
