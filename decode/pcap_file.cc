#include "decode/pcap_file.h"

#include <algorithm>
#include <array>

namespace mpsdscope {
namespace {

constexpr std::size_t kFileHeader = 24;

struct Magic {
  std::uint32_t value;
  std::uint32_t nanoseconds_per_tick;
  std::size_t record_header;
};
constexpr std::array<Magic, 3> kMagics{{
    {0xa1b2c3d4, 1000, 16},  // microseconds
    {0xa1b23c4d, 1, 16},     // nanoseconds
    {0xa1b2cd34, 1000, 24},  // "modified": interface index, protocol and packet type per record
}};

const Magic* find_magic(std::uint32_t value) {
  const auto* found = std::find_if(kMagics.begin(), kMagics.end(),
                                   [value](const Magic& magic) { return magic.value == value; });
  return found == kMagics.end() ? nullptr : found;
}

}  // namespace

bool is_pcap_magic(std::span<const std::uint8_t, 4> magic) {
  return find_magic(FileOrder(false).u32(magic.data())) != nullptr ||
         find_magic(FileOrder(true).u32(magic.data())) != nullptr;
}

void PcapParser::read_header(Bytes header) {
  const bool big = find_magic(FileOrder(true).u32(header.data())) != nullptr;
  order_ = FileOrder(big);
  if (const Magic* magic = find_magic(order_.u32(header.data()))) {
    nanoseconds_per_tick_ = magic->nanoseconds_per_tick;
    record_header_ = magic->record_header;
  }
  // The upper bits of the field say how long the frame check sequences at the packets' ends are;
  // the length in the IP header cuts those off.
  link_ = link_type_of(order_.u32(header.data() + 20) & 0x03ff'ffff);
  header_read_ = true;
}

CaptureStep PcapParser::parse(Bytes window, std::size_t max_packets, std::vector<Packet>& packets) {
  CaptureStep step;
  if (!header_read_) {
    if (window.size() < kFileHeader) {
      step.wanted = kFileHeader;
      return step;
    }
    read_header(window.first(kFileHeader));
    step.consumed = kFileHeader;
  }
  while (packets.size() < max_packets) {
    const Bytes rest = window.subspan(step.consumed);
    if (rest.size() < record_header_) {
      step.wanted = record_header_;
      return step;
    }
    const std::uint32_t length = order_.u32(rest.data() + 8);
    if (length > kMaxCapturedLength) {
      step.damage = "a packet claims to hold " + std::to_string(length) + " bytes";
      return step;
    }
    if (rest.size() - record_header_ < length) {
      step.wanted = record_header_ + length;
      return step;
    }
    Packet& packet = packets.emplace_back();
    packet.time = bounded_time(order_.u32(rest.data()),
                               std::uint64_t{order_.u32(rest.data() + 4)} * nanoseconds_per_tick_);
    packet.number = ++count_;
    packet.link = link_;
    packet.original_length = order_.u32(rest.data() + 12);
    packet.bytes = rest.subspan(record_header_, length);
    step.consumed += record_header_ + length;
  }
  return step;
}

}  // namespace mpsdscope
