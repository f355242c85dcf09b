// Messages for the person at the keyboard, on standard error, apart from the data.
#pragma once

#include <cstdint>
#include <string_view>

namespace mpsdscope {

enum class Loudness : std::uint8_t { quiet, normal, verbose };

// quiet: errors only; verbose: details as well.
void set_up_diagnostics(Loudness loudness, bool colour);

// A message of one line; what is not printable in it is escaped. Thread-safe.
void report_error(std::string_view message);
void report_warning(std::string_view message);
void report_note(std::string_view message);
void report_detail(std::string_view message);

}  // namespace mpsdscope
