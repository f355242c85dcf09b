#include "capture/proxy/relay.h"

namespace mpsdscope {

Relay::Relay(MachineIo& io, TlsEndpoint* client, TlsEndpoint* upstream, Scratch scratch,
             TapTurn& turn)
    : io_(io),
      sides_{Side{io.client, client}, Side{io.upstream, upstream}},
      scratch_(scratch),
      turn_(turn) {}

void Relay::on_data(Direction direction, Bytes received) {
  Side& from = sender_of(direction);
  Side& to = receiver_of(direction);
  Bytes content = received;
  if (from.tls != nullptr) {
    const auto room = scratch_[index_of(direction)];
    content = room.first(from.tls->receive(received, room));
  }
  if (!content.empty()) {
    if (to.tls != nullptr) {
      to.tls->send(content);
    } else {
      to.socket.out.append(content);
    }
    turn_.content(direction, content);
    if (to.socket.out.size() > kHighWater) from.socket.read = false;
  }
  if (from.tls == nullptr) return;
  if (from.tls->state() == TlsEndpoint::State::failed) {
    on_end(direction, StreamEnd::reset);
  } else if (from.tls->peer_closed()) {
    pass_close(direction);
  }
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
    if (receiver_of(direction).socket.out.size() <= kHighWater / 2) from.socket.read = true;
  }
}

}  // namespace mpsdscope
