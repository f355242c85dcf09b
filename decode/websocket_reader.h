// One direction of a websocket (RFC 6455 §5): bytes in, messages out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "decode/bytes.h"
#include "decode/stream.h"
#include "decode/time.h"

namespace mpsdscope {

class WebsocketReader {
 public:
  enum class Outcome : std::uint8_t {
    more,     // all bytes were consumed
    message,  // one is complete: see below
    dropped,  // one is over, but too long or with bytes lost
    close,    // a Close frame: nothing follows
    error,    // not a websocket's bytes: nothing more can be read
  };
  struct Step {
    std::size_t consumed = 0;
    Outcome outcome = Outcome::more;
  };

  // `compression`: permessage-deflate was agreed on, so RSV1 may be set (RFC 7692 §6).
  // `max_message`: bytes kept of a message as transferred.
  WebsocketReader(Direction direction, bool compression, std::size_t max_message);

  // Reads up to the end of the next message. After close or error it must not be called again.
  Step read(CaptureTime time, Bytes bytes);
  // Bytes that nobody will see. Only within the payload of one frame the place is known again:
  // else false, and nothing more can be read.
  bool lose(std::uint64_t length);

  // Of a message that is complete, or dropped.
  bool text() const { return opcode_ == Opcode::text; }
  bool compressed() const { return compressed_; }
  std::string& payload() { return payload_; }   // unmasked; may be taken
  CaptureTime begin() const { return begin_; }  // its first byte

  std::size_t buffered() const { return payload_.size(); }

 private:
  enum class Opcode : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10
  };

  bool read_head(CaptureTime time, Bytes& bytes);
  bool decode_head();
  bool begin_frame(std::uint8_t first, bool masked, std::uint64_t length);
  bool begin_data_frame(Opcode opcode, bool rsv1);
  void take_payload(Bytes piece);
  Outcome end_frame();

  bool from_client_;
  bool compression_;
  std::size_t max_message_;

  // Of the frame under way.
  std::array<std::uint8_t, 14> head_{};
  std::size_t head_size_ = 0;
  std::size_t head_needed_ = 2;
  bool in_payload_ = false;
  bool final_ = false;
  bool control_ = false;
  bool closes_ = false;
  std::array<std::uint8_t, 4> mask_{};
  std::uint64_t remaining_ = 0;
  std::uint64_t at_ = 0;  // offset in its payload
  CaptureTime frame_begin_{};

  // Of the message under way, or the last one.
  bool in_message_ = false;
  bool lost_ = false;
  bool compressed_ = false;
  Opcode opcode_ = Opcode::text;
  std::string payload_;
  CaptureTime begin_{};
};

}  // namespace mpsdscope
