#include "decode/link_layer.h"

namespace mpsdscope {
namespace {

constexpr std::uint16_t kIpv6 = 0x86dd;
constexpr std::uint16_t kPppoeSession = 0x8864;

bool is_vlan_tag(std::uint16_t ether_type) {
  // 802.1Q, 802.1ad and what older switches wrote for the outer tag.
  return ether_type == 0x8100 || ether_type == 0x88a8 || ether_type == 0x9100 ||
         ether_type == 0x9200;
}

LinkContent by_version(const Bytes& packet) {
  if (packet.empty()) return LinkContent::damaged;
  switch (packet[0] >> 4) {
    case 4:
      return LinkContent::ipv4;
    case 6:
      return LinkContent::ipv6;
    default:
      return LinkContent::not_ip;
  }
}

// RFC 2516 §5: version and type, code, session, length; then the PPP protocol number.
LinkContent strip_pppoe(Bytes& rest) {
  constexpr std::size_t kHeader = 8;
  if (rest.size() < kHeader) return LinkContent::damaged;
  const std::uint16_t protocol = wire::u16(rest.data() + 6);
  rest = rest.subspan(kHeader);
  if (protocol == 0x0021) return LinkContent::ipv4;
  if (protocol == 0x0057) return LinkContent::ipv6;
  return LinkContent::not_ip;
}

// A 4-byte address family, in the byte order of whoever captured (NULL) or of the network (LOOP).
LinkContent strip_loopback(Bytes& frame) {
  if (frame.size() < 4) return LinkContent::damaged;
  std::uint32_t family = wire::u32(frame.data());
  if (family > 0xffff) family = __builtin_bswap32(family);
  frame = frame.subspan(4);
  switch (family) {
    case 2:
      return LinkContent::ipv4;
    case 10:  // AF_INET6 of Linux, NetBSD and OpenBSD (24), FreeBSD (28), Darwin (30)
    case 24:
    case 28:
    case 30:
      return LinkContent::ipv6;
    default:
      return LinkContent::not_ip;
  }
}

LinkContent strip_header(Bytes& frame, std::size_t type_offset, std::size_t header_length) {
  if (frame.size() < header_length) return LinkContent::damaged;
  const std::uint16_t ether_type = wire::u16(frame.data() + type_offset);
  frame = frame.subspan(header_length);
  return strip_to_ip(ether_type, frame);
}

}  // namespace

LinkContent strip_to_ip(std::uint16_t ether_type, Bytes& rest) {
  if (ether_type == kEtherTypeIpv4) return LinkContent::ipv4;  // nearly all
  while (is_vlan_tag(ether_type)) {
    if (rest.size() < 4) return LinkContent::damaged;
    ether_type = wire::u16(rest.data() + 2);
    rest = rest.subspan(4);
  }
  switch (ether_type) {
    case kEtherTypeIpv4:
      return LinkContent::ipv4;
    case kIpv6:
      return LinkContent::ipv6;
    case kPppoeSession:
      return strip_pppoe(rest);
    default:
      return LinkContent::not_ip;  // also the lengths of 802.3, below 0x0600
  }
}

LinkContent strip_link_layer(LinkType link, Bytes& frame) {
  switch (link) {
    case LinkType::ethernet:
      return strip_header(frame, 12, 14);
    case LinkType::linux_sll:
      return strip_header(frame, 14, 16);
    case LinkType::linux_sll2:
      return strip_header(frame, 0, 20);
    case LinkType::null:
    case LinkType::loop:
      return strip_loopback(frame);
    case LinkType::raw_bsd:
    case LinkType::raw_openbsd:
    case LinkType::raw:
      return by_version(frame);
    case LinkType::ipv4:
      return LinkContent::ipv4;
    case LinkType::ipv6:
      return LinkContent::ipv6;
  }
  return LinkContent::unsupported_link;
}

}  // namespace mpsdscope
