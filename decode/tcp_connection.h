// One TCP connection: both directions reassembled and given on in causal order.
//
// A segment's acknowledgment number tells what its sender had received when it sent it. Data is
// therefore held back until the acknowledged data of the other direction has been given on: an
// answer never overtakes its question, however the capture shuffled the packets.
//
// What is missing is waited for:
//   - the receiver acknowledged it: the capture lost it. Given up after Limits::reassembly_grace.
//   - the receiver did not (yet): it will be retransmitted. Given up when too much waits behind it.
//   - the other direction was never captured: given up after the grace.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "decode/context.h"
#include "decode/segment.h"
#include "decode/stream.h"
#include "decode/tcp_reassembler.h"

namespace mpsdscope {

class TcpConnection {
 public:
  // Made by its first segment, which is then given to on_segment too. Context and factory outlive
  // it.
  TcpConnection(DecodeContext& context, const StreamFactory& make_stream, const TcpSegment& first);
  ~TcpConnection();

  std::uint64_t conn() const { return info_.conn; }

  // True if the segment, of the same endpoints, cannot belong to this connection: the ports were
  // used again.
  bool is_reuse(const TcpSegment& segment) const {
    return (segment.flags & TcpFlags::syn) != 0 ? begins_anew(segment) : goes_on_far(segment);
  }

  // `now`: the capture clock, which unlike segment.time never steps back. False: the segment
  // changed nothing that is asked for below.
  bool on_segment(const TcpSegment& segment, CaptureTime now);
  void on_tick(CaptureTime now);
  // Is anything waited for?
  bool waits() const { return !closed_ && (stuck_since_ || reset_at_); }
  // Then: when it becomes overdue; call give_up_overdue at that time.
  CaptureTime deadline() const;
  void give_up_overdue(CaptureTime now);
  // Gives on what there is and ends both directions. The connection is closed then.
  void finish(CaptureTime now, StreamEnd end);

  // Both directions have ended; what may still come is a late duplicate.
  bool closed() const { return closed_; }
  std::size_t buffered() const;

 private:
  struct Side {
    Endpoint endpoint;
    TcpReassembler data;
    std::optional<std::uint32_t> isn;      // initial sequence number, when its SYN was captured
    std::optional<std::uint64_t> acked;    // the peer has received everything before this offset
    CaptureTime acked_time{};              // of the segment that said so
    std::optional<std::uint64_t> far_ack;  // one that is too high to be believed at once
    bool origin_told =
        false;  // the origin is where the data goes on, not where some of it was seen
    std::optional<std::uint64_t> fin;  // offset of the FIN, which takes one sequence number
    std::uint64_t fin_needs = 0;       // what the FIN acknowledges, as Piece::needs
    bool seen = false;                 // sent a packet
    bool absent = false;               // sent none, and has been waited for
    bool ended = false;
  };

  std::size_t side_of(const TcpSegment& segment) const {
    return segment.source == sides_[0].endpoint ? 0 : 1;
  }
  Side& side_of(Direction direction);
  Side& peer_of(const Side& side) { return &side == &sides_[0] ? sides_[1] : sides_[0]; }
  Direction direction_of(const Side& side) const;

  bool begins_anew(const TcpSegment& syn) const;
  bool goes_on_far(const TcpSegment& segment) const;
  bool is_far(const Side& side, const TcpSegment& segment) const;
  void take_reset(Side& side, const TcpSegment& segment, CaptureTime now);
  void take_syn(Side& side, const TcpSegment& segment);
  void take_ack(Side& peer, const TcpSegment& segment);
  // False: it has none, or none that is still wanted.
  bool take_data(Side& side, const Side& peer, const TcpSegment& segment);
  // Gives on all that can be given on; true if that was anything.
  bool settle();
  bool settle_side(Side& side, Side& peer);
  bool may_follow(std::uint64_t needs, CaptureTime time, Side& peer);
  void try_start(Side& side);
  static bool stuck(const Side& side) {
    if (side.ended) return false;
    const bool acked_unseen = side.acked && *side.acked > side.data.next();
    return side.data.has_pending() || side.fin || acked_unseen;
  }
  void give_up_holes(CaptureTime now, bool all);
  bool give_up_hole(Side& side, CaptureTime now, bool all);
  std::uint64_t end_of_hole(const Side& side, const Side& peer) const;
  bool break_tie();
  void watch(CaptureTime now, bool progressed);

  void decide_roles(const Side& sender, Bytes first_bytes);
  StreamSink& sink(const Side& sender, CaptureTime time, Bytes first_bytes) {
    return sink_ ? *sink_ : make_sink(sender, time, first_bytes);
  }
  StreamSink& make_sink(const Side& sender, CaptureTime time, Bytes first_bytes);
  void give_data(Side& side, CaptureTime time, Bytes bytes);
  void give_gap(Side& side, CaptureTime time, std::uint64_t length);
  void give_end(Side& side, CaptureTime time, StreamEnd end);

  DecodeContext& context_;
  const StreamFactory& make_stream_;
  ConnectionInfo info_;
  std::array<Side, 2> sides_;  // [0] sent the first packet
  std::optional<std::size_t> client_;
  std::unique_ptr<StreamSink> sink_;
  std::optional<CaptureTime> stuck_since_;
  std::optional<CaptureTime> reset_at_;
  std::size_t reset_by_ = 0;               // of sides_; its end is told first
  std::uint32_t reset_sequence_ = 0;       // what its sender sends from here on revokes the reset
  std::optional<std::uint32_t> far_next_;  // where a far segment would go on
  CaptureTime last_time_{};
  bool sink_made_ = false;
  bool closed_ = false;
};

}  // namespace mpsdscope
