#include "tools/filtered_output.h"

#include <utility>

namespace mpsdscope {
namespace {

class FilteredOutput final : public Output {
 public:
  FilteredOutput(std::unique_ptr<Output> output, const Filter& filter)
      : output_(std::move(output)), filter_(filter) {}

  void begin() override { output_->begin(); }
  void call(const Call& call) override {
    record_of(record_, call);
    if (filter_.matches(record_)) output_->call(call);
  }
  void conduct(const Conduct& conduct) override {
    record_of(record_, conduct);
    if (filter_.matches(record_)) output_->conduct(conduct);
  }
  void notification(const Notification& notification) override {
    record_of(record_, notification);
    if (filter_.matches(record_)) output_->notification(notification);
  }
  void rates(CaptureTime at, const std::vector<TitleRates>& rates) override {
    output_->rates(at, rates);
  }
  void session(const Story& story) override { output_->session(story); }
  void end(const RunSummary& summary) override { output_->end(summary); }
  bool ok(std::string& why) const override { return output_->ok(why); }

 private:
  std::unique_ptr<Output> output_;
  Filter filter_;
  Record record_;
};

}  // namespace

std::unique_ptr<Output> make_filtered_output(std::unique_ptr<Output> output, const Filter& filter) {
  if (filter.matches_everything()) return output;
  return std::make_unique<FilteredOutput>(std::move(output), filter);
}

}  // namespace mpsdscope
