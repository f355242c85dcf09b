#include "tools/bar.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace mpsdscope {

std::string bar(std::uint64_t part, std::uint64_t whole, std::size_t width, bool ascii) {
  constexpr std::array<std::string_view, 9> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
  const std::uint64_t per_column = ascii ? 1 : 8;
  const std::uint64_t most = width * per_column;
  std::uint64_t filled = whole == 0 || part >= whole ? most : part * most / whole;
  if (part == 0) filled = 0;
  if (part > 0) filled = std::max<std::uint64_t>(filled, 1);
  std::string text;
  for (std::size_t column = 0; column < width; ++column) {
    const std::uint64_t here = std::min(filled, per_column);
    filled -= here;
    if (here == 0) {
      text += ascii ? "." : "·";
    } else {
      text += ascii ? "#" : kEighths[here];
    }
  }
  return text;
}

}  // namespace mpsdscope
