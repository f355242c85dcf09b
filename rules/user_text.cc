#include "rules/user_text.h"

#include <bit>
#include <cstddef>
#include <limits>

#include "decode/ascii.h"
#include "decode/words.h"

namespace mpsdscope {
namespace {

// Eight digits at once: pairs, then fours, then all of them, the first ones times 10, 100, 10,000.
std::optional<std::uint64_t> eight_digits(std::string_view text) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word = word_at(text, 0);
  if (!are_digits(word)) return std::nullopt;
  word = (word & (0x0F * kEachByte)) * (1 + (10U << 8)) >> 8;
  word = (word & 0x00FF00FF00FF00FFU) * (1 + (100U << 16)) >> 16;
  return (word & 0x0000FFFF0000FFFFU) * (1 + (std::uint64_t{10'000} << 32)) >> 32;
}

}  // namespace

std::optional<std::uint64_t> decimal_in(std::string_view text) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint64_t>::digits10;
  if (text.empty() || text.size() > kMost || text.front() == '0') return std::nullopt;
  std::uint64_t value = 0;
  for (; text.size() >= kWord; text.remove_prefix(kWord)) {
    const auto digits = eight_digits(text);
    if (!digits) return std::nullopt;
    value = value * 100'000'000 + *digits;
  }
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

}  // namespace mpsdscope
