// Websocket frames made by hand, and the encoder of permessage-deflate.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <zlib.h>

namespace mpsdscope::testing {

inline constexpr std::uint8_t kFinal = 0x80, kCompressed = 0x40;
inline constexpr std::uint8_t kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9;

// `first`: flags and opcode. A client's frame is masked.
inline std::string frame(std::uint8_t first, std::string_view payload, bool masked = false) {
  std::string out(1, static_cast<char>(first));
  const auto mask_bit = static_cast<std::uint8_t>(masked ? 0x80 : 0);
  const std::size_t size = payload.size();
  const std::size_t width = size < 126 ? 0 : size < 65'536 ? 2 : 8;
  out += static_cast<char>(mask_bit | (width == 0 ? size : width == 2 ? 126 : 127));
  for (std::size_t i = width; i-- > 0;) out += static_cast<char>(size >> (8 * i) & 0xFF);
  if (!masked) return out.append(payload);
  constexpr std::array<std::uint8_t, 4> kMask{0x37, 0xFA, 0x21, 0x3D};
  for (const std::uint8_t byte : kMask) out += static_cast<char>(byte);
  for (std::size_t i = 0; i < size; ++i) {
    out += static_cast<char>(static_cast<std::uint8_t>(payload[i]) ^ kMask[i % 4]);
  }
  return out;
}

class Deflater {
 public:
  explicit Deflater(bool takeover) : takeover_(takeover) {
    deflateInit2(&stream_, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  std::string operator()(std::string_view text) {
    if (!takeover_) deflateReset(&stream_);
    std::string out(text.size() + 256, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    deflate(&stream_, Z_NO_FLUSH);  // else nothing comes of an empty text
    deflate(&stream_, Z_SYNC_FLUSH);
    out.resize(out.size() - stream_.avail_out - 4);  // RFC 7692 §7.2.1
    return out;
  }

 private:
  z_stream stream_{};
  bool takeover_;
};

}  // namespace mpsdscope::testing
