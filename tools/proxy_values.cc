#include "tools/proxy_values.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <optional>
#include <system_error>

#include <arpa/inet.h>

#include "capture/proxy/http_target.h"
#include "decode/ascii.h"

namespace mpsdscope {
namespace {

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<IpAddress> parse_address(const std::string& text) {
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) {
    return IpAddress::from_bytes(Bytes(bytes).first(4));
  }
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return IpAddress::from_bytes(bytes);
  return std::nullopt;
}

// The authority of a URL that ends there or in a slash.
Result<Destination> parse_url_authority(std::string_view text, std::uint16_t default_port) {
  if (!text.empty() && text.back() == '/') text.remove_suffix(1);
  if (text.find('/') != text.npos) return Error{"has a path: only scheme, host and port count"};
  Result<Destination> destination = parse_authority(text, default_port);
  if (!destination) return Error{"is no URL of a host: " + destination.error().message};
  return destination;
}

}  // namespace

Result<Endpoint> parse_listen(std::string_view text, std::uint16_t default_port) {
  const auto no_address = [&] {
    return Error{quoted(text) + " is no ADDRESS:PORT, such as 127.0.0.1:" +
                 std::to_string(default_port) + " or [::]:" + std::to_string(default_port)};
  };
  if (const auto port = parse_port(text)) {
    return Endpoint{*parse_address("127.0.0.1"), *port};
  }
  std::size_t host_end = text.size();
  std::string host(text);
  if (text.substr(0, 1) == "[") {
    const std::size_t bracket = text.find(']');
    if (bracket == text.npos) return no_address();
    host = text.substr(1, bracket - 1);
    host_end = bracket + 1;
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    host_end = text.find(':');
    host = text.substr(0, host_end);
  }
  std::string_view port = text.substr(host_end);
  const bool has_port = !port.empty();
  if (has_port && !take_prefix(port, ":")) return no_address();
  if (host == "localhost") host = "127.0.0.1";
  if (host == "*") host = "0.0.0.0";
  const auto address = parse_address(host);
  const auto number = has_port ? parse_port(port) : std::optional(default_port);
  if (!address || !number) return no_address();
  return Endpoint{*address, *number};
}

Result<Done> parse_mode(std::string_view text, ProxyOptions& proxy) {
  std::string_view url = text;
  if (text == "regular" || text == "explicit") {
    proxy.mode = ProxyMode::regular;
  } else if (text == "transparent") {
    proxy.mode = ProxyMode::transparent;
  } else if (text == "socks5") {
    proxy.mode = ProxyMode::socks5;
  } else if (take_prefix(url, "reverse:")) {
    proxy.mode = ProxyMode::reverse;
    proxy.reverse_tls = !take_prefix(url, "http://");
    if (proxy.reverse_tls && !take_prefix(url, "https://")) {
      return Error{quoted(text) + " names no upstream: reverse:https://HOST[:PORT]"};
    }
    auto to = parse_url_authority(url, proxy.reverse_tls ? 443 : 80);
    if (!to) return Error{quoted(text) + " " + to.error().message};
    proxy.reverse_to = std::move(*to);
  } else {
    return Error{quoted(text) +
                 " is not regular, reverse:https://HOST[:PORT], transparent or socks5"};
  }
  return Done{};
}

Result<Done> parse_upstream_proxy(std::string_view text, ProxyOptions& proxy) {
  // The text may hold a password: no message repeats it.
  std::string_view url = text;
  if (!take_prefix(url, "http://") && url.find("://") != url.npos) {
    return Error{"only a proxy that is spoken to in plain HTTP can be used: http://HOST:PORT"};
  }
  if (const std::size_t at = url.rfind('@'); at != url.npos) {
    const std::string_view user = url.substr(0, at);
    const std::size_t colon = user.find(':');
    proxy.upstream_proxy_credentials =
        percent_decode(user.substr(0, colon)) + ":" +
        (colon == user.npos ? "" : percent_decode(user.substr(colon + 1)));
    url.remove_prefix(at + 1);
  }
  auto to = parse_url_authority(url, 8080);
  if (!to) return Error{"the value " + to.error().message};
  proxy.upstream_proxy = std::move(*to);
  return Done{};
}

Result<UpstreamTlsOptions::ClientCertificate> parse_client_certificate(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos || equals == 0 || equals + 1 == text.size()) {
    return Error{quoted(text) + " is not HOST=FILE"};
  }
  return UpstreamTlsOptions::ClientCertificate{std::string(text.substr(0, equals)),
                                               std::string(text.substr(equals + 1))};
}

Result<std::string> parse_credentials(const std::string& text) {
  std::string credentials = text;
  if (!text.empty() && text.front() == '@') {
    std::ifstream file(text.substr(1));
    if (!file || !std::getline(file, credentials)) {
      return Error{"cannot read " + text.substr(1) + ": " + std::generic_category().message(errno)};
    }
    if (!credentials.empty() && credentials.back() == '\r') credentials.pop_back();
  }
  // Not repeated: it may be most of a password.
  if (credentials.find(':') == std::string::npos || credentials.front() == ':') {
    return Error{"the value is not USER:PASS, and not @FILE with that in its first line"};
  }
  return credentials;
}

}  // namespace mpsdscope
