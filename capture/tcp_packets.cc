#include "capture/tcp_packets.h"

#include <algorithm>

#include "capture/pcapng_writer.h"
#include "decode/segment.h"

namespace mpsdscope {
namespace {

using Blocks = TcpPackets::Blocks;

constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kHops = 64;
constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kSynOptions = 8;
// Of a packet: below the 64 KiB of an IP datagram, above a TLS record.
constexpr std::size_t kMostPayload = 32'768;
constexpr std::uint16_t kSegmentSize = kMostPayload;  // as the SYNs say
constexpr std::uint8_t kWindowScale = 14;             // RFC 7323 §2.3: the largest
constexpr std::uint16_t kWindow = 0xffff;
// A reader takes bytes without any acknowledgment for a stalled connection.
constexpr std::uint64_t kMostUnacked = std::uint64_t{1} << 20;

void put(Blocks& out, std::uint64_t value, std::size_t width) {
  for (std::size_t i = width; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

// RFC 1071: the ones' complement sum of 16-bit words; carries are folded at the end.
std::uint64_t sum_of(Bytes bytes, std::uint64_t sum = 0) {
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2)
    sum += static_cast<std::uint64_t>(bytes[i] << 8 | bytes[i + 1]);
  return i < bytes.size() ? sum + static_cast<std::uint64_t>(bytes[i] << 8) : sum;
}

void set_checksum(Blocks& out, std::size_t at, std::uint64_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  const auto checksum = static_cast<std::uint16_t>(~sum);
  out[at] = static_cast<std::uint8_t>(checksum >> 8);
  out[at + 1] = static_cast<std::uint8_t>(checksum);
}

Bytes address_of(const Endpoint& endpoint, bool v4) {
  const Bytes bytes(endpoint.address.bytes());
  return v4 ? bytes.subspan(12) : bytes;
}

void append(Blocks& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

TcpPackets::TcpPackets(const Endpoint& client, const Endpoint& server, std::uint64_t number)
    : v4_(client.address.is_v4() && server.address.is_v4()) {
  constexpr std::uint64_t kSpread = 0x9e37'79b9'7f4a'7c15;  // 2^64 / golden ratio
  sides_[0].endpoint = client;
  sides_[1].endpoint = server;
  sides_[0].next = static_cast<std::uint32_t>(number * kSpread >> 32);
  sides_[1].next = static_cast<std::uint32_t>(number * kSpread);
}

void TcpPackets::begin(CaptureTime time, Blocks& out) {
  segment(Direction::to_server, time, TcpFlags::syn, {}, out);
  segment(Direction::to_client, time, TcpFlags::syn | TcpFlags::ack, {}, out);
  segment(Direction::to_server, time, TcpFlags::ack, {}, out);
}

void TcpPackets::data(Direction direction, CaptureTime time, Bytes bytes, Blocks& out) {
  if (reset_ || from(direction).fin) return;
  while (!bytes.empty()) {
    const Bytes payload = bytes.first(std::min(bytes.size(), kMostPayload));
    segment(direction, time, TcpFlags::psh | TcpFlags::ack, payload, out);
    bytes = bytes.subspan(payload.size());
    if (from(direction).unacked >= kMostUnacked) {
      segment(opposite(direction), time, TcpFlags::ack, {}, out);
    }
  }
}

void TcpPackets::end(Direction direction, CaptureTime time, StreamEnd end, Blocks& out) {
  if (reset_ || from(direction).fin || end == StreamEnd::unknown) return;
  if (end == StreamEnd::reset) {
    segment(direction, time, TcpFlags::rst | TcpFlags::ack, {}, out);
    reset_ = true;
    return;
  }
  segment(direction, time, TcpFlags::fin | TcpFlags::ack, {}, out);
  from(direction).fin = true;
  segment(opposite(direction), time, TcpFlags::ack, {}, out);
}

void TcpPackets::segment(Direction direction, CaptureTime time, std::uint8_t flags, Bytes payload,
                         Blocks& out) {
  Side& source = from(direction);
  Side& destination = to(direction);
  const bool syn = (flags & TcpFlags::syn) != 0;
  const std::size_t header = kTcpHeader + (syn ? kSynOptions : 0);
  const std::size_t length = header + payload.size();
  const std::size_t block = pcapng::begin_packet(out, time);
  ip_header(source, destination, length, out);

  const std::size_t tcp = out.size();
  put(out, source.endpoint.port, 2);
  put(out, destination.endpoint.port, 2);
  put(out, source.next, 4);
  put(out, flags & TcpFlags::ack ? destination.next : 0, 4);
  put(out, header / 4 << 4, 1);
  put(out, flags, 1);
  put(out, kWindow, 2);
  put(out, 0, 4);  // checksum, urgent pointer
  if (syn) {
    put(out, 0x0204, 2);  // maximum segment size
    put(out, kSegmentSize, 2);
    put(out, 0x01'0303, 3);  // no operation, window scale
    put(out, kWindowScale, 1);
  }
  append(out, payload);
  const std::uint64_t pseudo_header =
      sum_of(address_of(destination.endpoint, v4_),
             sum_of(address_of(source.endpoint, v4_), kTcp + length));
  set_checksum(out, tcp + 16, sum_of(Bytes(out).subspan(tcp), pseudo_header));
  pcapng::end_packet(out, block);
  ++count_;

  const bool takes_a_number = syn || (flags & TcpFlags::fin);
  source.next += static_cast<std::uint32_t>(payload.size()) + (takes_a_number ? 1 : 0);
  source.unacked += payload.size();
  destination.unacked = 0;
}

void TcpPackets::ip_header(Side& source, const Side& destination, std::size_t length,
                           Blocks& out) const {
  const std::size_t ip = out.size();
  if (!v4_) {
    put(out, std::uint64_t{6} << 28, 4);  // version
    put(out, length, 2);
    put(out, kTcp, 1);
    put(out, kHops, 1);
    append(out, address_of(source.endpoint, false));
    append(out, address_of(destination.endpoint, false));
    return;
  }
  put(out, 0x4500, 2);  // version, header length
  put(out, 20 + length, 2);
  put(out, ++source.datagrams, 2);
  put(out, 0x4000, 2);  // do not fragment
  put(out, kHops, 1);
  put(out, kTcp, 1);
  put(out, 0, 2);
  append(out, address_of(source.endpoint, true));
  append(out, address_of(destination.endpoint, true));
  set_checksum(out, ip + 10, sum_of(Bytes(out).subspan(ip, 20)));
}

}  // namespace mpsdscope
