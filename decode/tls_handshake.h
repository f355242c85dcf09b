// The handshake messages of TLS 1.2 and 1.3 that decryption (and a proxy) must read: hellos, and
// the order of the others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/bytes.h"

namespace mpsdscope {

// RFC 8446 §4, RFC 5246 §7.4.
enum class HandshakeType : std::uint8_t {
  hello_request = 0,
  client_hello = 1,
  server_hello = 2,
  end_of_early_data = 5,
  encrypted_extensions = 8,
  finished = 20,
  key_update = 24,
};

constexpr std::uint16_t kTls10 = 0x0301, kTls12 = 0x0303, kTls13 = 0x0304;
// "TLS 1.1", "SSL 3.0", or the number for anything else.
std::string describe_version(std::uint16_t version);

struct ClientHello {
  std::array<std::uint8_t, 32> random{};
  std::uint16_t max_version = 0;  // highest offered: legacy_version or supported_versions
  std::string server_name;        // RFC 6066 §3 host_name, "" if none
  std::vector<std::string> alpn;  // RFC 7301, in the order offered
  bool early_data = false;        // RFC 8446 §4.2.10: 0-RTT data follows
};

struct ServerHello {
  std::array<std::uint8_t, 32> random{};
  std::uint16_t version = 0;  // as selected
  std::uint16_t suite = 0;
  bool hello_retry_request = false;     // RFC 8446 §4.1.4
  bool encrypt_then_mac = false;        // RFC 7366
  bool extended_master_secret = false;  // RFC 7627; the logged secret already reflects it
};

// Each takes the body of the message, without the 4 bytes of handshake header; nullopt when it is
// damaged.
std::optional<ClientHello> parse_client_hello(Bytes body);
std::optional<ServerHello> parse_server_hello(Bytes body);
// Whether the server takes 0-RTT data; false when the message is damaged.
bool accepts_early_data(Bytes encrypted_extensions);

struct HandshakeMessage {
  HandshakeType type;
  Bytes body;  // valid until the next call; empty for types other than those named above
};

// Cuts one direction's handshake stream into messages, which may span records and share them
// (RFC 8446 §5.1). Bodies of no interest, such as certificates, are skipped without being stored.
class HandshakeReader {
 public:
  // Takes bytes off the front of `fragment`: the next whole message, or nullopt when it needs more.
  std::optional<HandshakeMessage> next(Bytes& fragment);
  // A message of interest was absurdly long. Nothing more will be read.
  bool damaged() const { return damaged_; }
  bool between_messages() const { return header_size_ == 0; }
  void reset() { *this = HandshakeReader(); }
  std::size_t buffered_bytes() const { return body_.size(); }

 private:
  std::array<std::uint8_t, 4> header_{};
  std::size_t header_size_ = 0;  // bytes of the header read so far
  std::size_t remaining_ = 0;    // bytes of the body still to come
  std::vector<std::uint8_t> body_;
  bool damaged_ = false;
};

}  // namespace mpsdscope
