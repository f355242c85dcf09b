#include "capture/wall_clock.h"

namespace mpsdscope {

CaptureTime wall_clock_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return CaptureTime(std::chrono::duration_cast<Duration>(since_epoch));
}

}  // namespace mpsdscope
