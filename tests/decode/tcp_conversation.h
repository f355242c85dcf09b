// A TCP conversation for tests: says what each host sends, and makes the segments of it, which a
// test then drops, swaps and repeats.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "decode/segment.h"

namespace mpsdscope::testing {

// Segments that own their payload. Time: one millisecond a segment, from t = 1 s on.
struct OwnedSegment {
  TcpSegment segment;
  std::string payload;

  TcpSegment view() const {
    TcpSegment copy = segment;
    copy.payload = as_bytes(payload);
    return copy;
  }
};

class Conversation {
 public:
  explicit Conversation(std::uint32_t client_isn = 1000, std::uint32_t server_isn = 5000,
                        std::uint16_t client_port = 40000)
      : next_{client_isn, server_isn} {
    const std::uint8_t client[4]{192, 0, 2, 1}, server[4]{192, 0, 2, 2};
    hosts_[0] = {IpAddress::from_bytes(client), client_port};
    hosts_[1] = {IpAddress::from_bytes(server), 80};
  }

  Conversation& handshake() {
    push(0, TcpFlags::syn, "");
    push(1, TcpFlags::syn | TcpFlags::ack, "");
    return push(0, TcpFlags::ack, "");
  }
  Conversation& client(std::string_view data) { return push(0, TcpFlags::ack, data); }
  Conversation& server(std::string_view data) { return push(1, TcpFlags::ack, data); }
  Conversation& client_ack() { return push(0, TcpFlags::ack, ""); }
  Conversation& server_ack() { return push(1, TcpFlags::ack, ""); }
  Conversation& close() {
    push(0, TcpFlags::fin | TcpFlags::ack, "");
    push(1, TcpFlags::fin | TcpFlags::ack, "");
    return push(0, TcpFlags::ack, "");
  }
  Conversation& push(int from, unsigned flags, std::string_view data) {
    OwnedSegment made;
    made.payload = data;
    made.segment.time =
        CaptureTime(std::chrono::seconds(1)) + ticks_ * std::chrono::milliseconds(1);
    made.segment.packet_number = static_cast<std::uint64_t>(++ticks_);
    made.segment.source = hosts_[from];
    made.segment.destination = hosts_[1 - from];
    made.segment.sequence = next_[from];
    made.segment.flags = static_cast<std::uint8_t>(flags);
    if (flags & TcpFlags::ack) made.segment.acknowledgment = next_[1 - from];
    next_[from] += static_cast<std::uint32_t>(data.size()) +
                   ((flags & (TcpFlags::syn | TcpFlags::fin)) ? 1 : 0);
    segments.push_back(std::move(made));
    return *this;
  }
  // Lets capture time pass without a segment.
  Conversation& pause(Duration time) {
    ticks_ += time / std::chrono::milliseconds(1);
    return *this;
  }

  std::vector<OwnedSegment> segments;

 private:
  std::uint32_t next_[2];
  Endpoint hosts_[2];
  std::int64_t ticks_ = 0;
};

}  // namespace mpsdscope::testing
