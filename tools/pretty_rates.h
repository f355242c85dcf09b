// Per title and its users: responses by row, and how the 429 rate stands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/output.h"
#include "tools/pretty_line.h"

namespace mpsdscope {

// A title for a person, with its name if it has one; a user beneath it, indented.
std::string title_text(const TitleRates& title);
std::string rates_user_text(std::string_view user);

void append_rate_tables(std::string& out, const PrettyOptions& options, const RunSummary& summary);

// While live: a line per title that was throttled within the last 300 s.
void append_throttled_titles(std::string& out, const PrettyOptions& options, CaptureTime at,
                             const std::vector<TitleRates>& rates);

}  // namespace mpsdscope
