// Frames: a sequence of packets, each "link type (1 byte), time step (1), bytes cut (1), length
// (2), bytes". Segments lie within their packet or a reassembled datagram, every packet ends in one
// counter, and memory is bounded.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "decode/frame.h"
#include "decode/ip_fragments.h"

namespace {

using namespace mpsdscope;

void require(bool condition) {
  if (!condition) std::abort();
}

constexpr LinkType kLinks[] = {LinkType::ethernet,
                               LinkType::null,
                               LinkType::raw,
                               LinkType::linux_sll,
                               LinkType::linux_sll2,
                               LinkType::loop,
                               LinkType::ipv4,
                               LinkType::ipv6,
                               LinkType::raw_bsd,
                               LinkType::raw_openbsd,
                               static_cast<LinkType>(105)};

bool within(Bytes inner, Bytes outer) {
  return inner.data() >= outer.data() && inner.data() + inner.size() <= outer.data() + outer.size();
}

std::uint64_t outcomes(const DecodeReport& report) {
  return report[Counter::segments] + report[Counter::frames_unsupported_link] +
         report[Counter::frames_not_ip] + report[Counter::frames_not_tcp] +
         report[Counter::frames_quic] + report[Counter::frames_malformed] +
         report[Counter::fragments];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Limits limits;
  limits.max_fragments_total = 20'000;
  DecodeReport report;
  FrameDecoder decoder(limits, report);
  ByteReader input(Bytes(data, size));
  Packet packet;
  std::uint64_t segments = 0;
  while (input.remaining() >= 5) {
    packet.link = kLinks[input.u8() % std::size(kLinks)];
    packet.time += std::chrono::milliseconds(input.u8() * 100);
    const std::uint8_t cut = input.u8();
    const std::size_t length = std::min<std::size_t>(input.u16(), input.remaining());
    const Bytes taken = input.take(length);
    // An exact-size copy, so that a read past the end is seen.
    const std::vector<std::uint8_t> bytes(taken.begin(), taken.end());
    packet.bytes = bytes;
    packet.original_length = static_cast<std::uint32_t>(length) + cut;
    ++packet.number;
    TcpSegment segment;
    Datagrams datagrams;
    if (decoder.decode(packet, segment, datagrams)) {
      ++segments;
      const Bytes whole = datagrams.empty() ? packet.bytes : Bytes(*datagrams.back());
      require(within(segment.payload, whole));
      require(segment.packet_number == packet.number);
      require(segment.missing == 0 || datagrams.empty());
    }
    require(report[Counter::packets] == packet.number);
    require(report[Counter::segments] == segments);
    require(outcomes(report) >= packet.number);
  }
  decoder.finish();
  require(report[Counter::fragments_dropped] <= report[Counter::fragments]);
  return 0;
}
