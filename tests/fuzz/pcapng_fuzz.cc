// Capture files, pcap and pcapng: whatever the bytes, packets lie within the window, and neither
// the sizes of the windows nor those of the batches change what is read.
#include <cstdint>
#include <cstdlib>

#include "decode/keylog.h"
#include "decode/pcapng.h"
#include "tests/decode/testing/parse_capture.h"

using mpsdscope::Bytes;
using mpsdscope::KeyLog;
using mpsdscope::SecretsScan;
using mpsdscope::testing::parse_capture;
using mpsdscope::testing::ParsedCapture;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// Walks for secrets with windows of `piece` bytes; returns how many there are.
std::size_t count_secrets(Bytes file, std::size_t piece) {
  KeyLog keys;
  SecretsScan scan;
  std::uint64_t begin = 0;
  std::size_t size = std::min(piece, file.size());
  for (;;) {
    const auto front = static_cast<std::size_t>(begin);
    const std::vector<std::uint8_t> window(
        file.begin() + static_cast<std::ptrdiff_t>(front),
        file.begin() + static_cast<std::ptrdiff_t>(front + size));
    const bool last = front + size == file.size();
    const SecretsScan::Step step = scan.scan(window, last, keys);
    if (last || step.wanted == 0 || step.advance >= file.size() - front) return keys.size();
    require(step.advance > 0 || step.wanted > size);
    begin += step.advance;
    size = std::min(std::max(piece, step.wanted), file.size() - static_cast<std::size_t>(begin));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;  // the windows below copy it many times
  const Bytes file(data, size);
  const ParsedCapture whole = parse_capture(file);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < whole.packets.size(); ++i) {
    const auto& packet = whole.packets[i];
    bytes += packet.bytes.size();
    require(packet.number == i + 1);
    require(packet.time >= mpsdscope::CaptureTime{});
    require(packet.time.time_since_epoch().count() <= std::int64_t{1} << 62);
  }
  require(bytes <= size);
  const std::size_t piece = size > 0 ? 1 + data[size - 1] % 64U : 1;
  require(parse_capture(file, piece) == whole);
  require(parse_capture(file, piece, 1) == whole);
  // What is cut off at the end changes nothing before it.
  const ParsedCapture half = parse_capture(file.first(size / 2));
  require(half.packets.size() <= whole.packets.size());
  require(std::equal(half.packets.begin(), half.packets.end(), whole.packets.begin()));
  if (mpsdscope::capture_format(file) == mpsdscope::CaptureFormat::pcapng) {
    require(count_secrets(file, size) == count_secrets(file, piece));
  }
  return 0;
}
