// How the program is told to stop, and that a closed pipe is an error and not its death.
#pragma once

#include <atomic>

namespace mpsdscope {

// SIGINT and SIGTERM set the returned flag, so that what was seen is still reported; the second one
// ends the program at once. SIGPIPE is ignored: writes fail instead. Once per process.
std::atomic<bool>& stop_on_signals();

}  // namespace mpsdscope
