#include "tools/pretty_output.h"

#include <system_error>

#include "tools/pretty_conduct.h"
#include "tools/pretty_rates.h"
#include "tools/pretty_report.h"
#include "tools/pretty_sessions.h"

namespace mpsdscope {
namespace {

class PrettyOutput final : public Output {
 public:
  PrettyOutput(TextSink& sink, const PrettyOptions& options, bool live)
      : sink_(sink), options_(options), live_(live), lines_(options) {}

  void begin() override {}

  void call(const Call& call) override {
    lines_.append_call(sink_.text(), call);
    sink_.commit();
  }

  void conduct(const Conduct& conduct) override {
    append_conduct(sink_.text(), options_, conduct);
    sink_.commit();
  }

  void rates(CaptureTime at, const std::vector<TitleRates>& rates) override {
    if (!live_) return;
    append_throttled_titles(sink_.text(), options_, at, rates);
    sink_.commit();
  }

  void notification(const Notification& notification) override {
    lines_.append_notification(sink_.text(), notification);
    sink_.commit();
  }

  void session(const Story& story) override {
    append_session(sink_.text(), options_, story);
    sink_.commit();
  }

  void end(const RunSummary& summary) override {
    append_report(sink_.text(), options_, summary);
    sink_.flush();
  }

  bool ok(std::string& why) const override {
    if (sink_.error() == 0) return true;
    why = std::generic_category().message(sink_.error());
    return false;
  }

 private:
  TextSink& sink_;
  PrettyOptions options_;
  bool live_;
  PrettyLines lines_;
};

}  // namespace

std::unique_ptr<Output> make_pretty_output(TextSink& sink, const PrettyOptions& options,
                                           bool live) {
  return std::make_unique<PrettyOutput>(sink, options, live);
}

}  // namespace mpsdscope
