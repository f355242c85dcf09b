// `mpsdscope tail --screen`: logs on a full screen.
#pragma once

#include <atomic>

#include "tools/metrics/tail_metrics.h"
#include "tools/options.h"

namespace mpsdscope {

// Until a key quits or a signal stops it. Returns the exit code.
int tail_on_screen(const TailOptions& options, LogStream stream, TailMetrics& metrics,
                   const std::atomic<bool>& stop);

}  // namespace mpsdscope
