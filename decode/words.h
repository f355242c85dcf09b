// Texts eight bytes at a time: a word holds eight characters as they are in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mpsdscope {

inline constexpr std::size_t kWord = sizeof(std::uint64_t);
inline constexpr std::uint64_t kEachByte = 0x0101010101010101U;

// The word at `at`; the text has eight bytes there.
inline std::uint64_t word_at(std::string_view text, std::size_t at) {
  std::uint64_t word = 0;
  std::memcpy(&word, text.data() + at, kWord);
  return word;
}

// All of a text of four to eight bytes: its first four and its last four.
inline std::uint64_t two_halves(std::string_view text) {
  std::uint32_t first = 0, last = 0;
  std::memcpy(&first, text.data(), sizeof first);
  std::memcpy(&last, text.data() + text.size() - sizeof last, sizeof last);
  return first | std::uint64_t{last} << 32;
}

// Sets bit 5 of the letters from A to Z.
constexpr std::uint64_t lower_word(std::uint64_t word) {
  const std::uint64_t seven = word & (0x7F * kEachByte);
  const std::uint64_t from_a = seven + (0x80 - 'A') * kEachByte;
  const std::uint64_t past_z = seven + (0x7F - 'Z') * kEachByte;
  const std::uint64_t letters = ((from_a ^ past_z) & ~word) & (0x80 * kEachByte);
  return word | letters >> 2;
}

// Are all eight digits?
constexpr bool are_digits(std::uint64_t word) {
  // '0' to '9' are 0x30 to 0x39, and 0x36 to 0x3F with 6 more.
  const auto begin_with_3 = [](std::uint64_t bytes) {
    return (bytes & (0xF0 * kEachByte)) == 0x30 * kEachByte;
  };
  return begin_with_3(word) && begin_with_3(word + 0x06 * kEachByte);
}

}  // namespace mpsdscope
