// The classic capture file: draft-ietf-opsawg-pcap. A 24-byte header, then records of a 16-byte
// header and the packet.
#pragma once

#include "decode/capture_file.h"

namespace mpsdscope {

bool is_pcap_magic(std::span<const std::uint8_t, 4> magic);

class PcapParser final : public CaptureParser {
 public:
  CaptureStep parse(Bytes window, std::size_t max_packets, std::vector<Packet>& packets) override;
  bool may_end() const override { return header_read_; }

 private:
  void read_header(Bytes header);

  bool header_read_ = false;
  FileOrder order_;
  std::uint32_t nanoseconds_per_tick_ = 1000;
  std::size_t record_header_ = 16;  // 24 in the "modified" format
  LinkType link_ = LinkType::ethernet;
  std::uint64_t count_ = 0;
};

}  // namespace mpsdscope
