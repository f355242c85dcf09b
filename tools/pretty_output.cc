#include "tools/pretty_output.h"

#include <system_error>

#include "tools/pretty_report.h"
#include "tools/pretty_sessions.h"
#include "tools/record.h"

namespace mpsdscope {
namespace {

class PrettyOutput final : public Output {
 public:
  PrettyOutput(TextSink& sink, const PrettyOptions& options, bool live)
      : sink_(sink), options_(options), live_(live), lines_(options) {}

  void begin() override {}

  void call(const Call& call) override {
    record_of(record_, call);
    lines_.append(sink_.text(), record_);
    sink_.commit();
  }

  void conduct(const Conduct& conduct) override {
    record_of(record_, conduct);
    lines_.append(sink_.text(), record_);
    sink_.commit();
  }

  void rates(CaptureTime at, const std::vector<TitleRates>& rates) override {
    if (!live_) return;
    for (const TitleRates& title : rates) {
      if (title.total.sustained.throttled == 0) continue;
      record_of(record_, at, title);
      lines_.append(sink_.text(), record_);
    }
    sink_.commit();
  }

  void notification(const Notification& notification) override {
    record_of(record_, notification);
    lines_.append(sink_.text(), record_);
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
  Record record_;
};

}  // namespace

std::unique_ptr<Output> make_pretty_output(TextSink& sink, const PrettyOptions& options,
                                           bool live) {
  return std::make_unique<PrettyOutput>(sink, options, live);
}

}  // namespace mpsdscope
