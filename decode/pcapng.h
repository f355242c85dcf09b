// pcapng: draft-ietf-opsawg-pcapng. A file of sections, each with its own byte order and list of
// interfaces; a section is a sequence of blocks: type, total length, body, total length again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "decode/capture_file.h"
#include "decode/keylog.h"

namespace mpsdscope {

constexpr std::uint32_t kSectionHeaderBlock = 0x0a0d0d0a;  // the same in either byte order

// Time stamps of an interface: if_tsresol and if_tsoffset.
class TimestampUnit {
 public:
  TimestampUnit() = default;  // microseconds, no offset
  // `resolution`: negative power of 10, or of 2 when the most significant bit is set.
  TimestampUnit(std::uint8_t resolution, std::int64_t offset_seconds);
  CaptureTime to_time(std::uint64_t ticks) const;

 private:
  enum class Kind : std::uint8_t { multiply, divide, shift };
  Kind kind_ = Kind::multiply;
  std::uint32_t shift_ = 0;      // ticks per second is 1 << shift_
  std::uint64_t factor_ = 1000;  // nanoseconds per tick, or ticks per nanosecond (0: too many)
  std::int64_t offset_seconds_ = 0;
};

// The packets of a file. Decryption Secrets Blocks are passed over: SecretsScan reads them.
class PcapngParser final : public CaptureParser {
 public:
  CaptureStep parse(Bytes window, std::size_t max_packets, std::vector<Packet>& packets) override;
  bool may_end() const override { return in_section_ && skip_ == 0; }

 private:
  struct Interface {
    LinkType link = LinkType::ethernet;
    std::uint32_t snap_length = 0;  // 0: unlimited
    TimestampUnit unit;
  };
  struct Block {
    std::uint32_t type = 0;
    Bytes body;  // without both lengths and the type
  };
  // What was read of a packet block before its data.
  struct PacketHead {
    const Interface* interface = nullptr;
    std::optional<std::uint64_t> ticks;
    std::uint32_t captured = 0;
    std::uint32_t original = 0;
    std::size_t data_offset = 0;
  };

  // Reads the block at the front of `rest`; false: `step` says what is missing or wrong.
  bool next_block(Bytes rest, Block& block, CaptureStep& step);
  // Empty, or what is damaged.
  std::string on_block(const Block& block, std::vector<Packet>& packets);
  std::string on_section(Bytes body);
  std::string on_interface(Bytes body);
  std::string on_packet(const PacketHead& head, Bytes body, std::vector<Packet>& packets);
  std::string on_enhanced_packet(Bytes body, std::vector<Packet>& packets);
  std::string on_simple_packet(Bytes body, std::vector<Packet>& packets);
  std::string on_obsolete_packet(Bytes body, std::vector<Packet>& packets);
  const Interface* interface(std::uint32_t index) const {
    return index < interfaces_.size() ? &interfaces_[index] : nullptr;
  }

  bool in_section_ = false;
  FileOrder order_;
  std::vector<Interface> interfaces_;
  std::uint64_t skip_ = 0;  // bytes still to pass over of a block too large for any window
  CaptureTime last_time_;   // simple packets have no time: they get that of the packet before
  std::uint64_t count_ = 0;
};

// Walks over the blocks of a file for the TLS secrets that stand anywhere in it.
class SecretsScan {
 public:
  struct Step {
    // Bytes to move the window on by; may be more than it holds: then they need not be read.
    std::uint64_t advance = 0;
    // The window, from its new front, must hold at least so many bytes; 0: nothing more to find
    // (the file is damaged here, which its packets' parser reports).
    std::size_t wanted = 0;
  };
  // Adds the secrets found to `keys`. At the end of the file (`last`), the whole lines of a block
  // that was cut short are taken too.
  Step scan(Bytes window, bool last, KeyLog& keys);

 private:
  void add_secrets(Bytes body, bool whole, KeyLog& keys) const;

  FileOrder order_;
};

}  // namespace mpsdscope
