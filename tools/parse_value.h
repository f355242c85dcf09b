// Values of command line options.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mpsdscope {

// "4096", "64K", "4M", "1GiB": powers of 1024; nullopt for anything else or over 2^63.
std::optional<std::uint64_t> parse_size(std::string_view text);

// "90", "90s", "15m", "1h", "1d": seconds; nullopt for anything else, 0 or over ten years.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

// Names that a person may have meant by `name`: a few typing errors away, or holding it; nearest
// first, three at most.
std::vector<std::string_view> near_matches(std::string_view name,
                                           std::span<const std::string_view> known);

// "unknown rule 'x'", with "; did you mean 'y' or 'z'?" if there are near matches.
std::string unknown_name(std::string_view kind, std::string_view name,
                         std::span<const std::string_view> known);

}  // namespace mpsdscope
