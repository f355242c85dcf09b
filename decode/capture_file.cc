#include "decode/capture_file.h"

#include <algorithm>
#include <limits>

#include "decode/pcap_file.h"
#include "decode/pcapng.h"

namespace mpsdscope {

CaptureFormat capture_format(Bytes beginning) {
  if (beginning.size() < 4) return CaptureFormat::none;
  if (is_pcap_magic(beginning.first<4>())) return CaptureFormat::pcap;
  if (FileOrder().u32(beginning.data()) == kSectionHeaderBlock) return CaptureFormat::pcapng;
  return CaptureFormat::none;
}

std::unique_ptr<CaptureParser> make_capture_parser(CaptureFormat format) {
  switch (format) {
    case CaptureFormat::pcap:
      return std::make_unique<PcapParser>();
    case CaptureFormat::pcapng:
      return std::make_unique<PcapngParser>();
    case CaptureFormat::none:
      break;
  }
  return nullptr;
}

CaptureTime bounded_time(std::int64_t seconds, std::uint64_t nanoseconds) {
  constexpr std::int64_t kBillion = 1'000'000'000;
  constexpr std::int64_t kLatest = std::int64_t{1} << 62;  // 2116-02-20
  constexpr std::int64_t kLatestSecond = kLatest / kBillion;
  // Bounds first, so that the sums below stay far from the limits of the type.
  const auto carried =
      static_cast<std::int64_t>(std::min<std::uint64_t>(nanoseconds, std::uint64_t{kLatest}));
  seconds = std::clamp(seconds, -kLatestSecond - 1, kLatestSecond + 1);
  seconds = std::min(seconds + carried / kBillion, kLatestSecond + 1);
  if (seconds < 0) return CaptureTime{};
  if (seconds > kLatestSecond) return CaptureTime{Duration{kLatest}};
  return CaptureTime{Duration{std::min(seconds * kBillion + carried % kBillion, kLatest)}};
}

LinkType link_type_of(std::uint32_t value) {
  constexpr std::uint32_t kNone = std::numeric_limits<std::uint16_t>::max();
  return static_cast<LinkType>(std::min(value, kNone));
}

}  // namespace mpsdscope
