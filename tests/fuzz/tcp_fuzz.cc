// TCP reassembly: any segments of a few connections in any order.
//
// Input: records of 8 bytes: endpoints and direction, flags, sequence (2), acknowledgment (2),
// length, time step. Every payload byte is the low byte of its own sequence number, so whatever is
// given on must count up, also across gaps of known length.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "decode/flow_table.h"

namespace {

using namespace mpsdscope;

void check(bool fine) {
  if (!fine) std::abort();
}

class CountingSink final : public StreamSink {
 public:
  void on_data(Direction direction, CaptureTime, Bytes bytes) override {
    Side& side = sides_[index_of(direction)];
    check(!side.ended && !bytes.empty());
    for (const std::uint8_t byte : bytes) {
      check(!side.known || byte == side.next);
      side.next = static_cast<std::uint8_t>(byte + 1);
      side.known = true;
    }
  }
  void on_gap(Direction direction, CaptureTime, std::uint64_t length) override {
    Side& side = sides_[index_of(direction)];
    check(!side.ended);
    if (length == 0) side.known = false;
    side.next = static_cast<std::uint8_t>(side.next + length);
  }
  void on_end(Direction direction, CaptureTime, StreamEnd) override {
    Side& side = sides_[index_of(direction)];
    check(!side.ended);
    side.ended = true;
  }
  std::size_t buffered_bytes() const override { return 0; }

 private:
  struct Side {
    std::uint8_t next = 0;
    bool known = false;
    bool ended = false;
  };
  Side sides_[2];
};

struct NoExchanges final : ExchangeSink {
  bool wants_bodies(const Exchange&) override { return true; }
  void on_exchange(ExchangePtr) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Limits limits;
  limits.max_flows = 3;
  limits.max_buffered_per_flow = 4'000;
  limits.max_buffered_total = 6'000;
  KeyLog keys;
  DecodeReport report;
  NoExchanges exchanges;
  DecodeContext context{keys, false, limits, report, exchanges};
  FlowTable flows(context, [](ConnectionInfo&) { return std::make_unique<CountingSink>(); });

  ByteReader input({data, size});
  CaptureTime now{};
  std::uint64_t number = 0;
  while (input.remaining() >= 8) {
    const std::uint8_t who = input.u8();
    TcpSegment segment;
    segment.flags = input.u8() & 0x1f;
    // Near the wrap-around, unless the top bit of `who` sends it far away.
    segment.sequence = 0xffff8000u + input.u16() + (who & 0x80 ? 0x40000000u : 0);
    segment.acknowledgment = 0xffff8000u + input.u16();
    const std::size_t length = input.u8() * (who & 0x40 ? 8u : 1u);
    now += std::chrono::milliseconds(input.u8()) * (who & 0x20 ? 10 : 1);
    segment.time = who & 0x10 ? now - std::chrono::milliseconds(5) : now;
    segment.packet_number = ++number;
    segment.missing = who & 0x08 ? 3 : 0;
    Endpoint a, b;
    a.port = static_cast<std::uint16_t>(1000 + (who >> 1 & 3));
    b.port = 80;
    segment.source = who & 1 ? b : a;
    segment.destination = who & 1 ? a : b;
    std::vector<std::uint8_t> payload(length);
    const std::uint32_t first = segment.sequence + (segment.flags & TcpFlags::syn ? 1 : 0);
    for (std::size_t i = 0; i < length; ++i) payload[i] = static_cast<std::uint8_t>(first + i);
    segment.payload = payload;
    flows.on_segment(segment);
    check(flows.size() <= limits.max_flows);
    if (who & 0x04) flows.advance(now);
  }
  flows.finish(now);
  return 0;
}
