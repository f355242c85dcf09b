#include "capture/wall_clock.h"

#include <chrono>

#include <time.h>

namespace mpsdscope {

namespace {

// Also runs while the machine sleeps.
Duration since_boot() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

CaptureTime time_of_boot() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return CaptureTime(std::chrono::duration_cast<Duration>(since_epoch) - since_boot());
}

}  // namespace

CaptureTime wall_clock_now() {
  static const CaptureTime boot = time_of_boot();
  return boot + since_boot();
}

}  // namespace mpsdscope
