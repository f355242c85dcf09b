// From a captured packet to its TCP segment: link layer, VLAN tags, IPv4 and IPv6 with fragments.
#pragma once

#include <memory>
#include <vector>

#include "decode/limits.h"
#include "decode/packet.h"
#include "decode/report.h"
#include "decode/segment.h"

namespace mpsdscope {

// Reassembled datagrams that segments point into; keep them as long as the segments.
using Datagrams = std::vector<std::unique_ptr<std::vector<std::uint8_t>>>;

class IpFragments;

// Holds incomplete fragmented datagrams (RFC 791 §3.2, RFC 8200 §4.5), bounded by
// Limits::max_fragments_total and by 30 s of capture time. Single-threaded.
class FrameDecoder {
 public:
  FrameDecoder(const Limits& limits, DecodeReport& report);
  ~FrameDecoder();

  // True if the packet holds, or completes, a TCP segment: then `segment` is set. Its payload
  // points into the packet, or into a buffer that was appended to `datagrams`. What is not TCP,
  // damaged or incomplete is counted in the report.
  bool decode(const Packet& packet, TcpSegment& segment, Datagrams& datagrams);
  // The input ended: counts what is still incomplete as dropped.
  void finish();

 private:
  bool count(Counter counter);  // counts; returns false
  // Completes and counts a segment; returns true.
  bool take(const Packet& packet, TcpSegment& segment);

  DecodeReport& report_;
  std::unique_ptr<IpFragments> fragments_;
};

}  // namespace mpsdscope
