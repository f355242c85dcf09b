// The pipeline of packet inputs: packets -> frames -> shards of flows -> exchanges -> calls, in
// order.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "capture/packet_source.h"
#include "decode/keylog.h"
#include "decode/limits.h"
#include "rules/engine.h"
#include "tools/output.h"

namespace mpsdscope {

struct PipelineOptions {
  unsigned threads = 0;  // decoder threads; 0: one per processor. Output is the same for any
  bool all = false;      // also hand other exchanges to the output
  bool live = false;     // keys may come later; idle ticks advance the clock
  Duration rates_interval = std::chrono::seconds(60);  // of capture time, between rates records
  Limits limits;
  RuleSettings rules;
  std::string session;  // of rules.follow_sessions: the only one that is told of; "": all
  const std::atomic<bool>* stop = nullptr;  // set by a signal: end as if the input had ended
  // What decoding counted so far, after a batch was judged; not on two threads at once.
  std::function<void(const DecodeCounters&)> on_counters;
  std::function<void()> on_batch;  // progress, key logs to follow; not on two threads at once
};

// Runs the source to its end and returns what happened. Output methods are called by one thread at
// a time, all between begin() and end(); the caller calls output.end(summary) itself.
RunSummary run_pipeline(PacketSource& source, const KeyLog& keys, const PipelineOptions& options,
                        Output& output);

}  // namespace mpsdscope
