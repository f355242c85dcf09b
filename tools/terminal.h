// What the standard streams are connected to.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mpsdscope {

enum class ColourMode : std::uint8_t { automatic, always, never };

bool is_terminal(int fd);
// Columns of the terminal, or COLUMNS, or `otherwise`.
std::size_t terminal_width(int fd, std::size_t otherwise);
// Lines of the terminal, or `otherwise`.
std::size_t terminal_height(int fd, std::size_t otherwise);
// automatic: on a terminal that is not "dumb", unless NO_COLOR is set (and not empty).
bool wants_colour(ColourMode mode, int fd);

// Does the environment's locale (LC_ALL, LC_CTYPE, LANG) write UTF-8?
bool locale_is_utf8();

}  // namespace mpsdscope
