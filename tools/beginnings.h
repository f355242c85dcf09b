// Which of a few words may begin at a place of a text, by the two characters there: as a rule none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mpsdscope {

// A bit stands for a word, which begins with one of a set of characters and goes on with one of
// another. Letters are added in lower case and found in both.
class Beginnings {
 public:
  static constexpr std::size_t kMost = 16;  // words
  using Bits = std::uint16_t;

  constexpr void add(std::size_t word, char one, char other) {
    const auto bit = static_cast<Bits>(1U << word);
    for (const char c : {one, upper_case(one)}) first_[index(c)] |= bit;
    for (const char c : {other, upper_case(other)}) second_[index(c)] |= bit;
  }

  // Of words of two characters or more, numbered as they stand in the list.
  template <std::size_t N>
  static constexpr Beginnings of(const std::array<std::string_view, N>& words) {
    static_assert(N <= kMost);
    Beginnings all;
    for (std::size_t i = 0; i < N; ++i) all.add(i, words[i][0], words[i][1]);
    return all;
  }

  // The text has two characters at `at`.
  Bits at(std::string_view text, std::size_t at) const {
    return first_[index(text[at])] & second_[index(text[at + 1])];
  }

 private:
  static constexpr std::size_t index(char c) { return static_cast<unsigned char>(c); }
  static constexpr char upper_case(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  }

  std::array<Bits, 256> first_{}, second_{};
};

}  // namespace mpsdscope
