#include "tools/metrics/metrics_output.h"

#include <utility>

#include "capture/wall_clock.h"

namespace mpsdscope {
namespace {

class MetricsOutput final : public LiveOutput {
 public:
  explicit MetricsOutput(CallMetrics& metrics) : metrics_(metrics) {}

  void call(const Call& call) override { metrics_.count(call, wall_clock_now()); }
  void begin() override {}
  void conduct(const Conduct& /*conduct*/) override {}
  void notification(const Notification& /*notification*/) override {}
  void rates(CaptureTime /*at*/, const std::vector<TitleRates>& /*rates*/) override {}
  void session(const Story& /*story*/) override {}
  void end(const RunSummary& /*summary*/) override {}
  bool ok(std::string& /*why*/) const override { return true; }
  void flush(CaptureTime /*now*/) override {}
  void reopen(CaptureTime /*now*/) override {}
  void event(const ProxyEvent& /*event*/, CaptureTime /*now*/) override {}
  std::uint64_t lost() const override { return 0; }

 private:
  CallMetrics& metrics_;
};

class MeteredOutput final : public Output {
 public:
  MeteredOutput(std::unique_ptr<Output> output, CallMetrics& metrics)
      : output_(std::move(output)), metrics_(metrics) {}

  void call(const Call& call) override {
    output_->call(call);
    metrics_.count(call, wall_clock_now());
  }
  void begin() override { output_->begin(); }
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
  CallMetrics& metrics_;
};

}  // namespace

std::unique_ptr<LiveOutput> make_metrics_output(CallMetrics& metrics) {
  return std::make_unique<MetricsOutput>(metrics);
}

std::unique_ptr<Output> make_metered_output(std::unique_ptr<Output> output, CallMetrics& metrics) {
  return std::make_unique<MeteredOutput>(std::move(output), metrics);
}

}  // namespace mpsdscope
