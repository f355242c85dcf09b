// What a run comes to, in an exit code and in a sentence.
#pragma once

#include <string>

#include "tools/output.h"

namespace mpsdscope {

// exit_code::kViolations if there are any at `fail_on` or above (off: never), else kClean.
int exit_code_of(const RunSummary& summary, Severity fail_on);
// "128 multiplayer session calls: 9 errors, 0 warnings, 1 info"
std::string verdict_line(const RunSummary& summary);

}  // namespace mpsdscope
