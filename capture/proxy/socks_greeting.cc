#include "capture/proxy/socks_greeting.h"

#include <algorithm>
#include <array>

#include "capture/proxy/http_target.h"
#include "capture/proxy/proxy_answer.h"
#include "decode/address.h"

namespace mpsdscope {
namespace {

constexpr std::uint8_t kVersion = 5, kVersion4 = 4, kAuthVersion = 1;
// Methods, RFC 1928 §3.
constexpr std::uint8_t kNoAuth = 0, kUserPassword = 2;
constexpr std::uint8_t kConnect = 1;
// Address types, RFC 1928 §5.
constexpr std::uint8_t kIpv4 = 1, kName = 3, kIpv6 = 4;

// RFC 1928 §6.
enum class Reply : std::uint8_t {
  succeeded = 0,
  general_failure = 1,
  not_allowed = 2,
  network_unreachable = 3,
  host_unreachable = 4,
  connection_refused = 5,
  command_not_supported = 7,
  address_type_not_supported = 8,
};

// The bound address is left unspecified: it says nothing to a client of CONNECT.
std::array<std::uint8_t, 10> reply(Reply code) {
  return {kVersion, static_cast<std::uint8_t>(code), 0, kIpv4};
}

Reply reply_of(ConnectFailure failure) {
  switch (failure) {
    case ConnectFailure::not_allowed:
      return Reply::not_allowed;
    case ConnectFailure::no_such_host:
    case ConnectFailure::timed_out:
      return Reply::host_unreachable;
    case ConnectFailure::refused:
      return Reply::connection_refused;
    case ConnectFailure::unreachable:
      return Reply::network_unreachable;
    case ConnectFailure::untrusted:
    case ConnectFailure::overloaded:
      break;
  }
  return Reply::general_failure;
}

// RFC 1928 §3, RFC 1929 §2: the length that a message's first bytes tell, 0 when more are needed.
std::size_t methods_size(Bytes held) {
  return held.size() < 2 ? 0 : std::size_t{2} + held[1];
}
std::size_t credentials_size(Bytes held) {
  if (held.size() < 2) return 0;
  const std::size_t password = std::size_t{2} + held[1];
  return held.size() <= password ? 0 : password + 1 + held[password];
}
// RFC 1928 §4.
std::size_t request_size(Bytes held) {
  constexpr std::size_t kHead = 4, kPort = 2;
  if (held.size() <= kHead) return 0;
  switch (held[3]) {
    case kIpv4:
      return kHead + 4 + kPort;
    case kIpv6:
      return kHead + 16 + kPort;
    case kName:
      return kHead + 1 + held[kHead] + kPort;
    default:
      return kHead + 1;
  }
}

}  // namespace

std::size_t SocksGreeting::read(Bytes bytes, ByteQueue& out) {
  std::size_t taken = 0;
  while (taken < bytes.size() && state_ == State::reading) {
    held_.push_back(static_cast<char>(bytes[taken++]));
    read_message(out);
  }
  return taken;
}

void SocksGreeting::read_message(ByteQueue& out) {
  const Bytes held = as_bytes(held_);
  const std::uint8_t version = step_ == Step::credentials ? kAuthVersion : kVersion;
  if (held[0] != version) return refuse_version(held[0], out);
  switch (step_) {
    case Step::methods:
      if (held.size() != methods_size(held)) return;
      read_methods(out);
      break;
    case Step::credentials:
      if (held.size() != credentials_size(held)) return;
      read_credentials(out);
      break;
    case Step::request:
      if (held.size() != request_size(held)) return;
      read_request(out);
      break;
  }
  held_.clear();
}

void SocksGreeting::refuse_version(std::uint8_t first, ByteQueue& out) {
  if (step_ != Step::methods) {
    return refuse(as_text(reply(Reply::general_failure)), "a SOCKS message has a wrong version",
                  out);
  }
  if (first == kVersion4) {
    // Its "request rejected" (SOCKS 4, CD 91).
    return refuse(std::string_view("\0\x5b\0\0\0\0\0\0", 8),
                  "the client speaks SOCKS4, which knows no names and no IPv6: set it to SOCKS5",
                  out);
  }
  const std::string_view sentence =
      "this port speaks SOCKS5, the client does not: set it as a SOCKS5 proxy, or listen with "
      "--mode "
      "regular";
  const bool letter = (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z');
  refuse(letter ? proxy_answer(400, sentence) : std::string(), std::string(sentence), out);
}

void SocksGreeting::read_methods(ByteQueue& out) {
  const Bytes methods = as_bytes(held_).subspan(2);
  const std::uint8_t wanted = auth_.required() ? kUserPassword : kNoAuth;
  if (std::find(methods.begin(), methods.end(), wanted) == methods.end()) {
    problem_kind_ = auth_.required() ? ProxyEventKind::unauthorized : ProxyEventKind::client_error;
    return refuse("\x05\xff",
                  auth_.required()
                      ? "the client offers no user name and password for SOCKS: set those of "
                        "--proxy-auth in its proxy settings"
                      : "the client offers no SOCKS method without authentication",
                  out);
  }
  out.append(std::array{kVersion, wanted});
  step_ = auth_.required() ? Step::credentials : Step::request;
}

void SocksGreeting::read_credentials(ByteQueue& out) {
  const std::string_view held = held_;
  const std::size_t user = static_cast<std::uint8_t>(held[1]);
  if (!auth_.admits(held.substr(2, user), held.substr(3 + user))) {
    problem_kind_ = ProxyEventKind::unauthorized;
    return refuse(
        "\x01\x01",
        "the user name or password for SOCKS is wrong: compare the client's proxy settings "
        "with --proxy-auth",
        out);
  }
  out.append(std::array<std::uint8_t, 2>{kAuthVersion, 0});
  step_ = Step::request;
}

void SocksGreeting::read_request(ByteQueue& out) {
  ByteReader reader(as_bytes(held_));
  reader.skip(1);
  const std::uint8_t command = reader.u8();
  reader.skip(1);
  const std::uint8_t type = reader.u8();
  if (type == kIpv4 || type == kIpv6) {
    destination_.host = IpAddress::from_bytes(reader.take(type == kIpv4 ? 4 : 16)).to_string();
  } else if (type == kName) {
    destination_.host = as_text(reader.take(reader.u8()));
  } else {
    return refuse(as_text(reply(Reply::address_type_not_supported)),
                  "the SOCKS request has an address of an unknown type", out);
  }
  destination_.port = reader.u16();
  if (command != kConnect) {
    return refuse(as_text(reply(Reply::command_not_supported)),
                  "the SOCKS client asks for BIND or UDP: only CONNECT is there, for TCP", out);
  }
  if (!is_host(destination_.host) || destination_.port == 0) {
    return refuse(as_text(reply(Reply::general_failure)),
                  "the SOCKS request names a host or port that cannot be", out);
  }
  state_ = State::connect;
}

void SocksGreeting::connected(ByteQueue& out) {
  out.append(reply(Reply::succeeded));
}

void SocksGreeting::failed(ConnectFailure failure, std::string_view sentence, ByteQueue& out) {
  refuse(as_text(reply(reply_of(failure))), std::string(sentence), out);
}

void SocksGreeting::refuse(std::string_view answer, std::string sentence, ByteQueue& out) {
  out.append(as_bytes(answer));
  problem_ = std::move(sentence);
  state_ = State::refused;
}

}  // namespace mpsdscope
