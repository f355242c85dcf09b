// From the link layer to IP: Ethernet with VLAN tags and PPPoE, Linux cooked captures, loopback,
// raw IP. The headers are those of the link-layer header type registry.
#pragma once

#include <cstdint>

#include "decode/bytes.h"
#include "decode/packet.h"

namespace mpsdscope {

enum class LinkContent : std::uint8_t { ipv4, ipv6, not_ip, damaged, unsupported_link };

// What the frame carries; takes its link-layer headers off the front of `frame`.
LinkContent strip_link_layer(LinkType link, Bytes& frame);

inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
// The same for what follows an EtherType.
LinkContent strip_to_ip(std::uint16_t ether_type, Bytes& rest);

namespace wire {
// Network byte order; the caller has checked the bounds.
inline std::uint16_t u16(const std::uint8_t* p) {
  return static_cast<std::uint16_t>(p[0] << 8 | p[1]);
}
inline std::uint32_t u32(const std::uint8_t* p) {
  return std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 | std::uint32_t{p[2]} << 8 |
         std::uint32_t{p[3]};
}
}  // namespace wire

}  // namespace mpsdscope
