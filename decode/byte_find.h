// Finds bytes that end something, many at a time: most bytes of a head are neither such nor in need
// of a second look. `Ends` takes a char, or 16 of them as an __m128i and returns 0xFF for each that
// it is true for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace mpsdscope {

#ifdef __SSE2__
// A bit for each of the 16 bytes at `text`.
template <class Ends>
std::uint64_t ends_in_block(const char* text, Ends ends) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  return static_cast<std::uint64_t>(_mm_movemask_epi8(ends(bytes)));
}
#endif

// Where, from `from` on, the first byte is that `ends` is true for; the text's size if there is
// none.
template <class Ends>
std::size_t find_end(std::string_view text, std::size_t from, Ends ends) {
  std::size_t at = from;
#ifdef __SSE2__
  constexpr std::size_t kBlock = sizeof(__m128i);
  for (; at + kBlock <= text.size(); at += kBlock) {
    const std::uint64_t found = ends_in_block(text.data() + at, ends);
    if (found != 0) return at + static_cast<std::size_t>(__builtin_ctzll(found));
  }
#endif
  while (at < text.size() && !ends(text[at])) ++at;
  return at;
}

// All bytes of a text that `Ends` is true for, one after the other. The text outlives it.
template <class Ends>
class EachEnd {
 public:
  explicit EachEnd(std::string_view text) : text_(text) { found_ = look(); }

  // Where the next one is; the text's size if there is none.
  std::size_t next() {
    while (found_ == 0) {
      begin_ += kBits;
      if (begin_ >= text_.size()) return text_.size();
      found_ = look();
    }
    const std::size_t at = begin_ + static_cast<std::size_t>(__builtin_ctzll(found_));
    found_ &= found_ - 1;
    return at;
  }

 private:
  static constexpr std::size_t kBits = 64;

  // A bit for each of the next 64 bytes.
  std::uint64_t look() const {
    const char* const at = text_.data() + begin_;
    const std::size_t size = text_.size() - begin_;
#ifdef __SSE2__
    if (size >= kBits) {
      return ends_in_block(at, Ends()) | ends_in_block(at + 16, Ends()) << 16 |
             ends_in_block(at + 32, Ends()) << 32 | ends_in_block(at + 48, Ends()) << 48;
    }
#endif
    return look_at_last(at, size);
  }
  // Of fewer than 64.
  std::uint64_t look_at_last(const char* text, std::size_t size) const {
    std::uint64_t found = 0;
    std::size_t at = 0;
#ifdef __SSE2__
    constexpr std::size_t kBlock = sizeof(__m128i);
    for (; at + kBlock <= size; at += kBlock) found |= ends_in_block(text + at, Ends()) << at;
    if (at < size && text_.size() >= kBlock) {  // the last block overlaps what is before it
      return found | ends_in_block(text + size - kBlock, Ends()) >> (kBlock - (size - at)) << at;
    }
#endif
    for (; at < std::min(size, kBits); ++at) found |= std::uint64_t{Ends()(text[at])} << at;
    return found;
  }

  std::string_view text_;
  std::size_t begin_ = 0;    // of the 64 bytes
  std::uint64_t found_ = 0;  // of them, those that next() did not tell yet
};

}  // namespace mpsdscope
