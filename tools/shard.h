// One share of the flows, decoded on one thread at a time.
#pragma once

#include <cstddef>
#include <vector>

#include "decode/context.h"
#include "decode/flow_table.h"
#include "decode/segment.h"
#include "rules/engine.h"
#include "tools/examiner.h"

namespace mpsdscope {

// How many shards the flows are spread over, whatever the number of threads: limits and evictions
// work within a shard, so the output must not depend on the threads.
constexpr std::size_t kShards = 8;

std::size_t shard_of(const TcpSegment& segment);

// Segments that lie elsewhere, in the order of capture.
using SegmentRefs = std::vector<const TcpSegment*>;

struct ShardOptions {
  Limits limits;  // of one shard
  const RuleSettings& rules;
  bool all = false;  // keep the exchanges of other hosts too
  bool keys_may_grow = false;
};

// Segments in, examined calls out. Settings and keys outlive it.
class Shard {
 public:
  Shard(const KeyLog& keys, const ShardOptions& options);

  // Decodes `segments`, then lets time pass until `clock`. Appends to `calls`.
  void decode(const SegmentRefs& segments, CaptureTime clock, std::vector<CallPtr>& calls);
  // Ends all flows. Appends to `calls`.
  void finish(CaptureTime clock, std::vector<CallPtr>& calls);

  // Takes calls back that were given out before, to use their memory again. Empties `calls`.
  void recycle(std::vector<CallPtr>& calls) { examiner_.recycle(calls); }

  const DecodeReport& report() const { return report_; }

 private:
  void advance(CaptureTime clock);

  ShardOptions options_;
  DecodeReport report_;
  Examiner examiner_;
  DecodeContext context_;
  FlowTable flows_;
  CaptureTime clock_{};
};

}  // namespace mpsdscope
