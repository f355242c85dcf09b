#include "tools/parse_value.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>

#include "decode/ascii.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMaxSuggestions = 3;
constexpr std::size_t kLongestName = 64;  // longer ones are no typing errors

// Levenshtein distance: insertions, deletions and replacements.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  const std::string unit = lower_case(text.substr(static_cast<std::size_t>(end - text.data())));
  int shift = 0;
  if (unit == "k" || unit == "kb" || unit == "kib") {
    shift = 10;
  } else if (unit == "m" || unit == "mb" || unit == "mib") {
    shift = 20;
  } else if (unit == "g" || unit == "gb" || unit == "gib") {
    shift = 30;
  } else if (!unit.empty() && unit != "b") {
    return std::nullopt;
  }
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value > kMost >> shift) return std::nullopt;
  return value << shift;
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::uint64_t kMost = std::uint64_t{10} * 365 * 86'400;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const std::uint64_t scale = unit.empty() || unit == "s" ? 1
                              : unit == "m"               ? 60
                              : unit == "h"               ? 3'600
                              : unit == "d"               ? 86'400
                                                          : 0;
  if (error != std::errc() || scale == 0 || value == 0 || value > kMost / scale) {
    return std::nullopt;
  }
  return std::chrono::seconds(value * scale);
}

std::vector<std::string_view> near_matches(std::string_view name,
                                           std::span<const std::string_view> known) {
  if (name.empty() || name.size() > kLongestName) return {};
  const std::string small = lower_case(name);
  std::vector<std::pair<std::size_t, std::string_view>> found;
  for (const std::string_view candidate : known) {
    const std::string other = lower_case(candidate);
    const std::size_t distance = edit_distance(small, other);
    const bool holds = small.size() >= 3 && other.find(small) != std::string::npos;
    if (holds || distance <= std::max<std::size_t>(1, std::min(small.size(), other.size()) / 3)) {
      found.emplace_back(holds ? std::min<std::size_t>(distance, 1) : distance, candidate);
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < found.size() && i < kMaxSuggestions; ++i) {
    names.push_back(found[i].second);
  }
  return names;
}

std::string unknown_name(std::string_view kind, std::string_view name,
                         std::span<const std::string_view> known) {
  std::string text = "unknown " + std::string(kind) + " '" + std::string(name) + "'";
  const std::vector<std::string_view> near = near_matches(name, known);
  for (std::size_t i = 0; i < near.size(); ++i) {
    text += i == 0 ? "; did you mean " : i + 1 == near.size() ? " or " : ", ";
    text += "'" + std::string(near[i]) + "'";
  }
  if (!near.empty()) text += "?";
  return text;
}

}  // namespace mpsdscope
