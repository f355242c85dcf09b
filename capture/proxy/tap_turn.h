// What one turn of a machine has for the tap: collected while bytes are queued, told
// before the client is sent any of them.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capture/proxy/client_tls.h"
#include "capture/proxy/machine.h"
#include "capture/proxy/tap.h"

namespace mpsdscope {

// A tunnelled connection has one too, which never begins and tells nothing. Views given to it must
// live until tell().
class TapTurn : public SecretSink {
 public:
  TapTurn(Tap& tap, unsigned worker, const ByteQueue& client_out)
      : tap_(tap), worker_(worker), client_out_(client_out) {}

  // From here on there is something to tell: of this connection, in place of the one before.
  void begin(TapConnection connection) { beginning_ = std::move(connection); }
  bool begun() const { return beginning_.has_value() || connection_ != nullptr; }
  bool under_way() const { return connection_ != nullptr && connection_->under_way(); }

  // Content that does not live that long, of a connection without TLS, with the time at which it
  // was read, now or before; from then on it is all that is told of the wire too. What the proxy
  // itself says in between is not upstream's.
  void copy(Direction direction, CaptureTime time, Bytes bytes) {
    copies_.push_back({direction, time, std::string(as_text(bytes))});
    copies_only_ = true;
  }
  // At the start of every turn.
  void start() { queued_before_ = client_out_.size(); }
  void on_secret(std::string_view line) override { secrets_.append(line).push_back('\n'); }
  void wire(Bytes from_client) { wire_ = from_client; }
  void content(Direction direction, Bytes bytes) { content_[index_of(direction)] = bytes; }
  // Whether content of the direction is to be told.
  bool has_content(Direction direction) const { return !content_[index_of(direction)].empty(); }
  // The first one of a direction counts.
  void end(Direction direction, StreamEnd end);
  // At the end of every turn, before the queues are sent from: what was queued for the client.
  void measure() { sent_ = client_out_.size() - queued_before_; }
  // Before anything else is queued.
  void tell(CaptureTime time);

 private:
  struct Copy {
    Direction direction;
    CaptureTime time;
    std::string bytes;
  };

  void tell_secrets(CaptureTime time);
  void tell_copies();
  void end_connection(CaptureTime time);

  Tap& tap_;
  const unsigned worker_;
  const ByteQueue& client_out_;
  std::optional<TapConnection> beginning_;
  std::unique_ptr<ConnectionTap> connection_;
  std::size_t queued_before_ = 0;
  std::size_t sent_ = 0;
  std::string secrets_;
  Bytes wire_;
  std::array<Bytes, 2> content_;
  std::vector<Copy> copies_;
  bool copies_only_ = false;
  std::array<std::optional<StreamEnd>, 2> ends_;
  std::array<bool, 2> ended_{};
};

}  // namespace mpsdscope
