// What follows a CONNECT or an Upgrade on an HTTP/1.x connection (RFC 9110 §7.8, §9.3.6).
#include <algorithm>
#include <utility>

#include "decode/http1_connection.h"
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

void Http1Connection::switch_protocol(CaptureTime time, std::string_view rest) {
  DecodeContext& context = builder_.context();
  ConnectionInfo& info = builder_.info();
  const std::string held = std::exchange(held_, {});
  const bool held_lost = held_lost_ || requests_.seeking;
  holding_ = false;
  const std::uint32_t stream = exchanges_ + 1;  // of the exchange that switches
  while (!queue_.empty()) give_up(queue_.pop_oldest());
  flush();  // before what runs inside
  if (next_ == Next::other) {
    context.report.add(Counter::websockets);
    dropped_ = !websocket_;
    if (websocket_) {
      websocket_->stream = stream;
      tunnel_ = make_websocket_connection(context, info, std::move(*websocket_));
    }
  } else if (info.connect_depth >= context.limits.max_connect_depth) {
    context.report.add(Counter::connect_tunnels);
    context.report.add(Counter::streams_unknown);
    dropped_ = true;
  } else {
    context.report.add(Counter::connect_tunnels);
    ++info.connect_depth;
    info.connect_authority = connect_authority_;
    tunnel_ = make_protocol_selector(context, info);
  }
  if (!tunnel_) return;
  if (!held.empty()) tunnel_->on_data(Direction::to_server, held_time_, as_bytes(held));
  if (held_lost) tunnel_->on_gap(Direction::to_server, time, 0);
  if (requests_.ended) tunnel_->on_end(Direction::to_server, time, requests_.end);
  if (!rest.empty()) tunnel_->on_data(Direction::to_client, time, as_bytes(rest));
}

}  // namespace mpsdscope
