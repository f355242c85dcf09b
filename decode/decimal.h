// Numbers written in decimal, two digits at a time: the log has a dozen in every line.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace mpsdscope {

inline constexpr std::array<char, 200> kTwoDigits = [] {
  std::array<char, 200> digits{};
  for (std::size_t i = 0; i < 100; ++i) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

// Each returns the end of what it wrote. `value` is less than 100.
inline char* put_two_digits(char* to, std::uint64_t value) {
  std::memcpy(to, &kTwoDigits[2 * value], 2);
  return to + 2;
}

// Up to 20 digits, no leading zeros.
inline char* put_decimal(char* to, std::uint64_t value) {
  if (value >= 10'000) return std::to_chars(to, to + 20, value).ptr;
  if (value >= 100) {
    const std::uint64_t hundreds = value / 100;
    value -= 100 * hundreds;
    if (hundreds >= 10) {
      to = put_two_digits(to, hundreds);
    } else {
      *to++ = static_cast<char>('0' + hundreds);
    }
  } else if (value < 10) {
    *to = static_cast<char>('0' + value);
    return to + 1;
  }
  return put_two_digits(to, value);
}

}  // namespace mpsdscope
