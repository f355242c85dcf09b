// How a title waited when told to, for a person.
#pragma once

#include <string>

#include "rules/title/conduct.h"
#include "tools/pretty_line.h"

namespace mpsdscope {

// A remark beneath the request that came in time. Nothing of a request that came too early, which a
// violation tells of, and of waits that are open.
void append_conduct(std::string& out, const PrettyOptions& options, const Conduct& conduct);

}  // namespace mpsdscope
