// Where the calls of all workers of a proxy come together: judged and written in one order.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "rules/engine.h"
#include "tools/judge.h"
#include "tools/live_output.h"

namespace mpsdscope {

// Thread-safe until finish().
class Recorder {
 public:
  // Settings outlive it. `start`: of the capture clock.
  Recorder(const RuleSettings& rules, Duration rates_interval,
           std::vector<std::unique_ptr<LiveOutput>> outputs, CaptureTime start);
  ~Recorder();

  // Judges and writes calls of one worker, in the order in which they were decided. Verdicts are
  // given in an order of time that never runs backwards: calls of a worker that was overtaken on
  // the way here are decided at the time of the other. Their own times stay what they were.
  void take(std::vector<CallPtr>& calls);
  void event(const ProxyEvent& event);
  // The clock goes on without calls.
  void tick(CaptureTime now);
  // The user moved the log away.
  void reopen(CaptureTime now);

  // No more calls come. Completes the summary with what they added up to, and writes it.
  void finish(RunSummary& summary);
  // Records that could not be written, by all outputs of the kind.
  std::uint64_t lost() const;

 private:
  class Outputs;

  mutable std::mutex mutex_;
  std::unique_ptr<Outputs> outputs_;
  Judge judge_;
  std::vector<Call*> order_;  // of the calls that are being taken
  CaptureTime clock_;
};

}  // namespace mpsdscope
