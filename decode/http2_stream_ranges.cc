#include "decode/http2_stream_ranges.h"

#include <algorithm>

namespace mpsdscope {

void Http2StreamRanges::add(Range range) {
  if (range.first > range.last) return;
  if (ranges_.size() == kMaxRanges) ranges_.erase(ranges_.begin());
  ranges_.push_back(range);
}

void Http2StreamRanges::add_between(std::uint32_t first, std::uint32_t last) {
  const std::uint32_t parity = last % 2;
  const std::uint32_t next = first + (first % 2 == parity ? 2 : 1);
  if (last >= 2) add({std::max(next, 2 - parity), last - 2});
}

bool Http2StreamRanges::take(std::uint32_t id) {
  const auto at = std::find_if(ranges_.begin(), ranges_.end(), [id](const Range& range) {
    return range.first <= id && id <= range.last && range.first % 2 == id % 2;
  });
  if (at == ranges_.end()) return false;
  const Range range = *at;
  ranges_.erase(at);
  if (id > range.first) add({range.first, id - 2});
  if (id < range.last) add({id + 2, range.last});
  return true;
}

}  // namespace mpsdscope
