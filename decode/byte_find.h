// Finds the first byte of a text that ends something, 16 bytes at a time: most bytes of a head are
// neither that nor in need of a second look.
#pragma once

#include <cstddef>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace mpsdscope {

// Where, from `from` on, the first byte is that `ends` is true for; the text's size if there is
// none. `ends` takes a char, or 16 of them as an __m128i and returns 0xFF for each that it is true
// for.
template <class Ends>
std::size_t find_end(std::string_view text, std::size_t from, Ends ends) {
  std::size_t at = from;
#ifdef __SSE2__
  constexpr std::size_t kBlock = sizeof(__m128i);
  for (; at + kBlock <= text.size(); at += kBlock) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(ends(bytes)));
    if (found != 0) return at + static_cast<unsigned>(__builtin_ctz(found));
  }
#endif
  while (at < text.size() && !ends(text[at])) ++at;
  return at;
}

}  // namespace mpsdscope
