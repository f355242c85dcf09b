// What a TCP connection does about what is missing: waiting for it, and giving it up.
#include <algorithm>

#include "decode/tcp_connection.h"

namespace mpsdscope {

// Starts, keeps or stops the clock of what is waited for.
void TcpConnection::watch(CaptureTime now, bool progressed) {
  if (!stuck(sides_[0]) && !stuck(sides_[1])) {
    stuck_since_.reset();
  } else if (!stuck_since_ || progressed) {
    stuck_since_ = now;
  }
  const std::size_t waiting = sides_[0].data.buffered() + sides_[1].data.buffered();
  if (waiting > context_.limits.max_buffered_per_flow) give_up_holes(now, true);
}

// Of whatever began first.
CaptureTime TcpConnection::deadline() const {
  std::optional<CaptureTime> since = stuck_since_;
  if (reset_at_ && (!since || *reset_at_ < *since)) since = reset_at_;
  return *since + context_.limits.reassembly_grace;
}

void TcpConnection::give_up_overdue(CaptureTime now) {
  const Duration grace = context_.limits.reassembly_grace;
  if (reset_at_ && *reset_at_ + grace <= now) {
    finish(now, StreamEnd::reset);
  } else if (stuck_since_ && *stuck_since_ + grace <= now) {
    give_up_holes(now, false);
    if (sides_[0].ended && sides_[1].ended) finish(now, StreamEnd::closed);
  }
}

// `all`: also what the receiver may still be waiting for itself.
void TcpConnection::give_up_holes(CaptureTime now, bool all) {
  bool again = true;
  while (again) {
    again = give_up_hole(sides_[0], now, all) || give_up_hole(sides_[1], now, all);
    again = settle() || again;
    if (!again) again = break_tie();
  }
  stuck_since_.reset();
  // What is left waits for a retransmission; look again after another grace.
  if (stuck(sides_[0]) || stuck(sides_[1])) stuck_since_ = now;
}

// Where a hole ends: at what is there behind it, else at all that was acknowledged; at the most at
// what the peer's next piece says that it had received.
std::uint64_t TcpConnection::end_of_hole(const Side& side, const Side& peer) const {
  const std::uint64_t next = side.data.next();
  std::uint64_t until = side.acked.value_or(0);
  if (side.fin) until = *side.fin;
  if (side.data.has_pending()) until = side.data.first_pending();
  // What the peer said in between belongs in between.
  if (peer.data.has_pending() && peer.data.front().needs > next) {
    until = std::min(until, peer.data.front().needs);
  } else if (!peer.data.has_pending() && peer.fin && !peer.ended && peer.fin_needs > next) {
    until = std::min(until, peer.fin_needs);
  }
  return until;
}

bool TcpConnection::give_up_hole(Side& side, CaptureTime now, bool all) {
  if (!stuck(side)) return false;
  TcpReassembler& data = side.data;
  if (!data.started()) {
    data.start_at(data.has_pending() ? data.first_pending() : data.next());
    return true;
  }
  const Side& peer = peer_of(side);
  if (side.fin == data.next()) return false;  // waits for the other direction
  const bool received = side.acked && *side.acked > data.next();
  if (!received && peer.seen && !all) return false;
  const std::uint64_t until = end_of_hole(side, peer);
  if (until <= data.next()) return false;  // waits for the other direction
  if (!side.seen) side.absent = true;
  const bool only_fin = !data.has_pending() && !side.fin && until == data.next() + 1;
  if (only_fin) {
    side.fin = data.next();
    return true;
  }
  const std::uint64_t length = until - data.next();
  // The time of what revealed the hole: giving up happens whenever the next packet comes.
  const CaptureTime time = data.has_pending() ? data.front().time
                           : side.acked       ? side.acked_time
                                              : now;
  data.advance_to(until);
  give_gap(side, time, length);
  return true;
}

// Each direction's next piece claims to come after the other's: no honest pair of hosts does that.
bool TcpConnection::break_tie() {
  const auto ready = [](const Side& side) {
    return side.data.has_pending() && side.data.started() &&
           side.data.first_pending() == side.data.next();
  };
  if (!ready(sides_[0]) || !ready(sides_[1])) return false;
  const bool second = sides_[1].data.front().time < sides_[0].data.front().time;
  sides_[second ? 1 : 0].data.release_front();
  return settle();
}

}  // namespace mpsdscope
