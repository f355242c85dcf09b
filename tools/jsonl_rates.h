// Counts and rates in the records of the log.
#pragma once

#include <array>
#include <cstdint>

#include "rules/rates.h"
#include "tools/json_writer.h"

namespace mpsdscope {

void write_severities(JsonWriter& json, const std::array<std::uint64_t, 4>& counts);
void write_rows(JsonWriter& json, const std::array<std::uint64_t, kRowCount>& by_row);
// How waits ended, if any did.
void write_conducts(JsonWriter& json, const ConductCounts& counts);
// The fields of a rates record.
void write_rates(JsonWriter& json, CaptureTime at, const TitleRates& title);

}  // namespace mpsdscope
