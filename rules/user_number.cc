#include "rules/user_number.h"

#include <cstddef>
#include <limits>

#include "decode/ascii.h"

namespace mpsdscope {

std::optional<std::uint64_t> decimal_in(std::string_view text) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint64_t>::digits10;
  if (text.empty() || text.size() > kMost || text.front() == '0') return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

}  // namespace mpsdscope
