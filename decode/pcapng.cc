#include "decode/pcapng.h"

#include <algorithm>

namespace mpsdscope {
namespace {

constexpr std::uint32_t kInterfaceDescriptionBlock = 1;
constexpr std::uint32_t kPacketBlock = 2;  // obsolete
constexpr std::uint32_t kSimplePacketBlock = 3;
constexpr std::uint32_t kEnhancedPacketBlock = 6;

constexpr std::uint16_t kOptionEnd = 0;
constexpr std::uint16_t kOptionTimestampResolution = 9;
constexpr std::uint16_t kOptionTimestampOffset = 14;

constexpr std::size_t kBlockHeader = 8;     // type, total length
constexpr std::size_t kBlockOverhead = 12;  // and the total length again
// Packet blocks, section headers and interface descriptions beyond this are damage; other blocks
// are passed over piece by piece.
constexpr std::size_t kMaxBlock = kMaxCapturedLength + 65'536;
constexpr std::size_t kMaxInterfaces = 65'536;

bool is_read(std::uint32_t type) {
  return type == kEnhancedPacketBlock || type == kSimplePacketBlock || type == kPacketBlock ||
         type == kInterfaceDescriptionBlock || type == kSectionHeaderBlock;
}

std::string in_words(std::uint64_t value) {
  return std::to_string(value);
}

}  // namespace

TimestampUnit::TimestampUnit(std::uint8_t resolution, std::int64_t offset_seconds)
    : offset_seconds_(offset_seconds) {
  const std::uint32_t exponent = resolution & 0x7fU;
  if ((resolution & 0x80U) != 0) {
    kind_ = Kind::shift;
    shift_ = exponent;
    return;
  }
  kind_ = exponent <= 9 ? Kind::multiply : Kind::divide;
  const std::uint32_t tens = exponent <= 9 ? 9 - exponent : exponent - 9;
  factor_ = 1;
  for (std::uint32_t i = 0; i < tens; ++i) {
    // 10^20 and more ticks in a nanosecond: 64 bits of them do not fill one.
    if (__builtin_mul_overflow(factor_, std::uint64_t{10}, &factor_)) {
      factor_ = 0;
      return;
    }
  }
}

CaptureTime TimestampUnit::to_time(std::uint64_t ticks) const {
  std::uint64_t nanoseconds = 0;
  std::int64_t seconds = offset_seconds_;
  switch (kind_) {
    case Kind::multiply:
      if (__builtin_mul_overflow(ticks, factor_, &nanoseconds)) nanoseconds = ~std::uint64_t{0};
      break;
    case Kind::divide:
      nanoseconds = factor_ == 0 ? 0 : ticks / factor_;
      break;
    case Kind::shift: {
      // The fraction keeps 34 bits, so that times 10^9 fits 64 bits; that is 0.06 ns.
      constexpr std::uint32_t kFractionBits = 34;
      std::uint64_t fraction = ticks;
      if (shift_ < 64) {
        // 63 bits of seconds at most; more than any time that is kept.
        const auto whole =
            static_cast<std::int64_t>(std::min(ticks >> shift_, std::uint64_t{1} << 40));
        seconds =
            std::clamp<std::int64_t>(seconds, -(std::int64_t{1} << 40), std::int64_t{1} << 40);
        seconds += whole;
        fraction = ticks & ((std::uint64_t{1} << shift_) - 1);
      }
      const std::uint32_t kept = std::min(shift_, kFractionBits);
      const std::uint32_t dropped = shift_ - kept;
      fraction = dropped < 64 ? fraction >> dropped : 0;
      nanoseconds = (fraction * 1'000'000'000) >> kept;
      break;
    }
  }
  return bounded_time(seconds, nanoseconds);
}

CaptureStep PcapngParser::parse(Bytes window, std::size_t max_packets,
                                std::vector<Packet>& packets) {
  CaptureStep step;
  while (packets.size() < max_packets) {
    if (skip_ > 0) {
      const auto skipped =
          static_cast<std::size_t>(std::min<std::uint64_t>(skip_, window.size() - step.consumed));
      step.consumed += skipped;
      skip_ -= skipped;
      if (skip_ > 0) {
        step.wanted = 1;
        return step;
      }
    }
    Block block;
    if (!next_block(window.subspan(step.consumed), block, step)) {
      if (skip_ > 0) continue;
      return step;
    }
    step.damage = on_block(block, packets);
    if (!step.damage.empty()) return step;
    step.consumed += block.body.size() + kBlockOverhead;
  }
  return step;
}

bool PcapngParser::next_block(Bytes rest, Block& block, CaptureStep& step) {
  if (rest.size() < kBlockHeader) {
    step.wanted = kBlockHeader;
    return false;
  }
  block.type = order_.u32(rest.data());
  if (block.type == kSectionHeaderBlock) {
    // Its byte order rules its own length already.
    if (rest.size() < kBlockOverhead) {
      step.wanted = kBlockOverhead;
      return false;
    }
    constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
    if (FileOrder(true).u32(rest.data() + 8) == kByteOrderMagic) {
      order_ = FileOrder(true);
    } else if (FileOrder(false).u32(rest.data() + 8) == kByteOrderMagic) {
      order_ = FileOrder(false);
    } else {
      step.damage = "a section header has no byte-order magic";
      return false;
    }
  } else if (!in_section_) {
    step.damage = "the file does not begin with a section header";
    return false;
  }
  const std::uint32_t length = order_.u32(rest.data() + 4);
  if (length < kBlockOverhead || length % 4 != 0) {
    step.damage = "a block has the impossible length " + in_words(length);
    return false;
  }
  if (length > kMaxBlock) {
    if (is_read(block.type)) {
      step.damage = "a block claims to hold " + in_words(length) + " bytes";
    } else {
      skip_ = length;
    }
    return false;
  }
  if (rest.size() < length) {
    step.wanted = length;
    return false;
  }
  if (order_.u32(rest.data() + length - 4) != length) {
    step.damage = "a block's two lengths differ (" + in_words(length) + " and " +
                  in_words(order_.u32(rest.data() + length - 4)) + ")";
    return false;
  }
  block.body = rest.subspan(kBlockHeader, length - kBlockOverhead);
  return true;
}

std::string PcapngParser::on_block(const Block& block, std::vector<Packet>& packets) {
  switch (block.type) {
    case kEnhancedPacketBlock:
      return on_enhanced_packet(block.body, packets);
    case kSimplePacketBlock:
      return on_simple_packet(block.body, packets);
    case kPacketBlock:
      return on_obsolete_packet(block.body, packets);
    case kInterfaceDescriptionBlock:
      return on_interface(block.body);
    case kSectionHeaderBlock:
      return on_section(block.body);
    default:
      return {};
  }
}

std::string PcapngParser::on_section(Bytes body) {
  constexpr std::size_t kFixed = 16;  // byte-order magic, versions, section length
  if (body.size() < kFixed) return "a section header is too short";
  const std::uint16_t major = order_.u16(body.data() + 4);
  if (major != 1) return "a section has the unknown format version " + in_words(major);
  interfaces_.clear();
  in_section_ = true;
  return {};
}

std::string PcapngParser::on_interface(Bytes body) {
  constexpr std::size_t kFixed = 8;  // link type, reserved, snap length
  if (body.size() < kFixed) return "an interface description is too short";
  if (interfaces_.size() >= kMaxInterfaces) return "a section describes too many interfaces";
  std::uint8_t resolution = 6;
  std::uint64_t offset = 0;
  Bytes options = body.subspan(kFixed);
  while (options.size() >= 4) {
    const std::uint16_t code = order_.u16(options.data());
    const std::size_t length = order_.u16(options.data() + 2);
    if (code == kOptionEnd) break;
    const std::size_t padded = (length + 3) / 4 * 4;
    if (options.size() - 4 < padded) return "an option of an interface runs past its block";
    const std::uint8_t* value = options.data() + 4;
    if (code == kOptionTimestampResolution && length >= 1) resolution = value[0];
    if (code == kOptionTimestampOffset && length >= 8) offset = order_.u64(value);
    options = options.subspan(4 + padded);
  }
  interfaces_.push_back({link_type_of(order_.u16(body.data())), order_.u32(body.data() + 4),
                         TimestampUnit(resolution, static_cast<std::int64_t>(offset))});
  return {};
}

std::string PcapngParser::on_enhanced_packet(Bytes body, std::vector<Packet>& packets) {
  constexpr std::size_t kFixed = 20;
  if (body.size() < kFixed) return "a packet block is too short";
  const std::uint8_t* p = body.data();
  PacketHead head;
  head.interface = interface(order_.u32(p));
  head.ticks = std::uint64_t{order_.u32(p + 4)} << 32 | order_.u32(p + 8);
  head.captured = order_.u32(p + 12);
  head.original = order_.u32(p + 16);
  head.data_offset = kFixed;
  return on_packet(head, body, packets);
}

std::string PcapngParser::on_simple_packet(Bytes body, std::vector<Packet>& packets) {
  constexpr std::size_t kFixed = 4;
  if (body.size() < kFixed) return "a packet block is too short";
  PacketHead head;
  head.interface = interface(0);
  head.original = order_.u32(body.data());
  head.data_offset = kFixed;
  // Its captured length is not written: it follows from the snap length, and the block's padding
  // says no more than that it cannot be longer.
  head.captured = head.original;
  if (head.interface != nullptr && head.interface->snap_length != 0) {
    head.captured = std::min(head.captured, head.interface->snap_length);
  }
  head.captured = std::min(head.captured, static_cast<std::uint32_t>(body.size() - kFixed));
  return on_packet(head, body, packets);
}

std::string PcapngParser::on_obsolete_packet(Bytes body, std::vector<Packet>& packets) {
  constexpr std::size_t kFixed = 20;
  if (body.size() < kFixed) return "a packet block is too short";
  const std::uint8_t* p = body.data();
  PacketHead head;
  head.interface = interface(order_.u16(p));
  head.ticks = std::uint64_t{order_.u32(p + 4)} << 32 | order_.u32(p + 8);
  head.captured = order_.u32(p + 12);
  head.original = order_.u32(p + 16);
  head.data_offset = kFixed;
  return on_packet(head, body, packets);
}

std::string PcapngParser::on_packet(const PacketHead& head, Bytes body,
                                    std::vector<Packet>& packets) {
  if (head.interface == nullptr) return "a packet names an interface that was not described";
  if (head.captured > kMaxCapturedLength || head.captured > body.size() - head.data_offset) {
    return "a packet claims to hold " + in_words(head.captured) + " bytes, more than its block";
  }
  if (head.ticks) last_time_ = head.interface->unit.to_time(*head.ticks);
  Packet& packet = packets.emplace_back();
  packet.time = last_time_;
  packet.number = ++count_;
  packet.link = head.interface->link;
  packet.original_length = head.original;
  packet.bytes = body.subspan(head.data_offset, head.captured);
  return {};
}

}  // namespace mpsdscope
