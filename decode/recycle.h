// Objects of the pipeline are used again: their texts keep the memory that an ordinary one needs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mpsdscope {

inline constexpr std::size_t kOrdinaryText = std::size_t{16} << 10;  // bytes

// Empties a text; gives its memory back if it was an unusually large one.
inline void recycle(std::string& text) {
  text.clear();
  if (text.capacity() > kOrdinaryText) std::string().swap(text);
}

// The same as `text = value`, quicker: `value` is no part of the text.
inline void overwrite(std::string& text, std::string_view value) {
  text.clear();
  text.append(value);
}

// Drops all of a text but its first bytes; likewise.
inline void keep_beginning(std::string& text, std::size_t most) {
  if (most == 0) return recycle(text);
  if (text.capacity() > kOrdinaryText && text.capacity() > 2 * most) {
    text = std::string(text, 0, most);
  } else if (text.size() > most) {
    text.resize(most);
  }
}

}  // namespace mpsdscope
