// A key that was pressed: a character, or one of those that have none.
#pragma once

namespace mpsdscope {

// A character is its code point; what has none lies behind all of Unicode.
enum class Key : char32_t {
  enter = U'\n',
  tab = U'\t',
  escape = 0x1B,
  backspace = 0x7F,
  erase_line = 0x15,  // Ctrl-U
  redraw = 0x0C,      // Ctrl-L
  up = 0x110000,
  down,
  left,
  right,
  page_up,
  page_down,
  home,
  end,
  remove,  // Del
  back_tab,
  none,  // nothing that this program knows
};

constexpr Key key_of(char32_t character) {
  return static_cast<Key>(character);
}
constexpr char32_t character_of(Key key) {
  return static_cast<char32_t>(key);
}

}  // namespace mpsdscope
