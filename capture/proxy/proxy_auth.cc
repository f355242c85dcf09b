#include "capture/proxy/proxy_auth.h"

#include <optional>
#include <string>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "decode/ascii.h"
#include "decode/bytes.h"

namespace mpsdscope {
namespace {

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// RFC 4648 §4, padding optional; false if `text` is something else. Needs no more than text.size()
// of the capacity of `bytes`.
bool decode_base64(std::string_view text, std::string& bytes) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const int value = base64_value(c);
    if (value < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count & 0xff));
  }
  return count < 6;  // no lone digit
}

}  // namespace

Result<ProxyAuth> ProxyAuth::parse(std::string_view user_colon_password) {
  const std::size_t colon = user_colon_password.find(':');
  const std::size_t password = user_colon_password.size() - colon - 1;
  // RFC 1929 §2: both have a length from 1 to 255.
  if (colon == std::string_view::npos || colon == 0 || colon > 255 || password == 0 ||
      password > 255) {
    return Error{
        "--proxy-auth: write USER:PASSWORD, each of 1 to 255 bytes, and no colon in the user"};
  }
  ProxyAuth auth;
  auth.expected_ = digest(user_colon_password);
  auth.required_ = true;
  return auth;
}

ProxyAuth::Digest ProxyAuth::digest(std::string_view user_colon_password) {
  Digest digest{};
  const Bytes bytes = as_bytes(user_colon_password);
  SHA256(bytes.data(), bytes.size(), digest.data());
  return digest;
}

bool ProxyAuth::admits(std::string_view user, std::string_view password) const {
  if (!required_) return true;
  std::string given(user);
  given += ':';
  given += password;
  // Digests of equal length hide how much of it was right, and how long it is.
  const Digest found = digest(given);
  const bool equal = CRYPTO_memcmp(found.data(), expected_.data(), found.size()) == 0;
  OPENSSL_cleanse(given.data(), given.size());
  return equal && user.find(':') == std::string_view::npos;
}

bool ProxyAuth::admits_field(std::string_view value) const {
  if (!required_) return true;
  constexpr std::string_view kScheme = "Basic ";
  if (!begins_ignoring_case(value, kScheme)) return false;
  value.remove_prefix(kScheme.size());
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  std::string decoded;
  decoded.reserve(value.size());  // a buffer outgrown would keep its part of the password
  const bool readable = decode_base64(value, decoded);
  const std::string_view pair = decoded;
  const std::size_t colon = pair.find(':');
  const bool admitted =
      readable && colon != pair.npos && admits(pair.substr(0, colon), pair.substr(colon + 1));
  OPENSSL_cleanse(decoded.data(), decoded.size());
  return admitted;
}

std::optional<std::string_view> auth_problem(const HttpHead& head, const ProxyAuth& auth) {
  constexpr std::string_view kName = "Proxy-Authorization";
  if (!auth.required()) return std::nullopt;
  if (head.count(kName) == 0) {
    return "this proxy asks for a user name and password (--proxy-auth): set them in the client's "
           "proxy settings";
  }
  if (auth.admits_field(head.field(kName))) return std::nullopt;
  return "the user name or password for this proxy is wrong: compare the client's proxy settings "
         "with --proxy-auth";
}

}  // namespace mpsdscope
