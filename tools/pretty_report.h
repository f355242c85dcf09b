// The end of a run for people: per-title tables, violations, what was lost and what to do about it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/output.h"
#include "tools/pretty_line.h"

namespace mpsdscope {

void append_report(std::string& out, const PrettyOptions& options, const RunSummary& summary);

// While live: a line per title that was throttled within the last 300 s.
void append_throttled_titles(std::string& out, const PrettyOptions& options, CaptureTime at,
                             const std::vector<TitleRates>& rates);

// What a user can do about connections that could not be read.
std::string_view advice_for(TlsFailure failure);

// "1 call", "2,345 calls": with thousands separated, and the plural's s.
std::string counted(std::uint64_t count, std::string_view noun);

}  // namespace mpsdscope
