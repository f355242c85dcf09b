// Asks for memory that will be needed soon, so that nobody waits for it then. It changes nothing
// else.
#pragma once

#include <cstddef>

namespace mpsdscope {

// Always inlined: a compiler may leave out calls of a function without effect.

[[gnu::always_inline]] inline void prefetch_range(const void* begin, std::size_t size) {
  constexpr std::size_t kCacheLine = 64;
  for (std::size_t at = 0; at < size; at += kCacheLine) {
    __builtin_prefetch(static_cast<const char*>(begin) + at);
  }
}

// All of an object, without what it points to.
template <class T>
[[gnu::always_inline]] inline void prefetch_object(const T* object) {
  prefetch_range(object, sizeof(T));
}

// The first bytes of texts, a line of the cache of each; the texts themselves are there already.
template <class... Text>
[[gnu::always_inline]] inline void prefetch_bytes(const Text&... texts) {
  (__builtin_prefetch(texts.data()), ...);
}

}  // namespace mpsdscope
