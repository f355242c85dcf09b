#include "tools/filtered_output.h"

#include <utility>

#include "tools/passing_output.h"

namespace mpsdscope {
namespace {

class FilteredOutput final : public PassingOutput {
 public:
  FilteredOutput(std::unique_ptr<Output> output, const Filter& filter)
      : PassingOutput(std::move(output)), filter_(filter) {}

  void call(const Call& call) override {
    if (wants(call)) PassingOutput::call(call);
  }
  void conduct(const Conduct& conduct) override {
    if (wants(conduct)) PassingOutput::conduct(conduct);
  }
  void notification(const Notification& told) override {
    if (wants(told)) PassingOutput::notification(told);
  }

 private:
  template <class Told>
  bool wants(const Told& told) {
    record_of(record_, told);
    return filter_.matches(record_);
  }

  Filter filter_;
  Record record_;
};

}  // namespace

std::unique_ptr<Output> make_filtered_output(std::unique_ptr<Output> output, const Filter& filter) {
  if (filter.matches_everything()) return output;
  return std::make_unique<FilteredOutput>(std::move(output), filter);
}

}  // namespace mpsdscope
