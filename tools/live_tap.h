// The proxy's tap: what passes is decoded, judged and recorded on the worker that forwarded it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "capture/proxy/tap.h"
#include "decode/limits.h"
#include "rules/engine.h"
#include "tools/open_flows.h"
#include "tools/output.h"
#include "tools/recorder.h"
#include "tools/saved_traffic.h"

namespace mpsdscope {

struct LiveTapOptions {
  const RuleSettings& rules;
  bool all = false;  // also record the exchanges of other hosts
  Limits limits;     // of all workers together
  unsigned workers = 1;
  SavedCapture* capture = nullptr;
  SecretsFile* secrets = nullptr;
  // May be empty. Called about once a second, on the first worker.
  std::function<void(CaptureTime)> every_second;
};

// The recorder, and what the options point to, outlive it; it outlives its connections.
class LiveTap final : public Tap {
 public:
  LiveTap(const LiveTapOptions& options, Recorder& recorder);
  ~LiveTap() override;

  std::unique_ptr<ConnectionTap> begin(unsigned worker, const TapConnection& connection,
                                       CaptureTime time) override;
  void settle(unsigned worker) override;
  void on_tick(unsigned worker, CaptureTime time) override;

  // What decoding counted so far, about a second ago at most. From any thread.
  DecodeCounters counters() const;
  // What decoding counted, and from when to when. After all workers have ended.
  void summarize(RunSummary& summary) const;

 private:
  class Worker;
  class Connection;

  LiveTapOptions options_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Recorder& recorder_;
  OpenFlows flows_;
};

}  // namespace mpsdscope
