// A key that was pressed: a character, or one of those that have none.
#pragma once

#include <cstddef>

namespace mpsdscope {

// A code point; what has none lies behind all of Unicode.
using Key = char32_t;

namespace keys {
inline constexpr Key kEnter = U'\n';
inline constexpr Key kTab = U'\t';
inline constexpr Key kEscape = 0x1B;
inline constexpr Key kBackspace = 0x7F;
inline constexpr Key kEraseLine = 0x15;  // Ctrl-U
inline constexpr Key kRedraw = 0x0C;     // Ctrl-L
inline constexpr Key kFirstWithoutCharacter = 0x110000;
inline constexpr Key kUp = 0x110000;
inline constexpr Key kDown = 0x110001;
inline constexpr Key kLeft = 0x110002;
inline constexpr Key kRight = 0x110003;
inline constexpr Key kPageUp = 0x110004;
inline constexpr Key kPageDown = 0x110005;
inline constexpr Key kHome = 0x110006;
inline constexpr Key kEnd = 0x110007;
inline constexpr Key kRemove = 0x110008;  // Del
inline constexpr Key kBackTab = 0x110009;
inline constexpr Key kMouse = 0x11000A;  // not a key: CursesTerminal::mouse() tells what it is
inline constexpr Key kUnknown = 0x11000B;
}  // namespace keys

// The mouse did something above that cell of the screen.
struct MouseEvent {
  enum class Kind { press, wheel_up, wheel_down };
  Kind kind = Kind::press;
  std::size_t row = 0, column = 0;
};

}  // namespace mpsdscope
