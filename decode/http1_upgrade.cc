// What follows a CONNECT or an Upgrade on an HTTP/1.x connection (RFC 9110 §7.8, §9.3.6).
#include <algorithm>
#include <utility>

#include "decode/http1_connection.h"
#include "decode/http2.h"
#include "decode/protocol_selector.h"

namespace mpsdscope {
namespace {

// Bytes kept of a client that does not wait for the answer to its CONNECT or Upgrade.
constexpr std::size_t kMaxHeld = 64 * 1024;

}  // namespace

void Http1Connection::hold(CaptureTime time, std::string_view bytes) {
  if (held_.empty()) held_time_ = time;
  const std::size_t kept = held_lost_ ? 0 : std::min(bytes.size(), kMaxHeld - held_.size());
  held_.append(bytes.substr(0, kept));
  if (kept == bytes.size()) return;
  held_lost_ = true;
  builder_.context().report.add(Counter::http_bytes_skipped, bytes.size() - kept);
}

// The answer was that HTTP goes on.
void Http1Connection::release_held() {
  holding_ = false;
  const std::string held = std::exchange(held_, {});
  feed(requests_, held_time_, held);
  if (std::exchange(held_lost_, false)) lose_bytes(Direction::to_server, held_time_, 0);
}

// The answer will never be known: what comes may be HTTP or not.
void Http1Connection::abandon_held() {
  holding_ = held_lost_ = false;
  builder_.context().report.add(Counter::http_bytes_skipped, held_.size());
  held_.clear();
  requests_.seeking = true;
  requests_.sync.start(false);
  queue_.requests_lost(false);
}

void Http1Connection::note_upgrade(const Exchange& exchange) {
  if (!builder_.context().exchanges.wants_messages(exchange)) return;
  websocket_ = WebsocketUpgrade::of(exchange);
}

// What decodes the rest of the connection; null if that is not read. `stream`: of the exchange that
// switches.
std::unique_ptr<StreamSink> Http1Connection::make_next(std::uint32_t stream) {
  DecodeContext& context = builder_.context();
  ConnectionInfo& info = builder_.info();
  if (next_ == Next::http2) {
    OpenExchange request;
    if (!orphan_active_) request = builder_.hand_on(take_oldest());
    orphan_active_ = false;
    if (orphan_.exchange) builder_.discard(std::exchange(orphan_, {}));
    return make_upgraded_http2_connection(context, info, std::move(request));
  }
  if (next_ == Next::other) {
    context.report.add(Counter::websockets);
    if (!websocket_) return nullptr;
    websocket_->stream = stream;
    return make_websocket_connection(context, info, std::move(*websocket_));
  }
  context.report.add(Counter::connect_tunnels);
  if (info.connect_depth >= context.limits.max_connect_depth) {
    context.report.add(Counter::streams_unknown);
    return nullptr;
  }
  ++info.connect_depth;
  info.connect_authority = connect_authority_;
  return make_protocol_selector(context, info);
}

void Http1Connection::switch_protocol(CaptureTime time, std::string_view rest) {
  const std::string held = std::exchange(held_, {});
  const bool held_lost = held_lost_ || requests_.seeking;
  holding_ = false;
  const std::uint32_t stream = exchanges_ + 1;
  flush();
  std::unique_ptr<StreamSink> next = make_next(stream);
  while (!queue_.empty()) give_up(take_oldest());
  flush();  // before what runs inside
  builder_.end_requests();
  tunnel_ = std::move(next);
  dropped_ = tunnel_ == nullptr;
  if (dropped_) return;
  if (!held.empty()) tunnel_->on_data(Direction::to_server, held_time_, as_bytes(held));
  if (held_lost) tunnel_->on_gap(Direction::to_server, time, 0);
  if (requests_.ended) tunnel_->on_end(Direction::to_server, time, requests_.end);
  if (!rest.empty()) tunnel_->on_data(Direction::to_client, time, as_bytes(rest));
}

}  // namespace mpsdscope
