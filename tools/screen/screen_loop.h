// Runs the screen: takes records from the feed, keys from the terminal, and draws.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "decode/result.h"
#include "tools/screen/screen_feed.h"
#include "tools/screen/screen_model.h"

namespace mpsdscope {

struct ScreenOptions {
  bool colour = true;
  std::string filter;  // to begin with; already checked
};

// What drawing took, from the model to the terminal's having taken it.
struct ScreenTimes {
  std::uint64_t frames = 0;
  Duration all{};
  Duration longest{};
};

class CursesTerminal;

// Until a key quits or `stop` is set (whoever sets it wakes the feed: ScreenFeed::end()). Draws at
// most 30 times a second, and not at all when nothing changed. Closes the feed at its end.
ScreenTimes run_screen(CursesTerminal& terminal, ScreenFeed& feed, const ScreenOptions& options,
                       const std::atomic<bool>& stop);

}  // namespace mpsdscope
