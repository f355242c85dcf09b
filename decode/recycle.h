// Objects of the pipeline are used again: their texts keep the memory that an ordinary one needs.
#pragma once

#include <cstddef>
#include <string>

namespace mpsdscope {

inline constexpr std::size_t kOrdinaryText = std::size_t{16} << 10;  // bytes

// Empties a text; gives its memory back if it was an unusually large one.
inline void recycle(std::string& text) {
  text.clear();
  if (text.capacity() > kOrdinaryText) std::string().swap(text);
}

}  // namespace mpsdscope
