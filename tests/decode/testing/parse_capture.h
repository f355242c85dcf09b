// Drives a CaptureParser as a reader of files does, with windows of any size.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "decode/capture_file.h"

namespace mpsdscope::testing {

struct OwnedPacket {
  CaptureTime time;
  std::uint64_t number;
  LinkType link;
  std::uint32_t original_length;
  std::vector<std::uint8_t> bytes;
  bool operator==(const OwnedPacket&) const = default;
};

inline OwnedPacket owned(const Packet& packet) {
  return {packet.time,
          packet.number,
          packet.link,
          packet.original_length,
          {packet.bytes.begin(), packet.bytes.end()}};
}

struct ParsedCapture {
  std::vector<OwnedPacket> packets;
  std::string damage;
  bool cut = false;  // the file ended in the middle of something
  bool operator==(const ParsedCapture&) const = default;
};

// Reads `file`, `piece` more bytes at a time when the parser wants more (0: all at once), each
// window in an exact-size buffer.
inline ParsedCapture parse_capture(Bytes file, std::size_t piece = 0,
                                   std::size_t max_packets = 1'000'000) {
  ParsedCapture result;
  const std::unique_ptr<CaptureParser> parser = make_capture_parser(capture_format(file));
  if (!parser) return result;
  std::size_t begin = 0;
  std::size_t size = piece == 0 ? file.size() : std::min(piece, file.size());
  for (;;) {
    const std::vector<std::uint8_t> window(
        file.begin() + static_cast<std::ptrdiff_t>(begin),
        file.begin() + static_cast<std::ptrdiff_t>(begin + size));
    std::vector<Packet> packets;
    const CaptureStep step = parser->parse(window, max_packets, packets);
    for (const Packet& packet : packets) result.packets.push_back(owned(packet));
    begin += step.consumed;
    size -= step.consumed;
    if (!step.damage.empty()) {
      result.damage = step.damage;
      return result;
    }
    if (packets.size() == max_packets) continue;
    if (begin + size == file.size()) {
      result.cut = size > 0 || !parser->may_end();
      return result;
    }
    size = std::min(std::max(size + std::max<std::size_t>(piece, 1), size), file.size() - begin);
  }
}

}  // namespace mpsdscope::testing
