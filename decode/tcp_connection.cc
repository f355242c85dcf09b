#include "decode/tcp_connection.h"

#include <algorithm>

#include "decode/protocol_signature.h"

namespace mpsdscope {
namespace {

// A closed connection's late duplicates are near its end; anything farther is a new connection
// whose SYN the capture lacks.
constexpr std::int64_t kNearClosed = std::int64_t{1} << 20;
// An acknowledgment that far beyond all that was captured needs a second one to be believed.
constexpr std::uint64_t kFarAck = std::uint64_t{1} << 20;
// Farther from the expected place than this, a reset is not one of this connection.
constexpr std::int64_t kResetWindow = std::int64_t{1} << 18;

constexpr std::array<Direction, 2> kDirections{Direction::to_server, Direction::to_client};
constexpr std::array<std::uint16_t, 7> kServerPorts{443, 80, 8443, 8080, 8888, 3128, 1080};

bool is_server_port(std::uint16_t port) {
  return std::find(kServerPorts.begin(), kServerPorts.end(), port) != kServerPorts.end();
}

}  // namespace

TcpConnection::TcpConnection(DecodeContext& context, const StreamFactory& make_stream,
                             const TcpSegment& first)
    : context_(context), make_stream_(make_stream) {
  info_.conn = first.packet_number;
  info_.one_sided = true;
  sides_[0].endpoint = first.source;
  sides_[1].endpoint = first.destination;
  context_.report.add(Counter::tcp_connections);
}

TcpConnection::~TcpConnection() = default;

Direction TcpConnection::direction_of(const Side& side) const {
  return &side == &sides_[client_.value_or(0)] ? Direction::to_server : Direction::to_client;
}

TcpConnection::Side& TcpConnection::side_of(Direction direction) {
  const std::size_t client = client_.value_or(0);
  return sides_[direction == Direction::to_server ? client : 1 - client];
}

std::size_t TcpConnection::buffered() const {
  return sides_[0].data.buffered() + sides_[1].data.buffered() +
         (sink_ ? sink_->buffered_bytes() : 0);
}

bool TcpConnection::begins_anew(const TcpSegment& syn) const {
  // A refused connection is often tried again as it was.
  if (closed_ && !sink_made_) return true;
  const Side& side = sides_[side_of(syn)];
  if (side.isn) return *side.isn != syn.sequence;
  if (!side.data.has_origin()) return false;
  const std::uint64_t begin = side.data.offset_of(syn.sequence + 1);
  if (side.data.started()) return begin != side.data.start();
  return side.data.has_pending() && begin > side.data.first_pending();
}

// One stray segment proves nothing about a living connection; one that goes on from it does.
bool TcpConnection::goes_on_far(const TcpSegment& segment) const {
  const bool goes_on = closed_ || far_next_ == segment.sequence;
  return goes_on && !segment.payload.empty() && is_far(sides_[side_of(segment)], segment);
}

bool TcpConnection::is_far(const Side& side, const TcpSegment& segment) const {
  if (segment.flags & (TcpFlags::rst | TcpFlags::syn) || !side.data.has_origin()) return false;
  const std::int64_t distance = side.data.distance(segment.sequence);
  const std::int64_t limit = closed_ ? kNearClosed : TcpReassembler::kMaxDistance;
  return distance > limit || distance < -limit;
}

bool TcpConnection::on_segment(const TcpSegment& segment, CaptureTime now) {
  Side& side = sides_[side_of(segment)];
  Side& peer = peer_of(side);
  last_time_ = std::max(last_time_, segment.time);
  if (closed_) {
    context_.report.add(Counter::tcp_retransmitted_bytes, segment.payload.size());
    return false;
  }
  if (!side.seen) {
    side.seen = true;
    side.absent = false;
    info_.one_sided = !peer.seen;
  }
  if (segment.flags & TcpFlags::rst) {
    take_reset(side, segment, now);
    return true;
  }
  if (is_far(side, segment)) {
    context_.report.add(Counter::tcp_out_of_window);
    far_next_ = segment.sequence + static_cast<std::uint32_t>(segment.payload.size());
    return false;
  }
  if (reset_at_) {
    const bool goes_on = &side == &sides_[reset_by_] && !segment.payload.empty() &&
                         static_cast<std::int32_t>(segment.sequence - reset_sequence_) >= 0;
    if (goes_on || (segment.flags & TcpFlags::syn)) reset_at_.reset();
  }
  if (segment.flags & TcpFlags::syn) take_syn(side, segment);
  if (segment.flags & TcpFlags::ack) take_ack(peer, segment);
  const bool data = take_data(side, peer, segment);
  // Nothing waits and nothing is missing: the common case ends here.
  const bool idle = !stuck_since_ && !stuck(side) && !stuck(peer);
  if (!idle) watch(now, settle());
  const bool over = sides_[0].ended && sides_[1].ended;
  if (over) finish(now, StreamEnd::closed);
  return data || !idle || over;
}

// Late segments may still follow in the capture; the end itself waits for the grace. What the reset
// says of both directions' data counts: a lost answer is a gap then, not missing.
void TcpConnection::take_reset(Side& side, const TcpSegment& segment, CaptureTime now) {
  if (side.data.has_origin()) {
    const std::int64_t distance = side.data.distance(segment.sequence);
    if (distance > kResetWindow || distance < -kResetWindow) {
      context_.report.add(Counter::tcp_out_of_window);
      return;
    }
    const std::uint64_t end = side.data.offset_of(segment.sequence);
    if (side.data.started() && end > side.data.highest() && end - side.data.highest() < kFarAck &&
        (!side.acked || end > *side.acked)) {
      side.acked = end;
      side.acked_time = segment.time;
    }
  }
  if (segment.flags & TcpFlags::ack && peer_of(side).data.has_origin()) {
    take_ack(peer_of(side), segment);
  }
  if (!reset_at_) {
    reset_at_ = now;
    reset_by_ = &side == &sides_[0] ? 0 : 1;
    reset_sequence_ = segment.sequence;
    context_.report.add(Counter::tcp_resets);
  }
  if (stuck(sides_[0]) || stuck(sides_[1])) watch(now, settle());
}

void TcpConnection::take_syn(Side& side, const TcpSegment& segment) {
  if (side.isn) return;
  side.isn = segment.sequence;
  const std::uint32_t first = segment.sequence + 1;
  if (!side.data.has_origin()) side.data.set_origin(first);
  if (!side.data.started()) side.data.start_at(side.data.offset_of(first));
  if (!client_) {
    const bool from_server = (segment.flags & TcpFlags::ack) != 0;
    client_ = side_of(segment) ^ static_cast<std::size_t>(from_server);
  }
}

void TcpConnection::take_ack(Side& peer, const TcpSegment& segment) {
  TcpReassembler& data = peer.data;
  if (!data.has_origin()) {
    data.set_origin(segment.acknowledgment);
    peer.origin_told = true;
  }
  const std::int64_t distance = data.distance(segment.acknowledgment);
  if (distance > TcpReassembler::kMaxDistance || distance < -TcpReassembler::kMaxDistance) return;
  const std::uint64_t offset = data.next() + static_cast<std::uint64_t>(distance);
  // A SYN's acknowledgment names the other SYN, whether the capture holds that one or not.
  if ((segment.flags & TcpFlags::syn) && !data.started()) {
    data.start_at(data.has_pending() ? std::min(offset, data.first_pending()) : offset);
  }
  if (peer.acked && offset <= *peer.acked) return;
  if (offset > data.highest() + kFarAck && !(segment.flags & TcpFlags::syn)) {
    const bool confirmed =
        peer.far_ack && offset >= *peer.far_ack && offset - *peer.far_ack <= kFarAck;
    if (!confirmed) {
      peer.far_ack = offset;
      return;
    }
  }
  peer.acked = offset;
  peer.acked_time = segment.time;
}

bool TcpConnection::take_data(Side& side, const Side& peer, const TcpSegment& segment) {
  const bool fin = (segment.flags & TcpFlags::fin) != 0;
  const Bytes bytes = segment.payload;
  if (bytes.empty() && segment.missing == 0 && !fin) {
    if (!side.data.has_origin()) {
      side.data.set_origin(segment.sequence);
      side.origin_told = true;
    }
    return false;
  }
  if (side.ended) {
    context_.report.add(Counter::tcp_retransmitted_bytes, bytes.size());
    return false;
  }
  TcpReassembler& data = side.data;
  const std::uint32_t first = segment.sequence + ((segment.flags & TcpFlags::syn) ? 1 : 0);
  if (!data.has_origin()) data.set_origin(first);
  const std::uint64_t offset = data.offset_of(first);
  const std::uint64_t end = offset + bytes.size() + segment.missing;
  // No farther than what take_ack found plausible.
  const bool acks = (segment.flags & TcpFlags::ack) && peer.acked;
  const std::uint64_t needs =
      acks ? std::min(peer.data.offset_of(segment.acknowledgment), *peer.acked) : 0;
  if (fin && !side.fin) {
    side.fin = end;
    side.fin_needs = needs;
  }
  if (end == offset) return true;
  const bool in_order = data.started() && offset == data.next() && !data.has_pending();
  if (in_order && segment.missing == 0 && needs <= peer.data.next()) {
    data.advance_to(end);
    give_data(side, segment.time, bytes);
    return true;
  }
  if (!in_order && data.started() && offset > data.next()) {
    context_.report.add(Counter::tcp_out_of_order);
  }
  const std::uint64_t known = data.insert(offset, bytes, segment.missing, needs, segment.time);
  context_.report.add(Counter::tcp_retransmitted_bytes, known);
  return true;
}

bool TcpConnection::settle() {
  bool any = false;
  while (settle_side(sides_[0], sides_[1]) || settle_side(sides_[1], sides_[0])) any = true;
  return any;
}

bool TcpConnection::settle_side(Side& side, Side& peer) {
  TcpReassembler& data = side.data;
  if (side.ended) return false;
  if (!data.started()) try_start(side);
  if (!data.started()) return false;
  bool any = false;
  while (data.has_pending() && data.first_pending() == data.next()) {
    if (!may_follow(data.front().needs, data.front().time, peer)) break;
    const std::uint64_t begin = data.next();
    const TcpReassembler::Piece piece = data.take_front();
    data.advance_to(piece.end);
    any = true;
    if (piece.bytes.empty()) {
      give_gap(side, piece.time, piece.end - begin);
    } else {
      give_data(side, piece.time, piece.bytes);
    }
  }
  if (side.fin == data.next() && !side.ended && may_follow(side.fin_needs, last_time_, peer)) {
    data.advance_to(data.next() + 1);
    give_end(side, last_time_, StreamEnd::closed);
    any = true;
  }
  return any;
}

// Whether what acknowledges the peer's data up to `needs` may be given on now.
bool TcpConnection::may_follow(std::uint64_t needs, CaptureTime time, Side& peer) {
  if (needs <= peer.data.next() || peer.ended) return true;
  if (!peer.absent) return false;
  give_gap(peer, time, needs - peer.data.next());
  peer.data.start_at(needs);
  return true;
}

// Joined in the middle: where does the stream begin? Where an acknowledgment told that it goes on,
// if one was seen before any data; else at the lowest byte that is here, once the receiver says
// that it has it, so that no lower one is still to come.
void TcpConnection::try_start(Side& side) {
  TcpReassembler& data = side.data;
  if (!data.has_pending() && !side.fin) return;
  const std::uint64_t first = data.has_pending() ? data.first_pending() : *side.fin;
  if (side.origin_told) {
    data.start_at(std::min(first, TcpReassembler::kOrigin));
  } else if (side.acked && *side.acked > first) {
    data.start_at(first);
  }
}

void TcpConnection::finish(CaptureTime now, StreamEnd end) {
  if (closed_) return;
  const CaptureTime time = last_time_ == CaptureTime{} ? now : last_time_;
  settle();
  give_up_holes(time, true);
  if (reset_at_ && end == StreamEnd::unknown) end = StreamEnd::reset;
  const std::size_t first = reset_at_ ? reset_by_ : client_.value_or(0);
  for (Side* const side : {&sides_[first], &sides_[1 - first]}) {
    if (!side->ended) give_end(*side, time, end);
  }
  if (info_.one_sided) context_.report.add(Counter::tcp_one_sided);
  // With its ends told, a stream may still wait for keys: it is ticked until it is forgotten.
  if (sink_ && sink_->buffered_bytes() == 0) sink_.reset();
  stuck_since_.reset();
  closed_ = true;
}

void TcpConnection::on_tick(CaptureTime now) {
  if (sink_) sink_->on_tick(now);
}

void TcpConnection::decide_roles(const Side& sender, Bytes first_bytes) {
  if (client_) return;
  const std::size_t from = &sender == &sides_[0] ? 0 : 1;
  const Signature signature = identify(first_bytes);
  const std::uint16_t port0 = sides_[0].endpoint.port, port1 = sides_[1].endpoint.port;
  if (signature.sender_known) {
    client_ = signature.sender == Direction::to_server ? from : 1 - from;
  } else if (is_server_port(port0) != is_server_port(port1)) {
    client_ = is_server_port(port0) ? 1 : 0;
  } else if (port0 != port1) {
    client_ = port0 < port1 ? 1 : 0;
  } else {
    client_ = from;
  }
}

StreamSink& TcpConnection::make_sink(const Side& sender, CaptureTime time, Bytes first_bytes) {
  decide_roles(sender, first_bytes);
  info_.client = sides_[*client_].endpoint;
  info_.server = sides_[1 - *client_].endpoint;
  sink_ = make_stream_(info_);
  sink_made_ = true;
  // A SYN of one side fixes where the other begins too; neither captured: joined in the middle.
  if (!sides_[0].isn && !sides_[1].isn) {
    context_.report.add(Counter::tcp_midstream);
    for (const Direction direction : kDirections) sink_->on_gap(direction, time, 0);
  }
  for (const Direction direction : kDirections) {
    if (side_of(direction).ended) sink_->on_end(direction, time, StreamEnd::closed);
  }
  return *sink_;
}

void TcpConnection::give_data(Side& side, CaptureTime time, Bytes bytes) {
  sink(side, time, bytes).on_data(direction_of(side), time, bytes);
}

void TcpConnection::give_gap(Side& side, CaptureTime time, std::uint64_t length) {
  context_.report.add(Counter::tcp_gaps);
  context_.report.add(Counter::tcp_gap_bytes, length);
  sink(side, time, {}).on_gap(direction_of(side), time, length);
}

void TcpConnection::give_end(Side& side, CaptureTime time, StreamEnd end) {
  side.ended = true;
  if (sink_) sink_->on_end(direction_of(side), time, end);
}

}  // namespace mpsdscope
