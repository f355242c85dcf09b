// `mpsdscope sniff --metrics`: what it reads of an interface, for Prometheus.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "capture/live_capture.h"
#include "capture/page_server.h"
#include "decode/report.h"
#include "tools/metrics/call_metrics.h"

namespace mpsdscope {

// Thread-safe.
class SniffMetrics {
 public:
  static Result<std::unique_ptr<SniffMetrics>> open(const Endpoint& at);
  ~SniffMetrics();
  SniffMetrics(const SniffMetrics&) = delete;
  SniffMetrics& operator=(const SniffMetrics&) = delete;

  CallMetrics& calls() { return calls_; }
  // As they are now. The capture on the thread that reads it.
  void publish(const LiveCapture& capture);
  void publish(const DecodeCounters& counters);

 private:
  SniffMetrics() = default;
  void append_to(Exposition& out) const;

  CallMetrics calls_;
  std::atomic<std::uint64_t> kernel_drops_{0}, interface_drops_{0};
  mutable std::mutex mutex_;
  DecodeCounters counters_{};
  std::unique_ptr<PageServer> server_;  // last: it uses the others
};

}  // namespace mpsdscope
