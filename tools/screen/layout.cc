#include "tools/screen/layout.h"

#include <algorithm>

namespace mpsdscope {
namespace {

constexpr std::size_t kWidestLog = 190;   // wider, the eye loses the line
constexpr std::size_t kTitleRows = 12;    // with the heading, side by side
constexpr std::size_t kFewTitleRows = 7;  // one beneath the other

}  // namespace

Layout layout_of(ScreenSize size, Pane focus) {
  Layout layout;
  const std::size_t rows = size.height - std::min<std::size_t>(size.height, 1);
  layout.status = {rows, 0, size.width, size.height - rows};
  if (size.width >= kBeside && rows >= 2 * kFewTitleRows) {
    const std::size_t log = std::min(kWidestLog, size.width * 3 / 5);
    const std::size_t titles = std::min(kTitleRows, rows / 3);
    const std::size_t left = log + 1;  // a rule between
    layout.log = {0, 0, log, rows};
    layout.titles = {0, left, size.width - left, titles};
    layout.detail = {titles, left, size.width - left, rows - titles};
    return layout;
  }
  if (rows >= kBeneath) {
    const std::size_t log = (rows - kFewTitleRows) / 2;
    layout.titles = {0, 0, size.width, kFewTitleRows};
    layout.log = {kFewTitleRows, 0, size.width, log};
    layout.detail = {kFewTitleRows + log, 0, size.width, rows - kFewTitleRows - log};
    return layout;
  }
  layout.single = true;
  const Area whole{0, 0, size.width, rows};
  (focus == Pane::log ? layout.log : focus == Pane::titles ? layout.titles : layout.detail) = whole;
  return layout;
}

}  // namespace mpsdscope
