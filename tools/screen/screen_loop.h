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

// What the frames took: to make them of the model, and until the terminal had taken them.
struct ScreenTimes {
  std::uint64_t frames = 0;
  Duration made{};
  Duration longest{};  // of one, to make it
  Duration written{};
  // Of the processor alone, for both: on a machine that is busy the others hold waiting too.
  Duration worked{};
  Duration hardest{};  // of one
};

class CursesTerminal;

// Until a key quits or `stop` is set (whoever sets it wakes the feed: ScreenFeed::end()). Draws at
// most 30 times a second, and not at all when nothing changed. Closes the feed at its end.
ScreenTimes run_screen(CursesTerminal& terminal, ScreenFeed& feed, const ScreenOptions& options,
                       const std::atomic<bool>& stop);

}  // namespace mpsdscope
