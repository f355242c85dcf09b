#include "tools/metrics/tail_metrics.h"

#include "capture/wall_clock.h"
#include "tools/metrics/metrics_page.h"

namespace mpsdscope {

TailMetrics::~TailMetrics() = default;

Result<std::unique_ptr<TailMetrics>> TailMetrics::open(const std::optional<Endpoint>& at) {
  std::unique_ptr<TailMetrics> metrics(new TailMetrics);
  if (!at) return Result<std::unique_ptr<TailMetrics>>(std::move(metrics));
  auto server = open_metrics_server(*at);
  if (!server) return server.error();
  metrics->server_ = std::move(*server);
  const auto more = [&self = *metrics](Exposition& out) {
    out.begin_family("log_records_total", MetricKind::counter, "Records of logs that were read.");
    out.add("", {}, self.records_.load());
    append_lost(out, {{"damaged_line", self.damaged_}, {"overlong_line", self.overlong_}});
  };
  metrics->server_->start(metrics_page(metrics->calls_, more));
  return Result<std::unique_ptr<TailMetrics>>(std::move(metrics));
}

void TailMetrics::count(const LogEntry& entry) {
  if (server_) calls_.count(entry.record, wall_clock_now(), entry.fresh);
}

void TailMetrics::publish(const LogCounts& counts) {
  damaged_ = counts.damaged;
  overlong_ = counts.overlong;
  records_ = counts.records;  // last: who sees these sees those
}

}  // namespace mpsdscope
