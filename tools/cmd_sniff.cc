#include "tools/cmd_sniff.h"

#include <filesystem>

#include <unistd.h>

#include "capture/key_log_file.h"
#include "capture/live_capture.h"
#include "tools/diagnostics.h"
#include "tools/escape.h"
#include "tools/metrics/sniff_metrics.h"
#include "tools/pretty_text.h"
#include "tools/print.h"
#include "tools/run_capture.h"
#include "tools/table.h"

namespace mpsdscope {
namespace {

// For a shell.
std::string own_path() {
  std::error_code error;
  const std::string path = std::filesystem::read_symlink("/proc/self/exe", error).string();
  return error ? "mpsdscope" : "'" + path + "'";
}

int list(const OutputOptions& output) {
  const auto interfaces = list_interfaces();
  if (!interfaces) {
    report_error(interfaces.error().message);
    return exit_code::kFailed;
  }
  if (interfaces->empty()) {
    report_error(
        "no interface can be captured from: run as root, or give the program the capability once "
        "with: sudo setcap cap_net_raw,cap_net_admin+eip " +
        own_path());
    return exit_code::kFailed;
  }
  Table table({{"interface"}, {"state"}, {"addresses"}, {"description"}});
  for (const InterfaceInfo& interface : *interfaces) {
    table.add_row({{printable(interface.name), Style::bold},
                   {interface.up ? "up" : "down", interface.up ? Style::green : Style::dim},
                   {printable(joined(interface.addresses))},
                   {printable(interface.description)}});
  }
  std::string text;
  table.render(text, Paint(wants_colour(output.colour, STDOUT_FILENO)),
               output.width > 0 ? output.width : terminal_width(STDOUT_FILENO, 0));
  return print_to_stdout(text);
}

// The key logs of running programs: they may appear and grow while the capture runs.
class KeyLogs {
 public:
  KeyLogs(const std::vector<std::string>& paths, KeyLog& keys) : keys_(keys) {
    for (const std::string& path : paths) followers_.emplace_back(path);
    problems_.resize(followers_.size());
  }
  void poll() {
    for (std::size_t i = 0; i < followers_.size(); ++i) {
      followers_[i].poll(keys_);
      // A problem is worth a word when it comes up, not at every look.
      if (followers_[i].problem() == problems_[i]) continue;
      problems_[i] = followers_[i].problem();
      if (!problems_[i].empty()) report_warning(problems_[i]);
    }
  }

 private:
  KeyLog& keys_;
  std::vector<KeyLogFollower> followers_;
  std::vector<std::string> problems_;
};

}  // namespace

int cmd_sniff(const SniffOptions& options) {
  const OutputOptions& output = options.capture.output;
  set_up_diagnostics(output.loudness, wants_colour(output.colour, STDERR_FILENO));
  if (options.list) return list(output);
  const auto source =
      LiveCapture::open(options.interface, static_cast<int>(options.snaplen), options.filter);
  if (!source) {
    report_error(source.error().message);
    return exit_code::kFailed;
  }
  KeyLog keys;
  KeyLogs logs(options.capture.keylogs, keys);
  logs.poll();
  std::unique_ptr<SniffMetrics> metrics;
  if (options.metrics) {
    auto opened = SniffMetrics::open(*options.metrics);
    if (!opened) {
      report_error(opened.error().message);
      return exit_code::kFailed;
    }
    metrics = std::move(*opened);
  }
  report_note("capturing from " + options.interface + "; Ctrl-C ends with the summary");
  CaptureRun run{**source, keys, {options.interface}, true, [&] {
                   logs.poll();
                   if (metrics) metrics->publish(**source);
                 }};
  if (metrics) {
    run.metrics = &metrics->calls();
    run.on_counters = [&](const DecodeCounters& counters) { metrics->publish(counters); };
  }
  return run_capture(options.capture, run);
}

}  // namespace mpsdscope
