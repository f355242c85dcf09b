// `--proxy-auth USER:PASS`: who may use the proxy (RFC 7617 Basic, RFC 1929).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "capture/proxy/http_head.h"
#include "decode/result.h"

namespace mpsdscope {

// Holds a digest only, and compares in a time that does not depend on what was given.
class ProxyAuth {
 public:
  // Everyone may.
  ProxyAuth() = default;
  // The Error says what a user and password look like; it does not repeat them.
  static Result<ProxyAuth> parse(std::string_view user_colon_password);

  bool required() const { return required_; }
  bool admits(std::string_view user, std::string_view password) const;
  // The value of a Proxy-Authorization field: "Basic " and base64.
  bool admits_field(std::string_view value) const;

 private:
  using Digest = std::array<std::uint8_t, 32>;
  static Digest digest(std::string_view user_colon_password);

  Digest expected_{};
  bool required_ = false;
};

// nullopt: the head's Proxy-Authorization is what it must be. Otherwise a sentence for a 407.
std::optional<std::string_view> auth_problem(const HttpHead& head, const ProxyAuth& auth);

}  // namespace mpsdscope
