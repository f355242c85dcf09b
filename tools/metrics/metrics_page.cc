#include "tools/metrics/metrics_page.h"

#include <array>

#include "capture/wall_clock.h"
#include "tools/diagnostics.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kPath = "/metrics";

// Those that a door does not have stay 0.
constexpr std::array<std::pair<std::string_view, Counter>, 10> kLostInDecoding{
    {{"packet_damaged", Counter::frames_malformed},
     {"fragment", Counter::fragments_dropped},
     {"tcp_gap", Counter::tcp_gaps},
     {"flow_over_limit", Counter::flows_evicted},
     {"flow_over_memory", Counter::flows_evicted_memory},
     {"tls_record", Counter::tls_lost_records},
     {"http2_stream", Counter::http2_streams_dropped},
     {"pipelined_request", Counter::http_pipeline_overflow},
     {"websocket_message", Counter::websocket_dropped},
     {"call_text", Counter::calls_cut}}};

}  // namespace

Result<std::unique_ptr<PageServer>> open_metrics_server(const Endpoint& at) {
  auto server = PageServer::open(at, "--metrics");
  if (server) {
    report_note("metrics at http://" + (*server)->listening().to_string() + std::string(kPath));
  }
  return server;
}

ServedPage metrics_page(const CallMetrics& calls, std::function<void(Exposition&)> more) {
  const auto text = [&calls, more = std::move(more)] {
    Exposition out;
    out.begin_family("build_info", MetricKind::gauge, "The version that runs.");
    out.add("", {{"version", MPSDSCOPE_VERSION}}, std::uint64_t{1});
    calls.append_to(out, wall_clock_now());
    if (more) more(out);
    return out.take();
  };
  return {std::string(kPath), std::string(kExpositionType), text};
}

LostCounts lost_in_decoding(const DecodeCounters& counters) {
  LostCounts lost;
  for (const auto& [kind, counter] : kLostInDecoding) {
    lost.emplace_back(kind, counters[static_cast<std::size_t>(counter)]);
  }
  return lost;
}

void append_lost(Exposition& out, const LostCounts& lost) {
  out.begin_family("lost_total", MetricKind::counter,
                   "What could not be read, kept or written, by kind.");
  for (const auto& [kind, count] : lost) out.add("", {{"kind", kind}}, count);
}

void append_proxy(Exposition& out, const ProxyCounters& counters) {
  out.begin_family("connections_total", MetricKind::counter,
                   "Client connections that were accepted.");
  out.add("", {}, counters.accepted);
  out.begin_family("open_connections", MetricKind::gauge, "Client connections that are open.");
  out.add("", {}, counters.open);
  out.begin_family("read_connections_total", MetricKind::counter,
                   "Client connections, by whether they were decrypted, needed no decryption, or "
                   "were passed on unread.");
  out.add("", {{"how", "decrypted"}}, counters.intercepted);
  out.add("", {{"how", "plain"}}, counters.plain);
  out.add("", {{"how", "tunnelled"}}, counters.tunnelled);
  out.begin_family("relayed_bytes_total", MetricKind::counter, "Bytes that were passed on.");
  out.add("", {{"direction", "to_server"}}, counters.to_server_bytes);
  out.add("", {{"direction", "to_client"}}, counters.to_client_bytes);
  out.begin_family("proxy_events_total", MetricKind::counter,
                   "What connections met with, other than traffic.");
  for (std::size_t i = 0; i < counters.events.size(); ++i) {
    out.add("", {{"event", mpsdscope::name_of(static_cast<ProxyEventKind>(i))}},
            counters.events[i]);
  }
}

}  // namespace mpsdscope
