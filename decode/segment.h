// One TCP segment (RFC 9293 §3.1) lifted out of a packet.
#pragma once

#include <cstdint>

#include "decode/address.h"
#include "decode/bytes.h"
#include "decode/time.h"

namespace mpsdscope {

struct TcpFlags {
  static constexpr std::uint8_t fin = 0x01;
  static constexpr std::uint8_t syn = 0x02;
  static constexpr std::uint8_t rst = 0x04;
  static constexpr std::uint8_t psh = 0x08;
  static constexpr std::uint8_t ack = 0x10;
};

struct TcpSegment {
  CaptureTime time;
  std::uint64_t packet_number = 0;
  Endpoint source;
  Endpoint destination;
  std::uint32_t sequence = 0;        // SEG.SEQ
  std::uint32_t acknowledgment = 0;  // SEG.ACK; meaningful only with the ACK flag
  std::uint8_t flags = 0;            // TcpFlags
  std::uint32_t missing = 0;  // bytes of this segment's data that the capture cut off its end
  Bytes payload;              // owned by the packet or the fragment reassembler
};

}  // namespace mpsdscope
