// Per title and its users: responses by row, and how the 429 rate stands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/output.h"
#include "tools/pretty_line.h"

namespace mpsdscope {

// A title for a person, with its name if it has one; a user beneath it, indented.
std::string rated_title(const TitleRates& title);
std::string rated_user(std::string_view user);

void append_rate_tables(std::string& out, const PrettyOptions& options, const RunSummary& summary);

// "3 of 7 (42.9 %)"; "~" before what is approximate.
std::string window_text(const WindowRate& window, bool exact);

}  // namespace mpsdscope
