// Per title and its users: how much of each limit was used.
#pragma once

#include <string>

#include "tools/output.h"
#include "tools/pretty_line.h"

namespace mpsdscope {

// Nothing if no call counted against a limit.
void append_limit_table(std::string& out, const PrettyOptions& options, const RunSummary& summary);

}  // namespace mpsdscope
