#include "decode/tls_handshake.h"

#include <algorithm>
#include <cstdio>

namespace mpsdscope {
namespace {

// Longer than any real hello, also one with post-quantum key shares and many identities.
constexpr std::size_t kMaxStoredMessage = std::size_t{128} << 10;

constexpr std::size_t kMaxHostName = 255;  // RFC 1035 §2.3.4; what is longer is cut

// SHA-256 of "HelloRetryRequest": the random that marks a ServerHello as one (RFC 8446 §4.1.3).
constexpr std::array<std::uint8_t, 32> kHelloRetryRandom{
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

enum Extension : std::uint16_t {
  kServerName = 0,
  kAlpn = 16,
  kEncryptThenMac = 22,
  kExtendedMasterSecret = 23,
  kEarlyData = 42,
  kSupportedVersions = 43,
};

// Calls on_extension(type, ByteReader of its data) for each; false when the list is damaged.
template <class Function>
bool for_each_extension(ByteReader& message, Function on_extension) {
  if (message.remaining() == 0) return true;  // RFC 5246 §7.4.1.4: the block may be absent
  ByteReader list(message.take(message.u16()));
  while (list.remaining() > 0) {
    const std::uint16_t type = list.u16();
    ByteReader data(list.take(list.u16()));
    if (!list.ok()) return false;
    on_extension(type, data);
  }
  return message.ok() && list.ok();
}

std::string read_server_name(ByteReader data) {
  ByteReader list(data.take(data.u16()));
  while (list.remaining() > 0) {
    const std::uint8_t name_type = list.u8();
    const Bytes name = list.take(list.u16());
    if (list.ok() && name_type == 0) return std::string(as_text(name).substr(0, kMaxHostName));
  }
  return {};
}

std::vector<std::string> read_alpn(ByteReader data) {
  std::vector<std::string> protocols;
  ByteReader list(data.take(data.u16()));
  while (list.remaining() > 0) {
    const Bytes name = list.take(list.u8());
    if (list.ok() && !name.empty()) protocols.emplace_back(as_text(name));
  }
  return protocols;
}

bool is_grease(std::uint16_t version) {
  return (version & 0x0F0F) == 0x0A0A;
}  // RFC 8701

std::uint16_t highest_version(ByteReader data) {
  std::uint16_t highest = 0;
  ByteReader list(data.take(data.u8()));
  while (list.remaining() >= 2) {
    const std::uint16_t version = list.u16();
    if (!is_grease(version)) highest = std::max(highest, version);
  }
  return highest;
}

template <std::size_t n>
void copy_into(std::array<std::uint8_t, n>& to, Bytes from) {
  std::copy_n(from.begin(), std::min(n, from.size()), to.begin());
}

bool is_of_interest(HandshakeType type) {
  switch (type) {
    case HandshakeType::client_hello:
    case HandshakeType::server_hello:
    case HandshakeType::end_of_early_data:
    case HandshakeType::encrypted_extensions:
    case HandshakeType::key_update:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string describe_version(std::uint16_t version) {
  if (version == 0x0002) return "SSL 2.0";
  if (version == 0x0300) return "SSL 3.0";
  if (version >= kTls10 && version <= kTls13) {
    return std::string("TLS 1.") + static_cast<char>('0' + (version - kTls10));
  }
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "0x%04X", version);
  return text.data();
}

std::optional<ClientHello> parse_client_hello(Bytes body) {
  ClientHello hello;
  ByteReader message(body);
  hello.max_version = message.u16();
  copy_into(hello.random, message.take(hello.random.size()));
  message.skip(message.u8());   // legacy_session_id
  message.skip(message.u16());  // cipher_suites
  message.skip(message.u8());   // legacy_compression_methods
  if (!message.ok()) return std::nullopt;
  const bool whole =
      for_each_extension(message, [&hello](std::uint16_t type, const ByteReader& data) {
        if (type == kServerName) hello.server_name = read_server_name(data);
        if (type == kAlpn) hello.alpn = read_alpn(data);
        if (type == kEarlyData) hello.early_data = true;
        if (type == kSupportedVersions) {
          hello.max_version = std::max(hello.max_version, highest_version(data));
        }
      });
  if (!whole) return std::nullopt;
  return hello;
}

std::optional<ServerHello> parse_server_hello(Bytes body) {
  ServerHello hello;
  ByteReader message(body);
  hello.version = message.u16();
  copy_into(hello.random, message.take(hello.random.size()));
  message.skip(message.u8());  // legacy_session_id_echo
  hello.suite = message.u16();
  message.skip(1);  // legacy_compression_method
  if (!message.ok()) return std::nullopt;
  const bool whole = for_each_extension(message, [&hello](std::uint16_t type, ByteReader data) {
    if (type == kEncryptThenMac) hello.encrypt_then_mac = true;
    if (type == kExtendedMasterSecret) hello.extended_master_secret = true;
    if (type == kSupportedVersions) hello.version = data.u16();
  });
  if (!whole) return std::nullopt;
  hello.hello_retry_request = hello.version == kTls13 && hello.random == kHelloRetryRandom;
  return hello;
}

bool accepts_early_data(Bytes encrypted_extensions) {
  bool accepted = false;
  ByteReader message(encrypted_extensions);
  const bool whole = for_each_extension(message, [&accepted](std::uint16_t type, ByteReader) {
    if (type == kEarlyData) accepted = true;
  });
  return whole && accepted;
}

std::optional<HandshakeMessage> HandshakeReader::next(Bytes& fragment) {
  if (damaged_) return std::nullopt;
  if (between_messages()) body_.clear();
  while (header_size_ < header_.size() && !fragment.empty()) {
    header_[header_size_++] = fragment.front();
    fragment = fragment.subspan(1);
    if (header_size_ == header_.size()) {
      remaining_ = static_cast<std::size_t>(header_[1]) << 16 | header_[2] << 8 | header_[3];
    }
  }
  if (header_size_ < header_.size()) return std::nullopt;

  const auto type = static_cast<HandshakeType>(header_[0]);
  const bool stored = is_of_interest(type);
  if (stored && remaining_ + body_.size() > kMaxStoredMessage) {
    damaged_ = true;
    body_ = {};
    return std::nullopt;
  }
  const Bytes piece = fragment.first(std::min(remaining_, fragment.size()));
  fragment = fragment.subspan(piece.size());
  remaining_ -= piece.size();
  const bool at_once = remaining_ == 0 && body_.empty();
  if (stored && !at_once) body_.insert(body_.end(), piece.begin(), piece.end());
  if (remaining_ > 0) return std::nullopt;

  header_size_ = 0;
  if (!stored) return HandshakeMessage{type, {}};
  return HandshakeMessage{type, at_once ? piece : Bytes(body_)};
}

}  // namespace mpsdscope
