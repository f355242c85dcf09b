// What the stories of sessions may hold.
#pragma once

#include <chrono>
#include <cstddef>

#include "decode/time.h"

namespace mpsdscope {

struct StoryLimits {
  std::size_t max_sessions = 16'384;
  std::size_t max_events = 262'144;            // of all sessions
  std::size_t max_events_per_session = 4'096;  // the oldest are forgotten first
  Duration max_age = std::chrono::hours(24);   // of events, and of sessions nobody calls
};

}  // namespace mpsdscope
