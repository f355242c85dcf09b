// Asks for memory that will be needed soon, so that nobody waits for it then. It changes nothing
// else.
#pragma once

#include <cstddef>

namespace mpsdscope {

// All of an object, without what it points to. Always inlined: a compiler may leave out calls of a
// function without effect.
template <class T>
[[gnu::always_inline]] inline void prefetch_object(const T* object) {
  constexpr std::size_t kCacheLine = 64;
  const char* const begin = reinterpret_cast<const char*>(object);
  for (std::size_t at = 0; at < sizeof(T); at += kCacheLine) __builtin_prefetch(begin + at);
}

// The bytes of texts that are in the cache themselves; of a long one, as many as most have.
template <class... Text>
[[gnu::always_inline]] inline void prefetch_bytes(const Text&... texts) {
  (__builtin_prefetch(texts.data()), ...);
}

}  // namespace mpsdscope
