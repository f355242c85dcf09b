// Capture time: when a packet was seen, as the capture says. There is no now(): time is data.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace mpsdscope {

// A clock that cannot be read. Epoch: 1970-01-01T00:00:00Z. Resolution: nanoseconds.
struct CaptureClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<CaptureClock>;
  static constexpr bool is_steady = false;
};

using CaptureTime = CaptureClock::time_point;
using Duration = CaptureClock::duration;

// "2026-11-23T08:11:39.123456Z": RFC 3339 in UTC, microseconds (truncated).
std::string format_rfc3339(CaptureTime time);
// Writes the same, kRfc3339Size bytes, and returns their end.
inline constexpr std::size_t kRfc3339Size = 27;
char* put_rfc3339(char* to, CaptureTime time);

// The same for many times one after the other: of a time in the second of the one before, only the
// fraction is worked out.
class Rfc3339Text {
 public:
  char* put(char* to, CaptureTime time);

 private:
  std::array<char, kRfc3339Size> text_;
  std::chrono::sys_seconds second_;  // of text_
  bool known_ = false;
};

}  // namespace mpsdscope
