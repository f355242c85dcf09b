// What a run comes to, in an exit code and in a sentence.
#pragma once

#include <string>

#include "rules/engine.h"
#include "tools/output.h"

namespace mpsdscope {

// exit_code::kViolations if there are any at `fail_on` or above (off: never), else kClean.
// kFailed if nothing could be read; with `fail_on` also if no call was seen, but TLS of the service
// that could not be read: nothing was checked, so nothing is clean.
int exit_code_of(const RunSummary& summary, Severity fail_on, const RuleSettings& settings);
// "128 multiplayer session calls: 9 errors, 0 warnings, 1 info"
std::string verdict_line(const RunSummary& summary);
std::string verdict_line(std::uint64_t calls, const std::array<std::uint64_t, 4>& by_severity);

}  // namespace mpsdscope
