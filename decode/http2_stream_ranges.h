// Stream ids that were passed over, as ranges, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mpsdscope {

class Http2StreamRanges {
 public:
  // The ids between the two, exclusive, of the parity of `last`. Forgets the oldest range if there
  // are too many.
  void add_between(std::uint32_t first, std::uint32_t last);
  // Takes an id out; false if it is not there.
  bool take(std::uint32_t id);

 private:
  struct Range {
    std::uint32_t first, last;  // inclusive
  };
  static constexpr std::size_t kMaxRanges = 64;
  void add(Range range);

  std::vector<Range> ranges_;
};

}  // namespace mpsdscope
