// IP addresses and endpoints.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>

#include "decode/bytes.h"

namespace mpsdscope {

// An IPv4 or IPv6 address. IPv4 is held as an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2), so
// that both compare and hash alike.
class IpAddress {
 public:
  constexpr IpAddress() = default;
  // `bytes` must be 4 or 16 long; anything else gives the unspecified address.
  static IpAddress from_bytes(Bytes bytes) {
    IpAddress address;
    if (bytes.size() == 4) {
      // In two words, as it will be read again soon.
      const std::array<std::uint8_t, 8> tail{0,        0,        0xff,     0xff,
                                             bytes[0], bytes[1], bytes[2], bytes[3]};
      std::memcpy(address.bytes_.data() + 8, tail.data(), tail.size());
    } else if (bytes.size() == 16) {
      std::memcpy(address.bytes_.data(), bytes.data(), 16);
    }
    return address;
  }

  bool is_v4() const { return std::memcmp(bytes_.data(), kV4Prefix.data(), kV4Prefix.size()) == 0; }
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  std::string to_string() const;  // "192.0.2.1", "2001:db8::1"

  auto operator<=>(const IpAddress&) const = default;
  // Every packet is compared a few times: as two words, without a call.
  bool operator==(const IpAddress& other) const {
    return words()[0] == other.words()[0] && words()[1] == other.words()[1];
  }
  std::array<std::uint64_t, 2> words() const {
    std::array<std::uint64_t, 2> words;
    std::memcpy(words.data(), bytes_.data(), sizeof words);
    return words;
  }

 private:
  static constexpr std::array<std::uint8_t, 12> kV4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::array<std::uint8_t, 16> bytes_{};
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  std::string to_string() const;  // "192.0.2.1:443", "[2001:db8::1]:443"
  auto operator<=>(const Endpoint&) const = default;
  // The ports nearly always decide.
  bool operator==(const Endpoint& other) const {
    return port == other.port && address == other.address;
  }
};

}  // namespace mpsdscope
