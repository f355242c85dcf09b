// The packets of a TCP connection, made from its byte streams: what a capture of it would have
// held.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "decode/address.h"
#include "decode/bytes.h"
#include "decode/stream.h"

namespace mpsdscope {

// Appends Enhanced Packet Blocks (capture/pcapng_writer.h) of raw IPv4 or IPv6 packets with right
// checksums: handshake, data, acknowledgments, FIN or RST. If only one endpoint is IPv4, it is
// written as an IPv4-mapped IPv6 address.
class TcpPackets {
 public:
  using Blocks = std::vector<std::uint8_t>;

  // `number`, another one for each, makes the initial sequence numbers, so that a connection on the
  // same ports is told apart from the one before.
  TcpPackets(const Endpoint& client, const Endpoint& server, std::uint64_t number);

  void begin(CaptureTime time, Blocks& out);
  void data(Direction direction, CaptureTime time, Bytes bytes, Blocks& out);
  // Once per direction; after StreamEnd::reset nothing more is written.
  void end(Direction direction, CaptureTime time, StreamEnd end, Blocks& out);
  std::uint64_t count() const { return count_; }  // packets so far

 private:
  struct Side {
    Endpoint endpoint;
    std::uint32_t next = 0;       // sequence number of the next byte; wraps around
    std::uint64_t unacked = 0;    // bytes sent since the other side's last packet
    std::uint16_t datagrams = 0;  // identification of IPv4
    bool fin = false;
  };

  Side& from(Direction direction) { return sides_[index_of(direction)]; }
  Side& to(Direction direction) { return sides_[index_of(opposite(direction))]; }
  void segment(Direction direction, CaptureTime time, std::uint8_t flags, Bytes payload,
               Blocks& out);
  void ip_header(Side& source, const Side& destination, std::size_t length, Blocks& out) const;

  std::array<Side, 2> sides_;  // by the direction in which they send
  bool v4_;
  bool reset_ = false;
  std::uint64_t count_ = 0;
};

}  // namespace mpsdscope
