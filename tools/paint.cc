#include "tools/paint.h"

#include <array>

namespace mpsdscope {
namespace {

constexpr std::array<std::string_view, 11> kSgr{"",   "1",  "2",  "31",   "32",  "33",
                                                "34", "35", "36", "1;31", "1;32"};

}  // namespace

void Paint::begin(std::string& out, Style style) const {
  if (!colour_ || style == Style::plain) return;
  out.append("\x1b[").append(kSgr[static_cast<std::size_t>(style)]).append("m");
}

void Paint::end(std::string& out, Style style) const {
  if (colour_ && style != Style::plain) out.append("\x1b[0m");
}

Style style_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return Style::bold_red;
    case Severity::warning:
      return Style::yellow;
    case Severity::info:
      return Style::cyan;
    case Severity::off:
      break;
  }
  return Style::dim;
}

}  // namespace mpsdscope
