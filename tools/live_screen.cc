#include "tools/live_screen.h"

#include "tools/diagnostics.h"
#include "tools/filtered_output.h"
#include "tools/pretty_output.h"
#include "tools/pretty_text.h"
#include "tools/text_queue.h"
#include "tools/text_sink.h"

namespace mpsdscope {
namespace {

class LiveScreen final : public LiveOutput {
 public:
  LiveScreen(int fd, const PrettyOptions& options, const Filter& filter, std::size_t queue_bytes)
      : queue_(fd, queue_bytes),
        sink_(
            [this](std::string_view text) {
              push(text);
              return 0;
            },
            true),
        options_(options),
        lines_(make_filtered_output(make_pretty_output(sink_, options, true), filter)) {}

  void begin() override { lines_->begin(); }
  void call(const Call& call) override { lines_->call(call); }
  void conduct(const Conduct& conduct) override { lines_->conduct(conduct); }
  void rates(CaptureTime at, const std::vector<TitleRates>& rates) override {
    lines_->rates(at, rates);
  }
  void notification(const Notification& notification) override {
    lines_->notification(notification);
  }
  void session(const Story& story) override { lines_->session(story); }
  void end(const RunSummary& summary) override {
    ending_ = true;
    if (missing_ > 0) queue_.push_last(missing_text());
    lines_->end(summary);
    if (queue_.finish() > 0 && queue_.error() == 0) {
      report_warning(
          "the last lines were not shown: nobody reads standard output; --log FILE "
          "holds everything");
    }
  }
  bool ok(std::string& /*why*/) const override { return true; }
  void flush(CaptureTime /*now*/) override {}
  void event(const ProxyEvent& /*event*/, CaptureTime /*now*/) override {}  // on standard error
  void reopen(CaptureTime /*now*/) override {}
  // The screen itself says what it does not show; no record is lost by that.
  std::uint64_t lost() const override { return 0; }

 private:
  void push(std::string_view text) {
    if (ending_) return queue_.push_last(text);
    const int error =
        missing_ == 0 ? queue_.push(text) : queue_.push(missing_text() + std::string(text));
    missing_ = error == 0 ? 0 : missing_ + 1;
  }

  std::string missing_text() const {
    std::string text;
    append_paragraph(text, options_, 0, Style::yellow,
                     counted(missing_, "line") +
                         " not shown: whoever reads this is slower than the traffic; --log FILE "
                         "holds everything");
    return text;
  }

  TextQueue queue_;
  TextSink sink_;
  PrettyOptions options_;
  std::unique_ptr<Output> lines_;
  std::uint64_t missing_ = 0;  // since the last line that was shown
  bool ending_ = false;
};

}  // namespace

std::unique_ptr<LiveOutput> make_live_screen(int fd, const PrettyOptions& options,
                                             const Filter& filter, std::size_t queue_bytes) {
  return std::make_unique<LiveScreen>(fd, options, filter, queue_bytes);
}

}  // namespace mpsdscope
