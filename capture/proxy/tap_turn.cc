#include "capture/proxy/tap_turn.h"

#include <algorithm>
#include <string_view>

namespace mpsdscope {

void TapTurn::end(Direction direction, StreamEnd end) {
  auto& known = ends_[index_of(direction)];
  if (!known) known = end;
}

void TapTurn::tell_secrets(CaptureTime time) {
  for (std::string_view rest = secrets_; !rest.empty();) {
    const std::size_t length = rest.find('\n');
    connection_->on_secret(time, rest.substr(0, length));
    rest.remove_prefix(length + 1);
  }
  secrets_.clear();
}

void TapTurn::tell_copies() {
  for (const Copy& copy : copies_) {
    connection_->on_wire(copy.direction, copy.time, as_bytes(copy.bytes));
    connection_->on_data(copy.direction, copy.time, as_bytes(copy.bytes));
  }
  copies_.clear();
}

// The one before, which another upstream connection took the place of.
void TapTurn::end_connection(CaptureTime time) {
  if (!connection_) return;
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    if (!ended_[index_of(direction)]) connection_->on_end(direction, time, StreamEnd::closed);
  }
  ended_ = {};
  connection_.reset();
}

void TapTurn::tell(CaptureTime time) {
  if (beginning_) {
    end_connection(time);
    // A request that waited for its upstream connection was there before that.
    const CaptureTime begun = copies_.empty() ? time : std::min(time, copies_.front().time);
    connection_ = tap_.begin(worker_, *beginning_, begun);
    beginning_.reset();
  }
  if (connection_) {
    if (!secrets_.empty()) tell_secrets(time);
    // The wire first: what is in a log is in the capture too, wherever the program is killed.
    if (!wire_.empty()) connection_->on_wire(Direction::to_server, time, wire_);
    if (sent_ > 0 && !copies_only_)
      connection_->on_wire(Direction::to_client, time, client_out_.last_appended(sent_));
    for (const Direction direction : {Direction::to_server, Direction::to_client}) {
      const Bytes bytes = content_[index_of(direction)];
      if (!bytes.empty()) connection_->on_data(direction, time, bytes);
    }
    tell_copies();
    for (const Direction direction : {Direction::to_server, Direction::to_client}) {
      const std::size_t i = index_of(direction);
      if (!ends_[i] || ended_[i]) continue;
      connection_->on_end(direction, time, *ends_[i]);
      ended_[i] = true;
    }
  }
  wire_ = {};
  content_ = {};
  sent_ = 0;
}

}  // namespace mpsdscope
