// What else runs on an HTTP/2 connection, or ran before it: CONNECT (RFC 9113 §8.5, RFC 8441) and
// the upgrade from HTTP/1.1 (RFC 7540 §3.2).
#include <algorithm>
#include <utility>

#include "decode/http2_connection.h"
#include "decode/protocol_signature.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMostTunnels = 64, kMostHead = 64;

}  // namespace

// Its HTTP2-Settings need no acknowledgement and are not read: any size that they may allow is.
void Http2Connection::adopt(OpenExchange request) {
  constexpr std::uint32_t kUpgraded = 1;
  lose_settings();
  last_request_ = kUpgraded;
  if (!request.exchange) {  // it was lost
    skipped_.add_between(0, kUpgraded + 2);
    ++side(Direction::to_server).losses;
    return;
  }
  Stream& stream = open(kUpgraded);
  static_cast<OpenExchange&>(stream) = std::move(request);
  builder_.hold(stream, std::exchange(stream.held, 0));
  stream.exchange->response = {};
  stream.response_done = false;
  stream.request_head = stream.request_done = true;
}

void Http2Connection::open_tunnel(Stream& stream, std::uint32_t id) {
  DecodeReport& report = builder_.context().report;
  if (stream.extended) return report.add(Counter::websockets);
  report.add(Counter::connect_tunnels);
  if (tunnels_.size() >= kMostTunnels) tunnels_.erase(tunnels_.begin());
  tunnels_[id].authority = stream.exchange->request.authority;
}

// What runs inside a stream is not read; that it is there is told.
void Http2Connection::on_tunnel_data(std::uint32_t id, std::string_view piece) {
  const auto at = tunnels_.find(id);
  if (at == tunnels_.end()) return;
  Tunnel& tunnel = at->second;
  tunnel.head.append(piece.substr(0, kMostHead - std::min(kMostHead, tunnel.head.size())));
  const Protocol protocol = identify(as_bytes(tunnel.head)).protocol;
  if (protocol == Protocol::undecided && tunnel.head.size() < kMostHead) return;
  DecodeReport& report = builder_.context().report;
  if (protocol == Protocol::tls) {
    const std::string& authority = tunnel.authority;
    report.add(Counter::tls_connections);
    report.add(Counter::tls_undecrypted);
    report.add_undecrypted(authority.substr(0, authority.rfind(':')), TlsFailure::in_http2, "");
  } else {
    report.add(Counter::http2_tunnels_unread);
  }
  tunnels_.erase(at);
}

// A tunnel is never over.
bool Http2Connection::under_way() const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [](const auto& stream) { return !stream.second.tunnel; });
}

}  // namespace mpsdscope
