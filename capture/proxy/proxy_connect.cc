#include "capture/proxy/proxy_connect.h"

#include <algorithm>
#include <vector>

#include <openssl/evp.h>

#include "capture/proxy/http_head.h"

namespace mpsdscope {
namespace {

constexpr std::uint16_t kHttpsPort = 443;

std::string base64(const std::string& text) {
  std::vector<unsigned char> encoded(4 * ((text.size() + 2) / 3) + 1);
  const int length =
      EVP_EncodeBlock(encoded.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  return {encoded.begin(), encoded.begin() + length};
}

std::string authority_of(const Destination& to) {
  const bool v6 = to.host.find(':') != std::string::npos;
  return (v6 ? "[" + to.host + "]" : to.host) + ":" + std::to_string(to.port);
}

}  // namespace

std::string proxy_authorization(const std::string& credentials) {
  if (credentials.empty()) return "";
  return "Proxy-Authorization: Basic " + base64(credentials) + "\r\n";
}

ProxyConnect::ProxyConnect(const Destination& to, const std::string& credentials,
                           std::size_t max_head_bytes)
    : to_(to), max_head_bytes_(max_head_bytes) {
  const std::string authority = authority_of(to);
  request_ = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n" +
             proxy_authorization(credentials) + "\r\n";
}

ProxyConnect::State ProxyConnect::read(Bytes& bytes) {
  const std::size_t before = answer_.size();
  answer_ += as_text(bytes);
  const std::size_t length = head_length(answer_, scanned_);
  if (length == 0) {
    bytes = {};
    if (answer_.size() <= max_head_bytes_) return State::reading;
    problem_ = "its answer has no end";
    return State::refused;
  }
  if (length == std::string::npos) {
    bytes = {};
    problem_ = "its answer has a line that ends without CR";
    return State::refused;
  }
  bytes = bytes.subspan(length - before);
  const std::string_view line = std::string_view(answer_).substr(0, answer_.find("\r\n"));
  const Result<StatusLine> status = parse_status_line(line);
  if (!status) {
    problem_ = "it does not answer in HTTP";
    return State::refused;
  }
  if (status.value().status / 100 == 2) return State::connected;
  problem_ = "it answered " + std::to_string(status.value().status);
  if (status.value().status == 407) problem_ += " (it wants other credentials in --upstream-proxy)";
  if (status.value().status == 403 && to_.port != kHttpsPort) {
    problem_ += " (many proxies permit CONNECT to port " + std::to_string(kHttpsPort) +
                " only: let it permit port " + std::to_string(to_.port) + ", too)";
  }
  return State::refused;
}

}  // namespace mpsdscope
