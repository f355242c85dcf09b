// Finds bytes that end something, many at a time: most bytes of a head are neither such nor in need
// of a second look. `Ends` takes a block of bytes and is -1 for each that is such an end, else 0.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <immintrin.h>
#endif

namespace mpsdscope {

// As many as the processor compares at once. Signed: bytes above 0x7F are less than any character.
#ifdef __AVX2__
inline constexpr std::size_t kBlock = 32;
#else
inline constexpr std::size_t kBlock = 16;
#endif
using ByteBlock [[gnu::vector_size(kBlock)]] = signed char;

inline ByteBlock block_at(const char* text) {
  ByteBlock block;
  std::memcpy(&block, text, kBlock);
  return block;
}

// A bit for each byte of the block that is -1; the others are 0.
inline std::uint64_t bits_of(ByteBlock block) {
#if defined(__AVX2__)
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(reinterpret_cast<__m256i>(block)));
#elif defined(__SSE2__)
  return static_cast<std::uint64_t>(_mm_movemask_epi8(reinterpret_cast<__m128i>(block)));
#else
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < kBlock; ++i) bits |= std::uint64_t{block[i] != 0} << i;
  return bits;
#endif
}

// A bit for each of the `Size` bytes at `text`, whole blocks, that is such an end.
template <std::size_t Size, class Ends>
std::uint64_t ends_in(const char* text, Ends ends) {
  static_assert(Size % kBlock == 0 && Size <= 64);
  std::uint64_t found = 0;
  for (std::size_t at = 0; at < Size; at += kBlock) {
    found |= bits_of(ends(block_at(text + at))) << at;
  }
  return found;
}

// All such ends of a text, one after the other, from `from` on. The text outlives it.
template <class Ends>
class EachEnd {
 public:
  explicit EachEnd(std::string_view text, std::size_t from = 0)
      : text_(text.data()), size_(text.size()), begin_(from) {
    if (size_ < kBits) {
      std::copy(text.begin(), text.end(), small_.begin());
      text_ = small_.data();
    }
    if (from < size_) look();
  }
  EachEnd(const EachEnd&) = delete;
  EachEnd& operator=(const EachEnd&) = delete;

  // Where the next one is; the text's size if there is none.
  std::size_t next() {
    while (found_ == 0) {
      begin_ += kBits;
      if (begin_ >= size_) return size_;
      look();
    }
    const std::size_t at = begin_ + static_cast<std::size_t>(__builtin_ctzll(found_));
    found_ &= found_ - 1;
    return at;
  }

 private:
  static constexpr std::size_t kBits = 64;

  // The last bytes are looked at with some before them, so that they are as many as all others.
  void look() {
    if (size_ < kBits) {
      found_ = ends_in<kBits>(text_, Ends()) & ((std::uint64_t{1} << size_) - 1);
      found_ = found_ >> begin_;
      return;
    }
    const std::size_t from = std::min(begin_, size_ - kBits);
    found_ = ends_in<kBits>(text_ + from, Ends()) >> (begin_ - from);
  }

  const char* text_;
  std::size_t size_;
  std::size_t begin_;                // of the 64 bytes
  std::uint64_t found_ = 0;          // of them, those that next() did not tell yet
  std::array<char, kBits> small_{};  // a text that is smaller than that
};

// Where, from `from` on, the first such end is; the text's size if there is none.
template <class Ends>
std::size_t find_end(std::string_view text, std::size_t from, Ends) {
  return EachEnd<Ends>(text, from).next();
}

}  // namespace mpsdscope
