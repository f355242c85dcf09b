#include "tools/cmd_tail.h"

#include <cerrno>
#include <system_error>

#include <unistd.h>

#include "capture/wall_clock.h"
#include "tools/diagnostics.h"
#include "tools/metrics/tail_metrics.h"
#include "tools/pretty_text.h"
#include "tools/screen/tail_view.h"
#include "tools/signals.h"
#include "tools/tail/alarm.h"
#include "tools/tail/log_stream.h"
#include "tools/tail/tail_output.h"
#include "tools/title_names.h"
#include "tools/verdict.h"

namespace mpsdscope {
namespace {

// Records from one look at the clock to the next.
constexpr unsigned kBetweenLooks = 256;

class Tail {
 public:
  Tail(const TailOptions& options, LogStream stream, TailMetrics& metrics)
      : stream_(std::move(stream)),
        metrics_(metrics),
        output_(options.output, STDOUT_FILENO),
        alarm_(options.alarm) {}

  int run(const std::atomic<bool>& stop) {
    unsigned records = 0;
    while (!stop && output_.error() == 0) {
      const LogStream::Status status = stream_.next(entry_);
      if (status == LogStream::Status::ended) break;
      if (status == LogStream::Status::record) {
        metrics_.count(entry_);
        if (entry_.listed) list();
        if (++records % kBetweenLooks == 0) {
          metrics_.publish(stream_.counts());
          draw_if_due();
        }
        continue;
      }
      metrics_.publish(stream_.counts());
      tell_news();
      const Duration due = draw_if_due();
      stream_.wait(output_.waiting() ? std::chrono::ceil<std::chrono::milliseconds>(due)
                                     : kForever);
    }
    output_.draw(wall_clock_now());
    tell_news();
    return tell_end();
  }

 private:
  static constexpr std::chrono::milliseconds kForever{60'000};

  void list() {
    if (entry_.fresh && alarm_.wanted()) alarm_.ring(entry_.line, wall_clock_now());
    output_.list(entry_);
  }

  // How long until it is.
  Duration draw_if_due() {
    if (!output_.waiting()) return {};
    const CaptureTime now = wall_clock_now();
    const Duration due = output_.until_due(now);
    if (due == Duration::zero()) output_.draw(now);
    return due;
  }

  void tell_news() {
    for (const auto& [severity, text] : stream_.take_news()) {
      severity == Severity::info ? report_note(text) : report_warning(text);
    }
  }

  int tell_end() const {
    const LogCounts counts = stream_.counts();
    if (counts.damaged > 0) {
      report_warning(counted(counts.damaged, "line") +
                     " could not be read: no record of a log, or a damaged one");
    }
    if (counts.overlong > 0) {
      report_warning(counted(counts.overlong, "line") + " longer than --max-line passed over");
    }
    if (alarm_.silent() > 0) {
      report_note(counted(alarm_.silent(), "matching record") +
                  " without an alarm: too soon after another (--alarm-every)");
    }
    if (alarm_.failed() > 0) {
      report_warning(counted(alarm_.failed(), "command") + " could not be started");
    }
    report_detail(counted(counts.records, "record") + " read, " + thousands(counts.listed) +
                  " listed; " + verdict_line(counts.calls, counts.by_severity));
    if (output_.error() == 0) return exit_code::kClean;
    if (output_.error() != EPIPE) {
      report_error("cannot write standard output: " +
                   std::generic_category().message(output_.error()));
    }
    return exit_code::kFailed;
  }

  LogStream stream_;
  TailMetrics& metrics_;
  TailOutput output_;
  Alarm alarm_;
  LogEntry entry_;
};

}  // namespace

int cmd_tail(const TailOptions& options) {
  set_up_diagnostics(options.output.loudness, wants_colour(options.output.colour, STDERR_FILENO));
  set_title_names(options.titles);
  const std::atomic<bool>& stop = stop_on_signals();
  auto stream = LogStream::open(options.stream);
  if (!stream) {
    report_error(stream.error().message);
    return exit_code::kFailed;
  }
  auto metrics = TailMetrics::open(options.metrics);
  if (!metrics) {
    report_error(metrics.error().message);
    return exit_code::kFailed;
  }
  if (options.screen) return tail_on_screen(options, std::move(*stream), **metrics, stop);
  return Tail(options, std::move(*stream), **metrics).run(stop);
}

}  // namespace mpsdscope
