// The outside of a TLS record (RFC 5246 §6.2, RFC 8446 §5).
#pragma once

#include <cstddef>
#include <cstdint>

#include "decode/bytes.h"

namespace mpsdscope {

enum class ContentType : std::uint8_t {
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application_data = 23,
  heartbeat = 24,  // RFC 6520
};

constexpr std::size_t kRecordHeaderSize = 5;
constexpr std::size_t kMaxFragment = std::size_t{1} << 14;
// TLS 1.2 allows 2048 bytes of expansion, TLS 1.3 256.
constexpr std::size_t kMaxCiphertext = kMaxFragment + 2048;

// One record as received; the views live as long as the bytes that it was cut from.
struct TlsRecord {
  Bytes header;   // kRecordHeaderSize bytes
  Bytes payload;  // as long as the header says

  ContentType type() const { return static_cast<ContentType>(header[0]); }
  std::uint16_t version() const { return static_cast<std::uint16_t>(header[1] << 8 | header[2]); }
  std::size_t size() const { return kRecordHeaderSize + payload.size(); }
};

// The length field of a record header. `bytes` holds at least a header.
inline std::size_t record_length(Bytes bytes) {
  return static_cast<std::size_t>(bytes[3]) << 8 | bytes[4];
}

// Whether these bytes (at least a header) can begin a record of TLS 1.0 to 1.3.
inline bool plausible_header(Bytes bytes) {
  return bytes[0] >= 20 && bytes[0] <= 24 && bytes[1] == 3 && bytes[2] <= 4 &&
         record_length(bytes) <= kMaxCiphertext;
}

}  // namespace mpsdscope
