// Looks for bytes that need care in texts of the traffic: most have none, and every exchange's come
// by here.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace mpsdscope {

// What JSON does not take as it is, and all that is not ASCII.
struct NeedsJsonEscape {
  bool operator()(char c) const {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte >= 0x7F || byte == '"' || byte == '\\';
  }
#ifdef __SSE2__
  __m128i operator()(__m128i bytes) const {
    // Signed: bytes from 0x80 on are less than a space too.
    const __m128i controls = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    const __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                       _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    return _mm_or_si128(_mm_or_si128(controls, marks), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)));
  }
#endif
};

template <char... kMarks>
struct IsOneOf {
  bool operator()(char c) const { return ((c == kMarks) || ...); }
#ifdef __SSE2__
  __m128i operator()(__m128i bytes) const {
    __m128i found = _mm_setzero_si128();
    ((found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(kMarks)))), ...);
    return found;
  }
#endif
};

// Is there any byte that `special` is true for?
template <class Special>
bool holds_any(std::string_view text, Special special) {
#ifdef __SSE2__
  // The last block of a text, and the last half of a short one, overlaps what is before it.
  constexpr std::size_t kBlock = sizeof(__m128i), kHalf = kBlock / 2;
  const auto at = [&text](std::size_t i) {
    return reinterpret_cast<const __m128i*>(text.data() + i);
  };
  const auto found = [special](__m128i bytes) { return _mm_movemask_epi8(special(bytes)) != 0; };
  if (text.size() >= kBlock) {
    for (std::size_t i = 0; i + kBlock < text.size(); i += kBlock) {
      if (found(_mm_loadu_si128(at(i)))) return true;
    }
    return found(_mm_loadu_si128(at(text.size() - kBlock)));
  }
  if (text.size() >= kHalf) {
    return found(
        _mm_unpacklo_epi64(_mm_loadl_epi64(at(0)), _mm_loadl_epi64(at(text.size() - kHalf))));
  }
#endif
  return std::any_of(text.begin(), text.end(), special);
}

}  // namespace mpsdscope
