#include "tools/recorder.h"

#include <algorithm>
#include <utility>

namespace mpsdscope {

// All outputs as one.
class Recorder::Outputs final : public LiveOutput {
 public:
  explicit Outputs(std::vector<std::unique_ptr<LiveOutput>> outputs)
      : outputs_(std::move(outputs)) {}

  void begin() override {
    for (auto& output : outputs_) output->begin();
  }
  void call(const Call& call) override {
    for (auto& output : outputs_) output->call(call);
  }
  void conduct(const Conduct& conduct) override {
    for (auto& output : outputs_) output->conduct(conduct);
  }
  void rates(CaptureTime at, const std::vector<TitleRates>& rates) override {
    for (auto& output : outputs_) output->rates(at, rates);
  }
  void notification(const Notification& notification) override {
    for (auto& output : outputs_) output->notification(notification);
  }
  void session(const Story& story) override {
    for (auto& output : outputs_) output->session(story);
  }
  void end(const RunSummary& summary) override {
    for (auto& output : outputs_) output->end(summary);
  }
  bool ok(std::string& why) const override {
    return std::all_of(outputs_.begin(), outputs_.end(),
                       [&why](const auto& output) { return output->ok(why); });
  }
  void flush(CaptureTime now) override {
    for (auto& output : outputs_) output->flush(now);
  }
  void event(const ProxyEvent& event, CaptureTime now) override {
    for (auto& output : outputs_) output->event(event, now);
  }
  void reopen(CaptureTime now) override {
    for (auto& output : outputs_) output->reopen(now);
  }
  std::uint64_t lost() const override {
    std::uint64_t lost = 0;
    for (const auto& output : outputs_) lost += output->lost();
    return lost;
  }

 private:
  std::vector<std::unique_ptr<LiveOutput>> outputs_;
};

Recorder::Recorder(const RuleSettings& rules, Duration rates_interval,
                   std::vector<std::unique_ptr<LiveOutput>> outputs, CaptureTime start)
    : outputs_(std::make_unique<Outputs>(std::move(outputs))),
      judge_(rules, rates_interval, *outputs_),
      clock_(start) {
  outputs_->begin();
}

Recorder::~Recorder() = default;

void Recorder::take(std::vector<CallPtr>& calls) {
  const std::lock_guard lock(mutex_);
  order_.clear();
  for (const CallPtr& call : calls) {
    clock_ = std::max(clock_, call->exchange->decided);
    call->exchange->decided = clock_;
    order_.push_back(call.get());
  }
  judge_.take(order_);
  outputs_->flush(clock_);
}

void Recorder::event(const ProxyEvent& event) {
  const std::lock_guard lock(mutex_);
  clock_ = std::max(clock_, event.time);
  outputs_->event(event, clock_);
}

void Recorder::tick(CaptureTime now) {
  const std::lock_guard lock(mutex_);
  clock_ = std::max(clock_, now);
}

void Recorder::reopen(CaptureTime now) {
  const std::lock_guard lock(mutex_);
  clock_ = std::max(clock_, now);
  outputs_->reopen(clock_);
}

void Recorder::finish(RunSummary& summary) {
  const std::lock_guard lock(mutex_);
  judge_.finish(summary);
  outputs_->end(summary);
}

std::uint64_t Recorder::lost() const {
  const std::lock_guard lock(mutex_);
  return outputs_->lost();
}

}  // namespace mpsdscope
