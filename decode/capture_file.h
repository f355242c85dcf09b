// Reading of capture files, pcap and pcapng, from a window of bytes: the caller owns the window,
// reads the file and moves the window on; packets point into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "decode/bytes.h"
#include "decode/packet.h"
#include "decode/time.h"

namespace mpsdscope {

enum class CaptureFormat : std::uint8_t { none, pcap, pcapng };

// By the magic number; needs the first 4 bytes of the file.
CaptureFormat capture_format(Bytes beginning);

// The most bytes that one packet may hold. Far above what any interface delivers (snap lengths end
// at 256 KiB), so that a longer one is damage, not data.
constexpr std::uint32_t kMaxCapturedLength = std::uint32_t{16} << 20;

// How far one call of a parser came.
struct CaptureStep {
  std::size_t consumed = 0;  // bytes at the front of the window that are done with
  // The window, from its new front, must hold at least so many bytes before anything more can be
  // parsed; 0 when it was the number of packets that ended the call. At most kMaxCapturedLength and
  // a little.
  std::size_t wanted = 0;
  // Not empty: the bytes at the new front are damaged, for this reason; nothing after them can be
  // read. A clause for a person: "a packet claims to hold 4294967295 bytes".
  std::string damage;
};

class CaptureParser {
 public:
  virtual ~CaptureParser() = default;
  // Parses packets off the front of the window until `packets` holds `max_packets` or no complete
  // one is left. Packets are numbered from 1 and point into the window. The first window begins at
  // the beginning of the file.
  virtual CaptureStep parse(Bytes window, std::size_t max_packets,
                            std::vector<Packet>& packets) = 0;
  // Whether the file may end at the front of the window; otherwise it was cut short.
  virtual bool may_end() const = 0;
};

// nullptr for CaptureFormat::none.
std::unique_ptr<CaptureParser> make_capture_parser(CaptureFormat format);

// Reads integers of either byte order, as the writer of the file left them. The caller has checked
// the bounds.
class FileOrder {
 public:
  constexpr explicit FileOrder(bool big_endian = false) : big_(big_endian) {}
  std::uint16_t u16(const std::uint8_t* p) const {
    return static_cast<std::uint16_t>(big_ ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
  }
  std::uint32_t u32(const std::uint8_t* p) const {
    const auto little = std::uint32_t{p[3]} << 24 | std::uint32_t{p[2]} << 16 |
                        std::uint32_t{p[1]} << 8 | std::uint32_t{p[0]};
    return big_ ? __builtin_bswap32(little) : little;
  }
  std::uint64_t u64(const std::uint8_t* p) const {
    const std::uint64_t first = u32(p);
    const std::uint64_t second = u32(p + 4);
    return big_ ? first << 32 | second : second << 32 | first;
  }
  bool big_endian() const { return big_; }

 private:
  bool big_;
};

// Whole seconds and nanoseconds since the epoch as a capture time, kept within 1970 and 2116 so
// that later arithmetic cannot overflow, whatever a file says.
CaptureTime bounded_time(std::int64_t seconds, std::uint64_t nanoseconds);

// A link type of a file; what does not fit becomes a value that nothing supports.
LinkType link_type_of(std::uint32_t value);

}  // namespace mpsdscope
