#include "tools/dealer.h"

#include <algorithm>

namespace mpsdscope {

void Dealer::deal(Work& work) {
  for (auto& share : work.shares) share.clear();
  work.segments.clear();
  work.segments.reserve(work.packets.packets.size());  // they stay where they are
  for (const Packet& packet : work.packets.packets) {
    note_time(packet.time);
    TcpSegment& segment = work.segments.emplace_back();
    if (!frames_.decode(packet, segment, work.datagrams)) {
      work.segments.pop_back();
      continue;
    }
    if (several_) clocks_.note(segment, packet.input);
    work.shares[shard_of(segment)].push_back(&segment);
  }
  if (work.packets.clock) clock_ = std::max(clock_, *work.packets.clock);
}

void Dealer::note_time(CaptureTime time) {
  first_ = first_ ? std::min(*first_, time) : time;
  last_.take(time);
  clock_ = std::max(clock_, time);
}

}  // namespace mpsdscope
