#include "decode/protocol_selector.h"

#include <array>
#include <utility>
#include <vector>

#include "decode/http1.h"
#include "decode/http2.h"
#include "decode/protocol_signature.h"
#include "decode/tls.h"

namespace mpsdscope {
namespace {

class ProtocolSelector final : public StreamSink {
 public:
  ProtocolSelector(DecodeContext& context, ConnectionInfo& info) : context_(context), info_(info) {}

  void on_data(Direction direction, CaptureTime time, Bytes bytes) override {
    if (next_) return next_->on_data(direction, time, bytes);
    if (given_up_ || bytes.empty()) return;
    std::vector<std::uint8_t>& head = heads_[index_of(direction)];
    if (!head.empty()) head.insert(head.end(), bytes.begin(), bytes.end());
    const Bytes first_bytes = head.empty() ? bytes : Bytes(head);
    Protocol protocol = identify(first_bytes).protocol;
    if (midstream_ && protocol == Protocol::unknown && !head.empty()) {
      // What was kept was not a beginning (a keep-alive probe's byte); these bytes may be.
      forget_head(direction);
      protocol = identify(bytes).protocol;
      if (protocol == Protocol::undecided) head.clear();
    }
    if (protocol == Protocol::undecided) {
      if (head.empty()) head.assign(bytes.begin(), bytes.end());
      events_.push_back({direction, time, {bytes.begin(), bytes.end()}});
    } else if (protocol != Protocol::unknown) {
      begin(protocol, direction, time, bytes);
    } else if (midstream_) {
      // Not the beginning of a message; packets tend to begin where messages do, so the next may
      // be.
      context_.report.add(Counter::http_bytes_skipped, first_bytes.size());
      seen_ = true;
      head.clear();
      events_.clear();
    } else {
      give_up();
    }
  }

  void on_gap(Direction direction, CaptureTime time, std::uint64_t length) override {
    if (next_) return next_->on_gap(direction, time, length);
    // The beginning is lost: from now on only a chunk that begins a message can tell.
    midstream_ = true;
    gap_time_ = time;
    heads_ = {};
    events_.clear();
  }

  void on_end(Direction direction, CaptureTime time, StreamEnd end) override {
    if (next_) return next_->on_end(direction, time, end);
    ends_[index_of(direction)] = {true, time, end};
    const bool over = ends_[0].ended && ends_[1].ended;
    if (over && (seen_ || !events_.empty())) give_up();
  }

  void on_tick(CaptureTime time) override {
    if (next_) next_->on_tick(time);
  }

  std::size_t buffered_bytes() const override { return next_ ? next_->buffered_bytes() : 0; }
  bool under_way() const override { return next_ && next_->under_way(); }

 private:
  struct Event {
    Direction direction;
    CaptureTime time;
    std::vector<std::uint8_t> bytes;
  };
  struct End {
    bool ended = false;
    CaptureTime time{};
    StreamEnd end = StreamEnd::unknown;
  };

  void forget_head(Direction direction) {
    heads_[index_of(direction)].clear();
    std::erase_if(events_, [&](const Event& event) { return event.direction == direction; });
  }

  void select(Protocol protocol) {
    if (protocol == Protocol::tls) {
      next_ = make_tls_connection(context_, info_, make_protocol_selector(context_, info_));
    } else if (protocol == Protocol::http2) {
      next_ = make_http2_connection(context_, info_);
    } else {
      next_ = make_http1_connection(context_, info_);
    }
    heads_ = {};
  }

  // Hands over what was kept and the bytes that decided.
  void begin(Protocol protocol, Direction direction, CaptureTime time, Bytes bytes) {
    select(protocol);
    if (midstream_) {
      next_->on_gap(opposite(direction), gap_time_, 0);
      next_->on_gap(direction, gap_time_, 0);
    }
    for (const Event& event : std::exchange(events_, {})) {
      next_->on_data(event.direction, event.time, event.bytes);
    }
    next_->on_data(direction, time, bytes);
    replay_ends();
  }

  void replay_ends() {
    for (const Direction direction : {Direction::to_server, Direction::to_client}) {
      const End& end = ends_[index_of(direction)];
      if (end.ended) next_->on_end(direction, end.time, end.end);
    }
  }

  void give_up() {
    if (!given_up_) context_.report.add(Counter::streams_unknown);
    given_up_ = true;
    events_.clear();
    heads_ = {};
  }

  DecodeContext& context_;
  ConnectionInfo& info_;
  std::unique_ptr<StreamSink> next_;
  std::array<std::vector<std::uint8_t>, 2>
      heads_;                  // first bytes of each direction, while undecided
  std::vector<Event> events_;  // the same bytes, in order of both directions
  std::array<End, 2> ends_{};
  CaptureTime gap_time_{};
  bool midstream_ = false;
  bool seen_ = false;
  bool given_up_ = false;
};

}  // namespace

std::unique_ptr<StreamSink> make_protocol_selector(DecodeContext& context, ConnectionInfo& info) {
  return std::make_unique<ProtocolSelector>(context, info);
}

}  // namespace mpsdscope
