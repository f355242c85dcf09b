#include "tools/screen/view_output.h"

#include <utility>

#include <unistd.h>

#include "tools/pretty_report.h"
#include "tools/print.h"

namespace mpsdscope {
namespace {

class ViewOutput final : public LiveOutput {
 public:
  ViewOutput(ScreenFeed& feed, const PrettyOptions& options, const BodyLog& bodies)
      : feed_(feed), options_(options), bodies_(bodies) {}

  void begin() override {}
  void call(const Call& call) override {
    Record record;
    record_of(record, call);
    set_messages(record, call, bodies_);
    feed_.push(std::move(record));
  }
  void conduct(const Conduct& conduct) override {
    Record record;
    record_of(record, conduct);
    feed_.push(std::move(record));
  }
  void notification(const Notification& told) override {
    Record record;
    record_of(record, told);
    feed_.push(std::move(record));
  }
  void session(const Story& /*story*/) override {}
  // The screen counts calls itself.
  void rates(CaptureTime at, const std::vector<TitleRates>& rates) override {
    Record record;
    for (const TitleRates& title : rates) {
      record_of(record, at, title);
      feed_.take_limits(record);
    }
  }
  void event(const ProxyEvent& event, CaptureTime now) override {
    Record record;
    record_of(record, now, event);
    feed_.push(std::move(record));
  }
  void flush(CaptureTime now) override { feed_.tick(now); }
  void end(const RunSummary& summary) override {
    std::string report;
    append_report(report, options_, summary);
    print_to_stdout(report);
  }
  bool ok(std::string& /*why*/) const override { return true; }
  void reopen(CaptureTime /*now*/) override {}
  std::uint64_t lost() const override { return 0; }

 private:
  ScreenFeed& feed_;
  PrettyOptions options_;
  BodyLog bodies_;
};

}  // namespace

std::unique_ptr<LiveOutput> make_view_output(ScreenFeed& feed, const PrettyOptions& options,
                                             const BodyLog& bodies) {
  return std::make_unique<ViewOutput>(feed, options, bodies);
}

}  // namespace mpsdscope
