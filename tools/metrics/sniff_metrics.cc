#include "tools/metrics/sniff_metrics.h"

#include "tools/metrics/metrics_page.h"

namespace mpsdscope {

SniffMetrics::~SniffMetrics() = default;

Result<std::unique_ptr<SniffMetrics>> SniffMetrics::open(const Endpoint& at) {
  auto server = open_metrics_server(at);
  if (!server) return server.error();
  std::unique_ptr<SniffMetrics> metrics(new SniffMetrics);
  metrics->server_ = std::move(*server);
  metrics->server_->start(
      metrics_page(metrics->calls_, [&self = *metrics](Exposition& out) { self.append_to(out); }));
  return Result<std::unique_ptr<SniffMetrics>>(std::move(metrics));
}

void SniffMetrics::publish(const LiveCapture& capture) {
  const LiveCapture::Drops drops = capture.drops();
  kernel_drops_ = drops.kernel;
  interface_drops_ = drops.interface;
}

void SniffMetrics::publish(const DecodeCounters& counters) {
  const std::lock_guard lock(mutex_);
  counters_ = counters;
}

void SniffMetrics::append_to(Exposition& out) const {
  DecodeCounters counters;
  {
    const std::lock_guard lock(mutex_);
    counters = counters_;
  }
  const auto count = [&](Counter counter) { return counters[static_cast<std::size_t>(counter)]; };
  out.begin_family("packets_total", MetricKind::counter, "Packets that were captured.");
  out.add("", {}, count(Counter::packets));
  out.begin_family("connections_total", MetricKind::counter, "TCP connections that were seen.");
  out.add("", {}, count(Counter::tcp_connections));
  out.begin_family("tls_connections_total", MetricKind::counter,
                   "TLS connections, by whether they could be decrypted.");
  out.add("", {{"decrypted", "yes"}}, count(Counter::tls_decrypted));
  out.add("", {{"decrypted", "no"}}, count(Counter::tls_undecrypted));
  LostCounts lost = lost_in_decoding(counters);
  lost.emplace_back("packet_of_kernel", kernel_drops_);
  lost.emplace_back("packet_of_interface", interface_drops_);
  append_lost(out, lost);
}

}  // namespace mpsdscope
