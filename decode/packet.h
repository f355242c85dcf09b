// One captured packet, as a capture file or an interface gives it.
#pragma once

#include <cstdint>

#include "decode/bytes.h"
#include "decode/time.h"

namespace mpsdscope {

// Link-layer header types that frame decoding understands. The values are the registry's
// (LINKTYPE_ values of pcap and pcapng); any other value may occur and is counted as unsupported.
enum class LinkType : std::uint16_t {
  null = 0,
  ethernet = 1,
  raw_bsd = 12,  // DLT_RAW as some systems wrote it into files
  raw_openbsd = 14,
  raw = 101,
  loop = 108,
  linux_sll = 113,
  ipv4 = 228,
  ipv6 = 229,
  linux_sll2 = 276,
};

struct Packet {
  CaptureTime time;
  std::uint64_t number = 0;  // 1-based over the whole input, as frame.number counts
  LinkType link = LinkType::ethernet;
  std::uint16_t input = 0;            // which of several inputs it is from
  std::uint32_t original_length = 0;  // on the wire; larger than bytes.size() if the capture cut it
  Bytes bytes;                        // owned by the batch or buffer that the packet came in
};

}  // namespace mpsdscope
