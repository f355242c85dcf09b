// The page that Prometheus scrapes: what a run counts.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "capture/page_server.h"
#include "capture/proxy/proxy_server.h"
#include "decode/report.h"
#include "tools/metrics/call_metrics.h"

namespace mpsdscope {

inline constexpr std::uint16_t kDefaultMetricsPort = 9477;

// Listens at --metrics, with a note where. Nobody is served before start().
Result<std::unique_ptr<PageServer>> open_metrics_server(const Endpoint& at);

// `more` adds the families that only this kind of run has; may be empty. Both are used on the
// server's thread, and outlive it.
ServedPage metrics_page(const CallMetrics& calls, std::function<void(Exposition&)> more);

// What did not get where it should, by kind.
using LostCounts = std::vector<std::pair<std::string_view, std::uint64_t>>;
void append_lost(Exposition& out, const LostCounts& lost);
// Of these what decoding could not read or keep.
LostCounts lost_in_decoding(const DecodeCounters& counters);
// Of a proxy.
void append_proxy(Exposition& out, const ProxyCounters& counters);

}  // namespace mpsdscope
