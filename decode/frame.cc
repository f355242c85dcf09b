#include "decode/frame.h"

#include <algorithm>

#include "decode/ip_fragments.h"
#include "decode/link_layer.h"

namespace mpsdscope {
namespace {

// IANA protocol numbers.
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kIpv4InIp = 4;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kIpv6InIp = 41;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kGre = 47;
constexpr std::uint8_t kAuthentication = 51;
constexpr std::uint8_t kDestinationOptions = 60;
constexpr std::uint8_t kMobility = 135;
constexpr std::uint8_t kHip = 139;
constexpr std::uint8_t kShim6 = 140;

constexpr int kMaxTunnels = 2;

// An IP packet from behind its header on: what the next header says, and what it heads.
struct IpPacket {
  Bytes source;  // addresses
  Bytes destination;
  bool v6 = false;
  std::uint8_t protocol = 0;
  Bytes payload;              // captured
  std::uint32_t missing = 0;  // bytes of the payload that the capture cut off
  bool fragmented = false;
  bool more = false;
  std::uint32_t offset = 0;
  std::uint32_t identification = 0;
};

std::uint32_t clamped(std::uint64_t value) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, 0xffff'ffff));
}

// Sets the payload to `length` bytes of `rest`, which may hold fewer (cut by the capture) or more
// (padding of the link layer).
void set_payload(IpPacket& ip, Bytes rest, std::size_t length) {
  ip.payload = rest.first(std::min(rest.size(), length));
  ip.missing = clamped(length - ip.payload.size());
}

// `missing`: bytes of the frame behind `bytes` that the capture cut off.
bool read_ipv4(Bytes bytes, std::uint32_t missing, IpPacket& ip) {
  constexpr std::size_t kMinHeader = 20;
  const std::uint8_t* p = bytes.data();
  if (bytes.size() < kMinHeader || p[0] >> 4 != 4) return false;
  const std::size_t header = (p[0] & 0x0fU) * 4;
  if (header < kMinHeader || bytes.size() < header) return false;
  // Segmentation offload leaves 0 in packets that were captured before they were cut up.
  std::size_t total = wire::u16(p + 2);
  if (total == 0) total = bytes.size() + missing;
  if (total < header) return false;
  const std::uint16_t fragment = wire::u16(p + 6);
  ip.more = (fragment & 0x2000U) != 0;
  ip.offset = (fragment & 0x1fffU) * 8U;
  ip.fragmented = ip.more || ip.offset != 0;
  ip.identification = wire::u16(p + 4);
  ip.protocol = p[9];
  ip.v6 = false;
  ip.source = bytes.subspan(12, 4);
  ip.destination = bytes.subspan(16, 4);
  set_payload(ip, bytes.subspan(header), total - header);
  return true;
}

bool read_ipv6(Bytes bytes, std::uint32_t missing, IpPacket& ip) {
  constexpr std::size_t kHeader = 40;
  const std::uint8_t* p = bytes.data();
  if (bytes.size() < kHeader || p[0] >> 4 != 6) return false;
  // 0 with segmentation offload, and with the jumbo payload option (RFC 2675).
  std::size_t length = wire::u16(p + 4);
  if (length == 0) length = bytes.size() - kHeader + missing;
  ip.v6 = true;
  ip.fragmented = false;
  ip.protocol = p[6];
  ip.source = bytes.subspan(8, 16);
  ip.destination = bytes.subspan(24, 16);
  set_payload(ip, bytes.subspan(kHeader), length);
  return true;
}

void skip_header(IpPacket& ip, std::uint8_t next, std::size_t length) {
  ip.protocol = next;
  ip.payload = ip.payload.subspan(length);
}

bool is_extension(const IpPacket& ip) {
  if (ip.protocol == kTcp) return false;
  switch (ip.protocol) {
    case kHopByHop:
    case kRouting:
    case kFragment:
    case kDestinationOptions:
    case kMobility:
    case kHip:
    case kShim6:
      return ip.v6;
    case kAuthentication:
      return true;
    default:
      return false;
  }
}

// Passes over extension headers (RFC 8200 §4) up to the upper layer or a fragment. False: damaged.
bool skip_extensions(IpPacket& ip) {
  while (!ip.fragmented && is_extension(ip)) {
    const Bytes& rest = ip.payload;
    if (rest.size() < 8) return false;
    const std::uint8_t next = rest[0];
    if (ip.protocol == kFragment) {
      const std::uint16_t field = wire::u16(rest.data() + 2);
      ip.offset = field & 0xfff8U;
      ip.more = (field & 1U) != 0;
      ip.identification = wire::u32(rest.data() + 4);
      // An atomic fragment is a whole datagram whatever else is under way (RFC 6946).
      ip.fragmented = ip.more || ip.offset != 0;
      skip_header(ip, next, 8);
      continue;
    }
    const std::size_t length = ip.protocol == kAuthentication ? (rest[1] + std::size_t{2}) * 4
                                                              : (rest[1] + std::size_t{1}) * 8;
    if (rest.size() < length) return false;
    skip_header(ip, next, length);
  }
  return true;
}

// Whether a fragment's datagram may hold TCP, so that it is worth reassembling.
bool may_hold_tcp(const IpPacket& ip) {
  return ip.protocol == kTcp || ip.protocol == kIpv4InIp || ip.protocol == kIpv6InIp ||
         ip.protocol == kGre || is_extension(ip);
}

bool is_quic(const IpPacket& ip) {
  constexpr std::uint16_t kHttps = 443;
  return ip.protocol == kUdp && ip.payload.size() >= 4 &&
         (wire::u16(ip.payload.data()) == kHttps || wire::u16(ip.payload.data() + 2) == kHttps);
}

// Whether the packet is a tunnel, and what is in it.
LinkContent strip_tunnel(const IpPacket& ip, Bytes& rest) {
  if (ip.protocol == kIpv4InIp) return LinkContent::ipv4;
  if (ip.protocol == kIpv6InIp) return LinkContent::ipv6;
  // GRE, RFC 2784 and 2890: checksum, key and sequence number are optional.
  if (ip.protocol != kGre) return LinkContent::not_ip;
  if (rest.size() < 4) return LinkContent::damaged;
  const std::uint16_t flags = wire::u16(rest.data());
  if ((flags & 0x4007U) != 0) return LinkContent::not_ip;  // source routes, other versions
  const std::size_t header = 4 + ((flags & 0x8000U) != 0 ? 4U : 0U) +
                             ((flags & 0x2000U) != 0 ? 4U : 0U) +
                             ((flags & 0x1000U) != 0 ? 4U : 0U);
  if (rest.size() < header) return LinkContent::damaged;
  const std::uint16_t type = wire::u16(rest.data() + 2);
  rest = rest.subspan(header);
  constexpr std::uint16_t kTransparentEthernet = 0x6558;
  return type == kTransparentEthernet ? strip_link_layer(LinkType::ethernet, rest)
                                      : strip_to_ip(type, rest);
}

// Of the 20 bytes at `tcp`, and of the addresses before it.
inline void set_header(const std::uint8_t* tcp, Bytes source, Bytes destination,
                       TcpSegment& segment) {
  segment.source = {IpAddress::from_bytes(source), wire::u16(tcp)};
  segment.destination = {IpAddress::from_bytes(destination), wire::u16(tcp + 2)};
  segment.sequence = wire::u32(tcp + 4);
  segment.acknowledgment = wire::u32(tcp + 8);
  segment.flags = tcp[13];
}

// RFC 9293 §3.1. The data may be cut by the capture, the first 20 bytes must be there.
bool read_tcp(const IpPacket& ip, TcpSegment& segment) {
  constexpr std::size_t kMinHeader = 20;
  const std::uint8_t* p = ip.payload.data();
  if (ip.payload.size() < kMinHeader) return false;
  const std::size_t header = (p[12] >> 4) * std::size_t{4};
  const std::size_t length = ip.payload.size() + ip.missing;
  if (header < kMinHeader || header > length) return false;
  set_header(p, ip.source, ip.destination, segment);
  segment.payload = ip.payload.subspan(std::min(header, ip.payload.size()));
  segment.missing = clamped(length - header - segment.payload.size());
  return true;
}

// Ethernet, IPv4 without options, TCP, all of it there, as it is of nearly all packets: read in one
// go. False: not like that, which says nothing else.
bool read_usual(const Packet& packet, TcpSegment& segment) {
  constexpr std::size_t kIp = 14, kTcpHeader = kIp + 20, kLeast = kTcpHeader + 20;
  constexpr std::uint8_t kVersion4NoOptions = 0x45;
  constexpr std::uint16_t kFragmentBits = 0x3fff;  // more, and the offset
  const Bytes frame = packet.bytes;
  const std::uint8_t* const p = frame.data();
  if (packet.link != LinkType::ethernet || frame.size() < kLeast ||
      packet.original_length > frame.size() || wire::u16(p + kIp - 2) != kEtherTypeIpv4 ||
      p[kIp] != kVersion4NoOptions || (wire::u16(p + kIp + 6) & kFragmentBits) != 0 ||
      p[kIp + 9] != kTcp) {
    return false;
  }
  const std::size_t end = kIp + wire::u16(p + kIp + 2);
  const std::size_t words = p[kTcpHeader + 12] >> 4;
  const std::size_t data = kTcpHeader + words * 4;
  if (words < 5 || data > end || end > frame.size()) return false;
  set_header(p + kTcpHeader, frame.subspan(kIp + 12, 4), frame.subspan(kIp + 16, 4), segment);
  segment.payload = frame.subspan(data, end - data);
  segment.missing = 0;
  return true;
}

}  // namespace

FrameDecoder::FrameDecoder(const Limits& limits, DecodeReport& report)
    : report_(report), fragments_(std::make_unique<IpFragments>(limits, report)) {}
FrameDecoder::~FrameDecoder() = default;

void FrameDecoder::finish() {
  fragments_->clear();
}

bool FrameDecoder::count(Counter counter) {
  report_.add(counter);
  return false;
}

bool FrameDecoder::take(const Packet& packet, TcpSegment& segment) {
  segment.time = packet.time;
  segment.packet_number = packet.number;
  report_.add(Counter::segments);
  return true;
}

bool FrameDecoder::decode(const Packet& packet, TcpSegment& segment, Datagrams& datagrams) {
  report_.add(Counter::packets);
  report_.add(Counter::packet_bytes, packet.bytes.size());
  if (read_usual(packet, segment)) return take(packet, segment);
  std::uint32_t missing = 0;
  if (packet.original_length > packet.bytes.size()) {
    missing = packet.original_length - static_cast<std::uint32_t>(packet.bytes.size());
    report_.add(Counter::packets_cut);
  }
  Bytes rest = packet.bytes;
  LinkContent content = strip_link_layer(packet.link, rest);
  for (int tunnels = 0;; ++tunnels) {
    if (content == LinkContent::unsupported_link) {
      if (!report_.unsupported_link) {
        report_.unsupported_link = static_cast<std::uint32_t>(packet.link);
      }
      return count(Counter::frames_unsupported_link);
    }
    if (content == LinkContent::not_ip) return count(Counter::frames_not_ip);
    IpPacket ip;
    const bool read = content == LinkContent::ipv4   ? read_ipv4(rest, missing, ip)
                      : content == LinkContent::ipv6 ? read_ipv6(rest, missing, ip)
                                                     : false;
    if (!read || !skip_extensions(ip)) return count(Counter::frames_malformed);
    while (ip.fragmented) {
      if (!may_hold_tcp(ip)) return count(Counter::frames_not_tcp);
      auto whole = fragments_->add(
          {IpAddress::from_bytes(ip.source), IpAddress::from_bytes(ip.destination),
           ip.identification, ip.protocol, ip.more, ip.offset, ip.payload, ip.missing},
          packet.time, ip.protocol);
      if (!whole) return false;
      ip.fragmented = false;
      ip.payload = *datagrams.emplace_back(std::move(whole));
      if (!skip_extensions(ip)) return count(Counter::frames_malformed);
    }
    if (ip.protocol == kTcp) {
      if (!read_tcp(ip, segment)) return count(Counter::frames_malformed);
      return take(packet, segment);
    }
    if (is_quic(ip)) return count(Counter::frames_quic);
    rest = ip.payload;
    missing = ip.missing;
    content = strip_tunnel(ip, rest);
    // What is no tunnel, or holds no IP, is an IP packet without TCP.
    if (content == LinkContent::not_ip || tunnels == kMaxTunnels) {
      return count(Counter::frames_not_tcp);
    }
  }
}

}  // namespace mpsdscope
