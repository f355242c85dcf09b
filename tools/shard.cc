#include "tools/shard.h"

#include <algorithm>

#include "decode/flow_key.h"
#include "decode/prefetch.h"

namespace mpsdscope {
namespace {

// Another thread may have read the packet. What follows is asked for by the processor itself.
constexpr std::size_t kBeginning = 256;  // bytes

}  // namespace

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
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (i + 2 < segments.size()) prefetch_object(segments[i + 2]);
    if (i + 1 < segments.size()) {
      const Bytes next = segments[i + 1]->payload;
      prefetch_range(next.data(), std::min(next.size(), kBeginning));
    }
    advance(segments[i]->time);
    flows_.on_segment(*segments[i]);
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
