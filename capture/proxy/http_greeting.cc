#include "capture/proxy/http_greeting.h"

#include <algorithm>

#include "capture/proxy/http_head.h"
#include "capture/proxy/http_target.h"
#include "capture/proxy/proxy_answer.h"
#include "decode/ascii.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kConnect = "CONNECT ";
constexpr std::uint8_t kTlsHandshake = 22, kSocks4 = 4, kSocks5 = 5;

// What a client seems to speak that takes the port for something else; "" if nothing is known.
std::string_view misdirected(std::uint8_t first_byte) {
  switch (first_byte) {
    case kTlsHandshake:
      return "the client began with TLS, but this port is an HTTP proxy: set it as "
             "http://HOST:PORT "
             "in the client, or listen with --mode reverse or transparent";
    case kSocks4:
    case kSocks5:
      return "the client speaks SOCKS, but this port is an HTTP proxy: set it as http://HOST:PORT "
             "in "
             "the client, or listen with --mode socks5";
    default:
      return {};
  }
}

}  // namespace

bool is_own_page(const Destination& destination) {
  std::string_view host = destination.host;
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  return destination.port == 80 && equals_ignoring_case(host, "mpsdscope");
}

std::size_t HttpGreeting::read(Bytes bytes, ByteQueue& out) {
  std::size_t taken = 0;
  // Byte by byte at first, so that nothing of another protocol is waited for.
  for (; taken < bytes.size() && held_.size() < kConnect.size(); ++taken) {
    const std::uint8_t byte = bytes[taken];
    if (static_cast<char>(byte) == kConnect[held_.size()]) {
      held_.push_back(static_cast<char>(byte));
    } else if (const std::string_view why = misdirected(byte); held_.empty() && !why.empty()) {
      refuse(400, why, out);
      return taken;
    } else {
      state_ = State::plain;
      return taken;
    }
  }
  const Bytes rest = bytes.subspan(taken);
  if (rest.empty()) return taken;
  const std::size_t before = held_.size();
  const std::size_t room = std::max(max_head_bytes_, before) - before;
  held_ += as_text(rest.first(std::min(rest.size(), room)));
  const std::size_t length = head_length(held_, scanned_);
  if (length == 0) {
    if (rest.size() > room) {
      refuse(431,
             "the head of the request is larger than " + std::to_string(max_head_bytes_) + " bytes",
             out);
    }
    return bytes.size();
  }
  if (length == std::string::npos) {
    refuse(400, "a line ends without CR (RFC 9112 §2.2)", out);
    return bytes.size();
  }
  held_.resize(length);
  read_head(out);
  held_.clear();
  return taken + (length - before);
}

void HttpGreeting::read_head(ByteQueue& out) {
  const Result<HttpHead> head = parse_head(held_);
  if (!head) return refuse(400, head.error().message, out);
  const Result<RequestLine> line = parse_request_line(head.value().start_line);
  if (!line) return refuse(400, line.error().message, out);
  if (const auto problem = auth_problem(*head, auth_)) {
    problem_kind_ = ProxyEventKind::unauthorized;
    return refuse(407, *problem, out);
  }
  // RFC 9110 §9.3.6: it has no content; what follows belongs to the tunnel.
  const bool content = head->count("Content-Length") > 0 && head->field("Content-Length") != "0";
  if (content || head->count("Transfer-Encoding") > 0) {
    return refuse(400, "a CONNECT request cannot have content (RFC 9110 §9.3.6)", out);
  }
  Result<Destination> destination = parse_authority(line->target, 0);
  if (!destination) return refuse(400, destination.error().message, out);
  destination_ = std::move(*destination);
  state_ = State::connect;
}

void HttpGreeting::connected(ByteQueue& out) {
  out.append(as_bytes("HTTP/1.1 200 Connection established\r\n\r\n"));
}

void HttpGreeting::failed(ConnectFailure failure, std::string_view sentence, ByteQueue& out) {
  refuse(status_of(failure), sentence, out);
}

void HttpGreeting::refuse(int status, std::string_view sentence, ByteQueue& out) {
  out.append(as_bytes(proxy_answer(status, sentence)));
  problem_ = sentence;
  state_ = State::refused;
}

}  // namespace mpsdscope
