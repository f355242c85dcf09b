#include "tools/metrics/metrics_output.h"

#include <utility>

#include "capture/wall_clock.h"
#include "tools/passing_output.h"

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

class MeteredOutput final : public PassingOutput {
 public:
  MeteredOutput(std::unique_ptr<Output> output, CallMetrics& metrics)
      : PassingOutput(std::move(output)), metrics_(metrics) {}

  void call(const Call& call) override {
    PassingOutput::call(call);
    metrics_.count(call, wall_clock_now());
  }

 private:
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
