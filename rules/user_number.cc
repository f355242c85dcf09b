#include "rules/user_number.h"

#include <charconv>

namespace mpsdscope {

std::optional<std::uint64_t> decimal_in(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || text.front() == '0') return std::nullopt;
  return value;
}

}  // namespace mpsdscope
