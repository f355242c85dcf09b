#include "capture/proxy/relay.h"

#include <algorithm>
#include <utility>

namespace mpsdscope {

Relay::Relay(MachineIo& io, TlsEndpoint* client, TlsEndpoint* upstream, Scratch scratch,
             TapTurn& turn, OnTlsFailure on_tls_failure)
    : io_(io),
      sides_{Side{io.client, client}, Side{io.upstream, upstream}},
      scratch_(scratch),
      turn_(turn),
      on_tls_failure_(std::move(on_tls_failure)) {}

std::size_t Relay::waiting_for(const Side& receiver) {
  return receiver.socket.out.size() + (receiver.tls == nullptr ? 0 : receiver.tls->unsent());
}

void Relay::on_data(Direction direction, Bytes received) {
  Side& from = sender_of(direction);
  Side& to = receiver_of(direction);
  Bytes content = received;
  if (from.tls != nullptr) {
    const auto room = scratch_[index_of(direction)];
    const std::size_t waiting = from.socket.out.size();
    content = room.first(from.tls->receive(received, room));
    if (from.tls->state() == TlsEndpoint::State::failed) fail(direction);
    from.provokes = from.socket.out.size() > std::max(waiting, kHighWater);
    if (from.provokes) from.socket.read = false;
  }
  if (!content.empty()) {
    if (to.tls != nullptr) {
      to.tls->send(content);
      if (to.tls->state() == TlsEndpoint::State::failed) fail(opposite(direction));
    } else {
      to.socket.out.append(content);
    }
    turn_.content(direction, content);
    if (waiting_for(to) > kHighWater) from.socket.read = false;
  }
  if (from.tls != nullptr && from.tls->peer_closed()) pass_close(direction);
}

// The endpoint of the sender of `direction`.
void Relay::fail(Direction direction) {
  if (io_.abort) return;
  if (on_tls_failure_) on_tls_failure_(direction);
  on_end(direction, StreamEnd::reset);
}

// A close_notify of one side becomes one of the other, and a FIN where there is no TLS.
void Relay::pass_close(Direction direction) {
  bool& passed = close_passed_[index_of(direction)];
  if (passed) return;
  passed = true;
  Side& to = receiver_of(direction);
  if (to.tls != nullptr) {
    to.tls->send_close();
  } else {
    to.socket.shutdown = true;
  }
  turn_.end(direction, StreamEnd::closed);
}

void Relay::on_end(Direction direction, StreamEnd end) {
  if (end == StreamEnd::closed) {
    // Without close_notify before it, the other side gets a FIN without one too: it is told of the
    // truncation as we were.
    receiver_of(direction).socket.shutdown = true;
  } else {
    io_.abort = true;
    turn_.end(opposite(direction), StreamEnd::unknown);
  }
  turn_.end(direction, end);
}

void Relay::on_sent() {
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    Side& from = sender_of(direction);
    if (waiting_for(receiver_of(direction)) > kHighWater / 2) continue;
    if (from.provokes && from.socket.out.size() > kHighWater / 2) continue;
    from.provokes = false;
    from.socket.read = true;
  }
}

}  // namespace mpsdscope
