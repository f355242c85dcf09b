// Bytes that are compared many at a time. Signed: those above 0x7F are less than any character.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <immintrin.h>
#endif

namespace mpsdscope {

// As many as the processor compares at once.
#ifdef __AVX2__
inline constexpr std::size_t kBlock = 32;
#else
inline constexpr std::size_t kBlock = 16;
#endif
using ByteBlock [[gnu::vector_size(kBlock)]] = signed char;

// Of texts that are shorter: as many as any processor does.
inline constexpr std::size_t kSmallBlock = 16;
using SmallBlock [[gnu::vector_size(kSmallBlock)]] = signed char;

template <class Block = ByteBlock>
Block block_at(const char* text) {
  Block block;
  std::memcpy(&block, text, sizeof block);
  return block;
}

// A bit for each byte of the block that is -1; the others are 0.
template <class Block>
std::uint64_t bits_of(Block block) {
#ifdef __AVX2__
  if constexpr (sizeof block == sizeof(__m256i)) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(reinterpret_cast<__m256i>(block)));
  }
#endif
#ifdef __SSE2__
  if constexpr (sizeof block == sizeof(__m128i)) {
    return static_cast<std::uint64_t>(_mm_movemask_epi8(reinterpret_cast<__m128i>(block)));
  }
#endif
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof block; ++i) bits |= std::uint64_t{block[i] != 0} << i;
  return bits;
}

}  // namespace mpsdscope
