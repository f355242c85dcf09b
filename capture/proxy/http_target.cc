#include "capture/proxy/http_target.h"

#include <algorithm>
#include <charconv>
#include <string>

#include <arpa/inet.h>

#include "decode/ascii.h"

namespace mpsdscope {
namespace {

bool is_v6(std::string_view text) {
  in6_addr address{};
  return text.size() < INET6_ADDRSTRLEN &&
         inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

// 0: it is none.
std::uint16_t parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && parsed == end && text.size() <= 5 ? port : std::uint16_t{0};
}

}  // namespace

bool is_host(std::string_view text) {
  constexpr std::size_t kLongest = 254;  // RFC 1035 §2.3.4 as text, with a trailing dot
  if (text.find(':') != std::string_view::npos) return is_v6(text);
  return !text.empty() && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), is_name_char);
}

Result<Destination> parse_authority(std::string_view text, std::uint16_t default_port) {
  if (text.find('@') != std::string_view::npos) {
    return Error{"the target holds a user name or password; send them in an Authorization field"};
  }
  Destination destination;
  std::string_view rest;
  if (text.substr(0, 1) == "[") {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return Error{"the target has a bracket without its end"};
    destination.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (destination.host.find('%') != std::string::npos) {
      return Error{"an IPv6 address with a zone cannot be a destination"};
    }
    if (!is_v6(destination.host)) return Error{"what is in the brackets is no IPv6 address"};
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    destination.host = text.substr(0, colon);
    rest = text.substr(colon);
    if (rest.find(':', 1) != std::string_view::npos) {
      return Error{"the target has several colons; an IPv6 address is written in brackets"};
    }
    if (!is_host(destination.host)) {
      return Error{"the target's host is empty, too long, or holds a character that no host has"};
    }
  }
  const bool has_port = rest.size() > 1 || (!rest.empty() && default_port == 0);
  if (rest.empty() && default_port == 0) {
    return Error{"the target has no port; write HOST:PORT, such as title.xboxlive.com:443"};
  }
  destination.port = has_port ? parse_port(rest.substr(1)) : default_port;
  if ((!rest.empty() && rest.front() != ':') || destination.port == 0) {
    return Error{"the target's port is not a number from 1 to 65535"};
  }
  return destination;
}

Result<AbsoluteTarget> parse_absolute_target(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (!begins_ignoring_case(target, kScheme)) {
    return Error{
        "the request target is neither an http:// address nor a path; for https and websockets the "
        "client must use CONNECT"};
  }
  target.remove_prefix(kScheme.size());
  if (target.find('#') != std::string_view::npos) {
    return Error{"the request target has a fragment (RFC 9112 §3.2)"};
  }
  const std::size_t end = std::min(target.find_first_of("/?"), target.size());
  Result<Destination> destination = parse_authority(target.substr(0, end), 80);
  if (!destination) return destination.error();
  return AbsoluteTarget{std::move(*destination), target.substr(end)};
}

}  // namespace mpsdscope
