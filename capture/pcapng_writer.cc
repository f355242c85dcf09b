#include "capture/pcapng_writer.h"

#include "decode/packet.h"
#include "decode/pcapng.h"

namespace mpsdscope::pcapng {
namespace {

using Buffer = std::vector<std::uint8_t>;

constexpr std::uint32_t kInterfaceBlock = 1;
constexpr std::uint32_t kEnhancedPacketBlock = 6;
constexpr std::uint32_t kSecretsBlock = 10;
constexpr std::uint32_t kTlsKeyLog = 0x544c534b;
constexpr std::uint16_t kEndOfOptions = 0;
constexpr std::uint16_t kUserApplication = 4;  // shb_userappl
constexpr std::uint16_t kTimeResolution = 9;   // if_tsresol
constexpr std::uint8_t kNanoseconds = 9;       // 10^-9 s
constexpr std::size_t kPacketHead = 28;        // of an Enhanced Packet Block before its data

void put(Buffer& out, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) {
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
}

void put_at(Buffer& out, std::size_t at, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) {
    out[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

void pad(Buffer& out, std::size_t length) {
  out.insert(out.end(), (4 - length % 4) % 4, 0);
}

void put_text(Buffer& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
  pad(out, text.size());
}

std::size_t begin_block(Buffer& out, std::uint32_t type) {
  const std::size_t begin = out.size();
  put(out, type, 4);
  put(out, 0, 4);
  return begin;
}

void end_block(Buffer& out, std::size_t begin) {
  const std::size_t length = out.size() + 4 - begin;
  put_at(out, begin + 4, length, 4);
  put(out, length, 4);
}

}  // namespace

void append_head(Buffer& out, std::string_view application) {
  const std::size_t section = begin_block(out, kSectionHeaderBlock);
  put(out, 0x1a2b3c4d, 4);  // byte-order magic
  put(out, 1, 2);           // version 1.0
  put(out, 0, 2);
  put(out, ~std::uint64_t{0}, 8);  // length of the section: not known
  put(out, kUserApplication, 2);
  put(out, application.size(), 2);
  put_text(out, application);
  put(out, kEndOfOptions, 4);
  end_block(out, section);

  const std::size_t interface = begin_block(out, kInterfaceBlock);
  put(out, static_cast<std::uint16_t>(LinkType::raw), 2);
  put(out, 0, 2);
  put(out, 0, 4);  // no snap length
  put(out, kTimeResolution, 2);
  put(out, 1, 2);
  put(out, kNanoseconds, 4);
  put(out, kEndOfOptions, 4);
  end_block(out, interface);
}

void append_secrets(Buffer& out, std::string_view lines) {
  const std::size_t block = begin_block(out, kSecretsBlock);
  put(out, kTlsKeyLog, 4);
  put(out, lines.size(), 4);
  put_text(out, lines);
  end_block(out, block);
}

std::size_t begin_packet(Buffer& out, CaptureTime time) {
  const auto ticks = static_cast<std::uint64_t>(time.time_since_epoch().count());
  const std::size_t begin = begin_block(out, kEnhancedPacketBlock);
  put(out, 0, 4);  // interface
  put(out, ticks >> 32, 4);
  put(out, ticks & 0xffff'ffffU, 4);
  put(out, 0, 8);  // captured and original length
  return begin;
}

void end_packet(Buffer& out, std::size_t begin) {
  const std::size_t length = out.size() - begin - kPacketHead;
  put_at(out, begin + 20, length, 4);
  put_at(out, begin + 24, length, 4);
  pad(out, length);
  end_block(out, begin);
}

}  // namespace mpsdscope::pcapng
