// Times as people and logs write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "decode/time.h"

namespace mpsdscope {

// RFC 3339 §5.6: "2026-11-23T08:11:39.123456Z", "2026-11-23t08:11:39+01:00"; also with a space for
// the T. Digits beyond nanoseconds are dropped, a leap second is the next one's beginning. nullopt
// for anything else, and for years that 64 bits of nanoseconds do not reach.
std::optional<CaptureTime> parse_rfc3339(std::string_view text);

// A moment as a person names one, in UTC: RFC 3339, also without offset, seconds or time of day
// ("2026-11-23 08:11", "2026-11-23"); "08:11" or "08:11:39", the last time before `now` that it
// was; "10m", "90s", "2h", "1d": that long before `now`.
std::optional<CaptureTime> parse_when(std::string_view text, CaptureTime now);

// Eight hexadecimal digits, in any case.
std::optional<std::uint32_t> parse_hex_title_id(std::string_view text);

}  // namespace mpsdscope
