// The one place to ask what time it is, for what is not a packet.
#pragma once

#include "decode/time.h"

namespace mpsdscope {

CaptureTime wall_clock_now();

}  // namespace mpsdscope
