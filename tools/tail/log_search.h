// Where in a log to begin: found from its end, or by time, without reading all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "decode/time.h"

namespace mpsdscope {

struct LastLines {
  std::uint64_t offset = 0;  // of the first of them; of none: behind the last end of a line
  std::uint64_t count = 0;   // of those that are wanted
  bool gave_up = false;      // after `most` bytes, with fewer than were asked for
};

// The last `count` lines of the first `size` bytes that `wanted` says yes to; an unfinished line at
// the end is none. Reads at most `most` bytes, and asks about no line longer than `longest`.
LastLines find_last_lines(int fd, std::uint64_t size, std::uint64_t count, std::uint64_t most,
                          std::size_t longest, const std::function<bool(std::string_view)>& wanted);

// The beginning of a line before which everything is older than `time`, given that records lie in
// the order of their times, or not further apart than a mebibyte. 0 if in doubt.
std::uint64_t find_time(int fd, std::uint64_t size, CaptureTime time);

}  // namespace mpsdscope
