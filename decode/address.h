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
  static IpAddress from_bytes(Bytes bytes);

  bool is_v4() const;
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  std::string to_string() const;  // "192.0.2.1", "2001:db8::1"

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  std::string to_string() const;  // "192.0.2.1:443", "[2001:db8::1]:443"
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace mpsdscope
