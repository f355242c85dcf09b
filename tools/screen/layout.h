// Which pane stands where on a screen of what size.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tools/screen/grid.h"

namespace mpsdscope {

enum class Pane : std::uint8_t { log, titles, detail };
inline constexpr std::size_t kPanes = 3;

struct ScreenSize {
  std::size_t width = 80, height = 24;

  bool operator==(const ScreenSize&) const = default;
};

// Each pane has its heading in the first row of its area; the status line is the last row.
struct Layout {
  Area log, titles, detail;  // empty: not shown
  Area status;
  bool single = false;  // one pane at a time: the one with the focus

  const Area& of(Pane pane) const {
    return pane == Pane::log ? log : pane == Pane::titles ? titles : detail;
  }
};

// From kBeside columns on all panes stand side by side, from kBeneath rows on beneath each other;
// on less, only the pane with the focus is shown.
inline constexpr std::size_t kBeside = 160;
inline constexpr std::size_t kBeneath = 40;
Layout layout_of(ScreenSize size, Pane focus);

}  // namespace mpsdscope
