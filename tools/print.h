// Text that is printed as a whole: help, listings.
#pragma once

#include <string_view>

#include "tools/options.h"

namespace mpsdscope {

// Exit code: kClean, or kFailed when it could not be written (said so, except for a closed pipe).
int print_to_stdout(std::string_view text);
// Help to standard output; what is wrong with a command line to standard error.
int print_words(const Words& words);

}  // namespace mpsdscope
