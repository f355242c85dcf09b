// An output before another one: hands everything on, but for what a derived class does otherwise.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tools/output.h"

namespace mpsdscope {

class PassingOutput : public Output {
 public:
  explicit PassingOutput(std::unique_ptr<Output> output) : output_(std::move(output)) {}

  void begin() override { output_->begin(); }
  void call(const Call& call) override { output_->call(call); }
  void conduct(const Conduct& conduct) override { output_->conduct(conduct); }
  void notification(const Notification& told) override { output_->notification(told); }
  void rates(CaptureTime at, const std::vector<TitleRates>& rates) override {
    output_->rates(at, rates);
  }
  void session(const Story& story) override { output_->session(story); }
  void end(const RunSummary& summary) override { output_->end(summary); }
  bool ok(std::string& why) const override { return output_->ok(why); }

 private:
  std::unique_ptr<Output> output_;
};

}  // namespace mpsdscope
