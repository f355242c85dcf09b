// Looks for bytes that need care in texts of the traffic: most have none, and every exchange's come
// by here.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
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

// What one of the two is.
template <class A, class B>
struct EitherOf {
  bool operator()(char c) const { return A()(c) || B()(c); }
#ifdef __SSE2__
  __m128i operator()(__m128i bytes) const {
    return _mm_or_si128(A()(bytes), B()(bytes));
  }
#endif
};

// Copies a text. Inlined: a record of the log has many, and most are short.
inline char* copy_text(char* to, std::string_view text) {
  const char* const from = text.data();
  const std::size_t size = text.size();
  // Two copies of a fixed size that may overlap.
  const auto copy_ends = [=](auto piece) {
    std::memcpy(to, from, sizeof piece);
    std::memcpy(to + size - sizeof piece, from + size - sizeof piece, sizeof piece);
  };
  if (size > 16) {
    std::memcpy(to, from, size);
  } else if (size >= 8) {
    copy_ends(std::uint64_t());
  } else if (size >= 4) {
    copy_ends(std::uint32_t());
  } else if (size > 0) {
    to[0] = from[0];
    to[size / 2] = from[size / 2];
    to[size - 1] = from[size - 1];
  }
  return to + size;
}

#ifdef __SSE2__
// All bytes of a text that is shorter than a block and not empty, some of them twice, and no
// others.
inline __m128i short_block(std::string_view text) {
  const char* const last = text.data() + text.size();
  if (text.size() >= 8) {
    return _mm_unpacklo_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(text.data())),
                              _mm_loadl_epi64(reinterpret_cast<const __m128i*>(last - 8)));
  }
  std::array<char, 8> bytes;
  if (text.size() >= 4) {
    std::memcpy(bytes.data(), text.data(), 4);
    std::memcpy(bytes.data() + 4, last - 4, 4);
  } else {
    bytes.fill(text.front());
    bytes[1] = text[text.size() / 2];
    bytes[2] = text.back();
  }
  std::int64_t word;
  std::memcpy(&word, bytes.data(), sizeof word);
  return _mm_set1_epi64x(word);
}
#endif

// Is there any byte that `special` is true for?
template <class Special>
bool holds_any(std::string_view text, Special special) {
#ifdef __SSE2__
  constexpr std::size_t kBlock = sizeof(__m128i);
  const auto found = [special](__m128i bytes) { return _mm_movemask_epi8(special(bytes)) != 0; };
  if (text.size() < kBlock) return !text.empty() && found(short_block(text));
  const auto at = [&text](std::size_t i) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
  };
  for (std::size_t i = 0; i + kBlock < text.size(); i += kBlock) {
    if (found(at(i))) return true;
  }
  return found(at(text.size() - kBlock));  // overlaps what is before it
#else
  return std::any_of(text.begin(), text.end(), special);
#endif
}

// The same, and copies the text, which is looked at only once.
template <class Special>
bool copy_holds_any(char* to, std::string_view text, Special special) {
#ifdef __SSE2__
  constexpr std::size_t kBlock = sizeof(__m128i);
  if (text.size() >= kBlock) {
    __m128i found = _mm_setzero_si128();
    const auto take = [&](std::size_t i) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), bytes);
      found = _mm_or_si128(found, special(bytes));
    };
    for (std::size_t i = 0; i + kBlock < text.size(); i += kBlock) take(i);
    take(text.size() - kBlock);
    return _mm_movemask_epi8(found) != 0;
  }
#endif
  copy_text(to, text);
  return holds_any(text, special);
}

}  // namespace mpsdscope
