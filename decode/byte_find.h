// Finds bytes that end something, many at a time: most bytes of a head are neither such nor in need
// of a second look. `Ends`, which has no state, takes a block of bytes and is -1 for each that is
// such an end, else 0.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "decode/byte_block.h"

namespace mpsdscope {

// What a bit each of a word stands for.
inline constexpr std::size_t kWindow = 64;

// A bit for each of the `Size` bytes at `text`, whole blocks, that is such an end.
template <std::size_t Size, class Ends>
std::uint64_t ends_in(const char* text, Ends ends) {
  static_assert(Size % kBlock == 0 && Size <= kWindow);
  std::uint64_t found = 0;
  for (std::size_t at = 0; at < Size; at += kBlock) {
    found |= bits_of(ends(block_at(text + at))) << at;
  }
  return found;
}

// A bit for each of the 64 bytes from `at` on of a text that has 64 or more, or of those that there
// are. The last ones are looked at with some before them, so that they are as many as all others.
template <class Ends>
[[gnu::always_inline]] inline std::uint64_t ends_at(std::string_view text, std::size_t at,
                                                    Ends ends) {
  const std::size_t from = std::min(at, text.size() - kWindow);
  return ends_in<kWindow>(text.data() + from, ends) >> (at - from);
}
// The same of a text that has fewer.
template <class Ends>
[[gnu::noinline]] std::uint64_t ends_of_short(std::string_view text, std::size_t at, Ends ends) {
  std::array<char, kWindow> whole{};
  std::copy(text.begin(), text.end(), whole.begin());
  const std::uint64_t within = (std::uint64_t{1} << text.size()) - 1;
  return (ends_in<kWindow>(whole.data(), ends) & within) >> at;
}

// All such ends of a text from `from` on, one after the other. The text outlives it.
template <class Ends>
class EachEnd {
 public:
  explicit EachEnd(std::string_view text, std::size_t from = 0) : text_(text), begin_(from) {
    if (from < text.size()) look();
  }

  // Where the next one is; the text's size if there is none.
  std::size_t next() {
    while (found_ == 0) {
      begin_ += kWindow;
      if (begin_ >= text_.size()) return text_.size();
      look();
    }
    const std::size_t at = begin_ + static_cast<std::size_t>(__builtin_ctzll(found_));
    found_ &= found_ - 1;
    return at;
  }

 private:
  void look() {
    found_ = text_.size() < kWindow ? ends_of_short(text_, begin_, Ends())
                                    : ends_at(text_, begin_, Ends());
  }

  std::string_view text_;
  std::size_t begin_;        // of the window
  std::uint64_t found_ = 0;  // in it, those that next() did not tell yet
};

// Where, from `from` on, the first such end is; the text's size if there is none.
template <class Ends>
std::size_t find_end(std::string_view text, std::size_t from) {
  return EachEnd<Ends>(text, from).next();
}

}  // namespace mpsdscope
