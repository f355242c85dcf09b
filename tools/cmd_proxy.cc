#include "tools/cmd_proxy.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include <unistd.h>

#include "capture/proxy/certificate_authority.h"
#include "capture/proxy/client_tls.h"
#include "capture/proxy/device_page.h"
#include "capture/proxy/leaf_cache.h"
#include "capture/proxy/proxy_server.h"
#include "capture/wall_clock.h"
#include "rules/host_pattern.h"
#include "tools/diagnostics.h"
#include "tools/event_log.h"
#include "tools/live_files.h"
#include "tools/live_tap.h"
#include "tools/metrics/metrics_output.h"
#include "tools/metrics/metrics_page.h"
#include "tools/personal.h"
#include "tools/pretty_text.h"
#include "tools/run_capture.h"
#include "tools/screen/live_view.h"
#include "tools/screen/view_output.h"
#include "tools/signals.h"
#include "tools/title_names.h"
#include "tools/unread.h"
#include "tools/verdict.h"

namespace mpsdscope {
namespace {

constexpr auto kRatesInterval = std::chrono::seconds(60);

// What the server needs of TLS. In the order in which each needs the one before.
struct TlsParts {
  CertificateAuthority authority;
  UpstreamTls upstream;
  std::unique_ptr<LeafCache> leaves;
  std::optional<ClientTls> client;
};

Result<std::unique_ptr<TlsParts>> make_tls(const ProxyCommand& command, CaptureTime now) {
  std::string directory = command.ca_directory;
  if (directory.empty()) {
    auto chosen = default_ca_directory();
    if (!chosen) return chosen.error();
    directory = std::move(*chosen);
  }
  auto authority = CertificateAuthority::open_or_make(directory, now);
  if (!authority) return authority.error();
  auto upstream = UpstreamTls::create(command.upstream);
  if (!upstream) return upstream.error();
  // The others refer to the authority: it must not move any more.
  auto parts = std::make_unique<TlsParts>(
      TlsParts{std::move(*authority), std::move(*upstream), nullptr, std::nullopt});
  auto leaves = LeafCache::create(parts->authority, command.max_certificates);
  if (!leaves) return leaves.error();
  parts->leaves = std::move(*leaves);
  auto client = ClientTls::create(parts->authority);
  if (!client) return client.error();
  parts->client.emplace(std::move(*client));
  return Result<std::unique_ptr<TlsParts>>(std::move(parts));
}

ProxyOptions server_options(const ProxyCommand& command) {
  ProxyOptions options = command.proxy;
  options.intercepts = [patterns = command.intercept](std::string_view host) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return matches_host(pattern, host); });
  };
  return options;
}

std::string way_in(const ProxyOptions& proxy) {
  switch (proxy.mode) {
    case ProxyMode::regular:
      return "HTTP proxy";
    case ProxyMode::socks5:
      return "SOCKS5 proxy";
    case ProxyMode::transparent:
      return "transparent, for redirected connections";
    case ProxyMode::reverse:
      break;
  }
  return std::string("for ") + (proxy.reverse_tls ? "https://" : "http://") +
         proxy.reverse_to.host + ":" + std::to_string(proxy.reverse_to.port);
}

void greet(const ProxyCommand& command, const ProxyServer& server, const TlsParts& tls) {
  for (const Endpoint& endpoint : server.listening()) {
    report_note("listening on " + endpoint.to_string() + " (" + way_in(command.proxy) + ")");
  }
  if (command.proxy.mode != ProxyMode::reverse) {
    report_note("decrypting " + joined(command.intercept) +
                "; everything else passes untouched (--intercept changes that)");
  }
  report_note("devices must trust the CA " + tls.authority.path(CaFiles::kPem) + "; http://" +
              server.listening().front().to_string() + "/ says how to install it");
  report_note("Ctrl-C ends with the summary");
}

Result<std::unique_ptr<LiveView>> open_view(const ProxyCommand& command,
                                            const ProxyServer& server) {
  ScreenOptions options;
  options.colour = wants_colour(command.output.colour, STDOUT_FILENO);
  options.filter = command.filter.text;
  std::vector<std::string> addresses;
  for (const Endpoint& endpoint : server.listening()) addresses.push_back(endpoint.to_string());
  return LiveView::open(options, "proxy " + joined(addresses));
}

std::vector<std::string> problems_of(const Recorder& recorder, const LiveFiles& files) {
  std::vector<std::string> problems;
  const auto add = [&](std::uint64_t lost, const char* noun, const char* where) {
    if (lost > 0) problems.push_back(counted(lost, noun) + " could not be written to " + where);
  };
  add(recorder.lost(), "record", "the log");
  if (files.capture) add(files.capture->lost(), "packet", "the capture");
  if (files.secrets) add(files.secrets->lost(), "secret", "the key log");
  return problems;
}

// Stands for tap and events while the server is opened: they write to files, which are not touched
// before it is known that the addresses are free.
class Ears final : public Tap, public ProxyEvents {
 public:
  void listen_with(Tap& tap, ProxyEvents& events) {
    tap_ = &tap;
    events_ = &events;
  }
  std::unique_ptr<ConnectionTap> begin(unsigned worker, const TapConnection& connection,
                                       CaptureTime time) override {
    return tap_->begin(worker, connection, time);
  }
  void settle(unsigned worker) override { tap_->settle(worker); }
  void on_tick(unsigned worker, CaptureTime time) override { tap_->on_tick(worker, time); }
  void on_event(const ProxyEvent& event) override {
    if (events_) events_->on_event(event);
  }

 private:
  Tap* tap_ = nullptr;
  ProxyEvents* events_ = nullptr;
};

int verdict_of(const ProxyCommand& command, const RunSummary& summary, bool service_failed) {
  int code = exit_code_of(summary, command.fail_on, command.rules);
  for (const std::string& problem : summary.problems) report_warning(problem);
  for (const std::string& text : warnings_of(summary, command.rules)) report_warning(text);
  const bool blind =
      summary.calls == 0 && (service_failed || service_unread(summary, command.rules));
  if (command.fail_on != Severity::off && blind) {
    report_error("--fail-on has nothing to judge: no call of the service could be read");
    code = exit_code::kFailed;
  }
  if (code == exit_code::kClean && !summary.problems.empty()) code = exit_code::kFailed;
  report_note(verdict_line(summary));
  return code;
}

}  // namespace

int cmd_proxy(const ProxyCommand& command) {
  set_up_diagnostics(command.output.loudness, wants_colour(command.output.colour, STDERR_FILENO));
  SignalWaiter signals(!command.log.path.empty() && command.log.path != "-");
  const QueuedDiagnostics queued(wants_colour(command.output.colour, STDERR_FILENO));
  set_title_names(command.titles);
  if (command.redact_personal) {
    mask_personal_data();
    if (!command.save.empty()) {
      report_warning("--redact-personal does not reach into " + command.save +
                     ": a capture holds the traffic as it was");
    }
  }
  const auto failed = [](const Error& error) {
    report_error(error.message);
    return exit_code::kFailed;
  };
  const CaptureTime start = wall_clock_now();
  auto tls = make_tls(command, start);
  if (!tls) return failed(tls.error());
  const bool reverse = command.proxy.mode == ProxyMode::reverse;
  const DevicePage page((*tls)->authority,
                        reverse ? std::vector{command.proxy.reverse_to.host} : command.intercept);
  Ears ears;
  auto server =
      ProxyServer::open(server_options(command),
                        {ears, ears, (*tls)->upstream, *(*tls)->leaves, *(*tls)->client, page});
  if (!server) return failed(server.error());
  std::unique_ptr<PageServer> scraped;
  if (command.metrics) {
    auto opened = open_metrics_server(*command.metrics);
    if (!opened) return failed(opened.error());
    scraped = std::move(*opened);
  }
  auto files = open_live_files(command, (*tls)->authority, start);
  if (!files) return failed(files.error());
  std::unique_ptr<LiveView> view;
  if (command.screen) {
    auto opened = open_view(command, **server);
    if (!opened) return failed(opened.error());
    view = std::move(*opened);
    files->outputs.push_back(make_view_output(
        view->feed(), pretty_options(command.output, STDOUT_FILENO), command.bodies));
  }
  CallMetrics metrics;
  if (scraped) files->outputs.push_back(make_metrics_output(metrics));

  Recorder recorder(command.rules, kRatesInterval, std::move(files->outputs), start);
  EventLog events(command.rules, recorder);
  std::atomic<bool> reopen{false};
  LiveTap tap({command.rules, command.all, command.limits, command.proxy.threads,
               files->capture.get(), files->secrets.get(),
               [&](CaptureTime now) {
                 events.every_second();
                 if (reopen.exchange(false)) recorder.reopen(now);
               }},
              recorder);
  ears.listen_with(tap, events);
  if (view) view->start();
  greet(command, **server, **tls);
  if (scraped) {
    scraped->start(metrics_page(metrics, [&](Exposition& out) {
      append_proxy(out, (*server)->counters());
      LostCounts lost = lost_in_decoding(tap.counters());
      lost.emplace_back("log_record", recorder.lost());
      lost.emplace_back("saved_packet", files->capture ? files->capture->lost() : 0);
      lost.emplace_back("logged_secret", files->secrets ? files->secrets->lost() : 0);
      append_lost(out, lost);
    }));
  }

  std::thread running([&] { (*server)->run(); });
  while (signals.wait() == SIGHUP) reopen = true;
  if (view) view->close();
  (*server)->stop();
  running.join();
  scraped.reset();

  RunSummary summary;
  summary.proxy = (*server)->counters();
  tap.summarize(summary);
  events.summarize(summary);
  if (files->capture) files->capture->close();
  if (files->secrets) files->secrets->close();
  summary.problems = problems_of(recorder, *files);
  recorder.finish(summary);
  summary.problems = problems_of(recorder, *files);  // the last of the log may be lost too
  return verdict_of(command, summary, events.service_failed());
}

}  // namespace mpsdscope
