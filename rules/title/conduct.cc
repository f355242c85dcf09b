#include "rules/title/conduct.h"

namespace mpsdscope {

std::string_view name_of(ConductEnd end) {
  constexpr std::array<std::string_view, kConductEnds> kNames{"honoured", "ignored", "open"};
  return kNames[static_cast<std::size_t>(end)];
}

void count_in(ConductCounts& counts, const Conduct& conduct) {
  if (conduct.corrects) --counts[static_cast<std::size_t>(*conduct.corrects)];
  ++counts[static_cast<std::size_t>(conduct.end)];
}

}  // namespace mpsdscope
