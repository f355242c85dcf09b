// Outputs that count for the metrics what passes.
#pragma once

#include <memory>

#include "tools/live_output.h"
#include "tools/metrics/call_metrics.h"

namespace mpsdscope {

// One among others. The metrics outlive it.
std::unique_ptr<LiveOutput> make_metrics_output(CallMetrics& metrics);
// Hands everything on to `output`.
std::unique_ptr<Output> make_metered_output(std::unique_ptr<Output> output, CallMetrics& metrics);

}  // namespace mpsdscope
