#include "tools/shard.h"

#include <algorithm>

#include "decode/flow_key.h"

namespace mpsdscope {

std::size_t shard_of(const TcpSegment& segment) {
  return FlowKeyHash()(segment) >> 32 & (kShards - 1);
}

Shard::Shard(const KeyLog& keys, const ShardOptions& options)
    : options_(options),
      examiner_(options_.rules, options_.all, options_.limits, report_),
      context_{keys, options.keys_may_grow, options_.limits, report_, examiner_},
      flows_(context_) {}

void Shard::decode(const SegmentRefs& segments, CaptureTime clock, std::vector<CallPtr>& calls) {
  examiner_.collect_in(calls);
  for (const TcpSegment* segment : segments) {
    advance(segment->time);
    flows_.on_segment(*segment);
  }
  advance(clock);
  flows_.advance(clock_);
  examiner_.examine_waiting();
}

void Shard::finish(CaptureTime clock, std::vector<CallPtr>& calls) {
  examiner_.collect_in(calls);
  advance(clock);
  flows_.finish(clock_);
  examiner_.examine_waiting();
}

void Shard::advance(CaptureTime clock) {
  clock_ = std::max(clock_, clock);
  examiner_.set_clock(clock_);
}

}  // namespace mpsdscope
