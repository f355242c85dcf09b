// The records of a run in this process, for its screen.
#pragma once

#include <memory>

#include "tools/jsonl_messages.h"
#include "tools/live_output.h"
#include "tools/pretty_line.h"
#include "tools/screen/screen_feed.h"

namespace mpsdscope {

// Never makes traffic wait. The report at the end goes to standard output: the screen is closed by
// then. The feed outlives it.
std::unique_ptr<LiveOutput> make_view_output(ScreenFeed& feed, const PrettyOptions& options,
                                             const BodyLog& bodies);

}  // namespace mpsdscope
