// Stream events that have to wait, in order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "decode/stream.h"
#include "decode/time.h"

namespace mpsdscope {

// One event of a StreamSink, with its bytes.
struct HeldEvent {
  enum class Kind : std::uint8_t { data, gap, end };
  Kind kind = Kind::data;
  StreamEnd end = StreamEnd::unknown;
  CaptureTime time;
  std::uint64_t gap_length = 0;
  std::uint64_t ordinal = 0;  // over both directions; 0: never queued
  std::vector<std::uint8_t> bytes;
};

// A queue for each direction; the ordinals keep the order between them.
class HoldQueue {
 public:
  bool empty(Direction direction) const { return queue(direction).size() == front(direction); }
  bool empty() const { return empty(Direction::to_server) && empty(Direction::to_client); }
  // Memory of what is held, the events themselves included.
  std::size_t bytes() const { return bytes_; }

  // At the end. One that was queued before keeps its ordinal.
  void push(Direction direction, HeldEvent event) {
    if (event.ordinal == 0) event.ordinal = ++next_ordinal_;
    bytes_ += cost(event);
    queues_[index_of(direction)].push_back(std::move(event));
  }
  // Puts back what pop() just gave, or the unread rest of it, under the same ordinal.
  void push_front(Direction direction, HeldEvent event) {
    bytes_ += cost(event);
    queues_[index_of(direction)][--fronts_[index_of(direction)]] = std::move(event);
  }
  const HeldEvent& peek(Direction direction) const { return queue(direction)[front(direction)]; }
  HeldEvent pop(Direction direction) {
    HeldEvent event = std::move(queues_[index_of(direction)][fronts_[index_of(direction)]++]);
    bytes_ -= cost(event);
    return event;
  }
  // Frees the memory of queues that have been emptied.
  void trim() {
    for (const Direction direction : {Direction::to_server, Direction::to_client}) {
      if (!empty(direction)) continue;
      queues_[index_of(direction)] = {};
      fronts_[index_of(direction)] = 0;
    }
  }
  void clear() { *this = HoldQueue(); }

 private:
  static std::size_t cost(const HeldEvent& event) { return sizeof(HeldEvent) + event.bytes.size(); }
  const std::vector<HeldEvent>& queue(Direction d) const { return queues_[index_of(d)]; }
  std::size_t front(Direction d) const { return fronts_[index_of(d)]; }

  std::array<std::vector<HeldEvent>, 2> queues_;
  std::array<std::size_t, 2> fronts_{};
  std::uint64_t next_ordinal_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace mpsdscope
