// Objects of the pipeline are used again: their texts keep the memory that an ordinary one needs.
#pragma once

#include <string>

namespace mpsdscope {

// Empties a text; gives its memory back if it was an unusually large one.
inline void recycle(std::string& text) {
  constexpr std::size_t kOrdinary = std::size_t{16} << 10;
  text.clear();
  if (text.capacity() > kOrdinary) std::string().swap(text);
}

}  // namespace mpsdscope
