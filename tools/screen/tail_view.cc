#include "tools/screen/tail_view.h"

#include <utility>

#include <unistd.h>

#include "capture/wall_clock.h"
#include "tools/diagnostics.h"
#include "tools/pretty_text.h"
#include "tools/screen/live_view.h"

namespace mpsdscope {
namespace {

constexpr std::chrono::milliseconds kMostWait{500};
// Records from one publishing of counts to the next.
constexpr unsigned kBetweenLooks = 256;

class TailView {
 public:
  TailView(const TailOptions& options, LogStream stream, TailMetrics& metrics, ScreenFeed& feed)
      : options_(options),
        stream_(std::move(stream)),
        metrics_(metrics),
        feed_(feed),
        alarm_(options.alarm) {}

  void run(const std::atomic<bool>& stop) {
    while (!stop) {
      const LogStream::Status status = stream_.next(entry_);
      if (status == LogStream::Status::record) {
        metrics_.count(entry_);
        if (!take()) return;
        if (++records_ % kBetweenLooks == 0) metrics_.publish(stream_.counts());
        continue;
      }
      metrics_.publish(stream_.counts());
      tell_news();
      if (status == LogStream::Status::ended && !ended_) {
        ended_ = true;
        feed_.end();
      }
      go_on();
      stream_.wait(kMostWait);
    }
  }

 private:
  bool take() {
    if (!entry_.listed) return true;
    if (entry_.fresh && entry_.record.time) {
      live_since_ = wall_clock_now();
      live_time_ = *entry_.record.time;
    }
    if (entry_.fresh && alarm_.wanted() && options_.filter.filter.matches(entry_.record)) {
      alarm_.ring(entry_.line, wall_clock_now());
    }
    // The screen tells a session's story by its exchanges.
    entry_.record.story.reset();
    return feed_.push_waiting(std::move(entry_.record));
  }

  // A log that is being written is one of now: rates fall when nothing comes. One that is not shows
  // how things stood at its end.
  void go_on() {
    if (live_since_) feed_.tick(live_time_ + (wall_clock_now() - *live_since_));
  }

  void tell_news() {
    for (LogNews& news : stream_.take_news()) feed_.tell(news.severity, std::move(news.text));
    if (const auto code = alarm_.take_failure()) {
      feed_.tell(Severity::warning, "--exec: the command ended with " + std::to_string(*code));
    }
    const LogCounts counts = stream_.counts();
    const std::uint64_t damaged = counts.damaged + counts.overlong;
    if (damaged == damaged_) return;
    damaged_ = damaged;
    feed_.tell(Severity::warning, counted(damaged, "line") +
                                      " could not be read: no record of a log, damaged, or "
                                      "longer than --max-line");
  }

  const TailOptions& options_;
  LogStream stream_;
  TailMetrics& metrics_;
  ScreenFeed& feed_;
  Alarm alarm_;
  LogEntry entry_;
  std::uint64_t records_ = 0;
  std::uint64_t damaged_ = 0;
  std::optional<CaptureTime> live_since_;
  CaptureTime live_time_{};
  bool ended_ = false;
};

}  // namespace

int tail_on_screen(const TailOptions& options, LogStream stream, TailMetrics& metrics,
                   const std::atomic<bool>& stop) {
  ScreenOptions screen;
  screen.colour = wants_colour(options.output.colour, STDOUT_FILENO);
  screen.filter = options.filter.text;
  auto view = LiveView::open(screen, joined(options.stream.paths));
  if (!view) {
    report_error(view.error().message);
    return exit_code::kFailed;
  }
  (*view)->start();
  TailView(options, std::move(stream), metrics, (*view)->feed()).run(stop);
  (*view)->close();
  return exit_code::kClean;
}

}  // namespace mpsdscope
