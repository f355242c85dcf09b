// A FrameDecoder with all that it needs, fed packets from exact-size buffers.
#pragma once

#include <cstdint>
#include <string>

#include "decode/frame.h"
#include "tests/decode/testing/capture_bytes.h"

namespace mpsdscope::testing {

struct FrameTester {
  Limits limits;
  DecodeReport report;
  Datagrams datagrams;
  TcpSegment segment;
  FrameDecoder frames{limits, report};
  std::string payload;  // of the last segment
  std::uint64_t packets = 0;

  bool decode(const Blob& bytes, LinkType link = LinkType::ethernet, std::size_t original = 0,
              CaptureTime time = {}) {
    Blob exact(bytes);
    exact.shrink_to_fit();
    Packet packet;
    packet.time = time;
    packet.number = ++packets;
    packet.link = link;
    packet.original_length = static_cast<std::uint32_t>(original == 0 ? exact.size() : original);
    packet.bytes = exact;
    if (!frames.decode(packet, segment, datagrams)) return false;
    payload = std::string(as_text(segment.payload));
    return true;
  }
};

}  // namespace mpsdscope::testing
