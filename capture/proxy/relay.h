// The steady part of a connection: what one side says is passed to the other, byte for byte, with
// the ends of both directions and with backpressure.
#pragma once

#include <array>
#include <functional>
#include <span>

#include "capture/proxy/machine.h"
#include "capture/proxy/tap_turn.h"
#include "capture/proxy/tls_endpoint.h"
#include "decode/stream.h"

namespace mpsdscope {

// Where decrypted bytes stay until the tap was told, per direction. One for all connections of a
// worker.
using Scratch = std::array<std::span<std::uint8_t>, 2>;

class Relay {
 public:
  // Without TLS on a side its endpoint is null. All outlive this.
  // `on_tls_failure` is told whose endpoint failed while OpenSSL's error queue still says why: the
  // sender's in that direction.
  using OnTlsFailure = std::function<void(Direction)>;
  Relay(MachineIo& io, TlsEndpoint* client, TlsEndpoint* upstream, Scratch scratch, TapTurn& turn,
        OnTlsFailure on_tls_failure = {});

  // What was received of the sender of `direction`; empty to go on with what its endpoint kept.
  void on_data(Direction direction, Bytes received);
  // The sender's TCP connection ended.
  void on_end(Direction direction, StreamEnd end);
  // Bytes of the queues were sent.
  void on_sent();

 private:
  struct Side {
    SocketWishes& socket;
    TlsEndpoint* tls;
    bool provokes = false;  // more replies of its TLS (to KeyUpdates) than it takes
  };
  static std::size_t waiting_for(const Side& receiver);
  Side& sender_of(Direction direction) { return sides_[index_of(direction)]; }
  Side& receiver_of(Direction direction) { return sides_[index_of(opposite(direction))]; }
  void pass_close(Direction direction);
  void fail(Direction direction);

  MachineIo& io_;
  std::array<Side, 2> sides_;  // by the direction that they send
  std::array<bool, 2> close_passed_{};
  Scratch scratch_;
  TapTurn& turn_;
  const OnTlsFailure on_tls_failure_;
};

}  // namespace mpsdscope
