// `mpsdscope tail --metrics`: what it read of logs, for Prometheus.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "capture/page_server.h"
#include "tools/metrics/call_metrics.h"
#include "tools/tail/log_stream.h"

namespace mpsdscope {

// For one thread; without an address it does nothing.
class TailMetrics {
 public:
  static Result<std::unique_ptr<TailMetrics>> open(const std::optional<Endpoint>& at);
  ~TailMetrics();
  TailMetrics(const TailMetrics&) = delete;
  TailMetrics& operator=(const TailMetrics&) = delete;

  // Whether it is listed or not.
  void count(const LogEntry& entry);
  // Of the stream, as they are now.
  void publish(const LogCounts& counts);

 private:
  TailMetrics() = default;

  CallMetrics calls_;
  std::atomic<std::uint64_t> records_{0}, damaged_{0}, overlong_{0};
  std::unique_ptr<PageServer> server_;  // last: it uses the others
};

}  // namespace mpsdscope
