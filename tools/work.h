// A batch of packets on its way through the pipeline.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "capture/packet_source.h"
#include "decode/frame.h"
#include "decode/report.h"
#include "tools/shard.h"

namespace mpsdscope {

// Recycled; the calls of its last round go back to the shards that made them.
struct Work {
  PacketBatch packets;
  Datagrams datagrams;
  std::vector<TcpSegment> segments;
  std::array<SegmentRefs, kShards> shares;  // of the segments
  std::array<std::vector<CallPtr>, kShards> calls;
  CaptureTime clock{};
  bool last = false;                                 // no packets: the flows end
  std::size_t undecoded = 0;                         // shares that are not decoded yet
  std::array<DecodeCounters, kShards + 1> counters;  // of each shard and of the dealer, so far
};

}  // namespace mpsdscope
