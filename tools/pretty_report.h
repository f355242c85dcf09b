// The end of a run for people: per-title tables, violations, what was lost and what to do about it.
#pragma once

#include <string>

#include "tools/output.h"
#include "tools/pretty_line.h"

namespace mpsdscope {

void append_report(std::string& out, const PrettyOptions& options, const RunSummary& summary);

}  // namespace mpsdscope
