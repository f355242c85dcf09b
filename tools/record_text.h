// The parts of an exchange's record as a person reads them, each in one line: printable
// (tools/escape.h) and cut to fit.
#pragma once

#include <cstddef>
#include <string>

#include "tools/paint.h"
#include "tools/record.h"

namespace mpsdscope {

// Its name, else "0A6D2730"; "unknown", "-" where there can be none.
std::string title_text(const Record& record);
// XUID, "#<user hash>" or "-"; its end if it is wider.
std::string user_text(const Record& record, std::size_t width);
std::string method_text(const Record& record, std::size_t width);
// What it addresses: kind and names, the least telling part left out first, then cut in the middle.
std::string target_text(const Record& record, std::size_t width);
std::string status_text(const Record& record);
// `alone`: without a column that says the status, which ids of rows begin with.
std::string row_text(const Record& record, bool alone);
// "12.3 ms", "-"
std::string elapsed_text(const Record& record);
// "limit 30 in 15 s (Rate), 31 counted by the service"
std::string limit_text(const ThrottleLimit& limit);
// "after 08:11:39.123 (conn 4, stream 1)": the exchanges of a finding before the one that it stands
// with; "" of none.
std::string basis_text(const Finding& finding);
// "Retry-After honoured: …"; "" of a request that came too early, which a violation tells of, and
// of open waits.
std::string conduct_text(const Record& record);

// By class of row.
Style style_of_row(const Record& record);

}  // namespace mpsdscope
