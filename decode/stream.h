// What every byte-stream layer hands to the next: TCP to TLS, TLS to HTTP, the proxy to HTTP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "decode/bytes.h"
#include "decode/time.h"

namespace mpsdscope {

enum class Direction : std::uint8_t { to_server = 0, to_client = 1 };

constexpr Direction opposite(Direction direction) {
  return direction == Direction::to_server ? Direction::to_client : Direction::to_server;
}
constexpr std::size_t index_of(Direction direction) {
  return static_cast<std::size_t>(direction);
}

// How one direction of a stream ended.
enum class StreamEnd : std::uint8_t {
  closed,   // FIN, close_notify: the sender said that it is done
  reset,    // RST
  unknown,  // the input ended, or the flow was evicted or abandoned: the stream itself may go on
};

// Receives one connection's stream. Calls come in causal order: an answer's bytes come after the
// bytes that it answers, as far as the capture holds both. `time` is the capture time of the packet
// that carried the bytes; after reordering it may step back by the reordering.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  // The next bytes of a direction. `bytes` lives during the call only.
  virtual void on_data(Direction direction, CaptureTime time, Bytes bytes) = 0;
  // Bytes of a direction that nobody will ever see. `length` 0: unknown how many (also given
  // first, before any data, when the capture began in the middle of the connection).
  virtual void on_gap(Direction direction, CaptureTime time, std::uint64_t length) = 0;
  // Once per direction, after its last data. Who resets a connection ends first.
  virtual void on_end(Direction direction, CaptureTime time, StreamEnd end) = 0;
  // Called now and then, also without traffic: for what waits for something outside the stream
  // (a key log that grows).
  virtual void on_tick(CaptureTime /*time*/) {}
  // Bytes of memory held for data that is not yet passed on, this layer and those above it.
  virtual std::size_t buffered_bytes() const = 0;
  // An exchange has begun and is not over, as far as this can tell.
  virtual bool under_way() const { return false; }
};

// Makes what decodes a connection's stream. `info` outlives the sink.
struct ConnectionInfo;
using StreamFactory = std::function<std::unique_ptr<StreamSink>(ConnectionInfo& info)>;

}  // namespace mpsdscope
