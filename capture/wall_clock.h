// The one place to ask what time it is, for what is not a packet. The system's time when it was
// first asked, and from then on what has passed: it never runs backwards, and one who sets the
// system's clock during a run does not change what it measures.
#pragma once

#include "decode/time.h"

namespace mpsdscope {

CaptureTime wall_clock_now();

}  // namespace mpsdscope
