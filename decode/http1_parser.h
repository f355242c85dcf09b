// One direction of an HTTP/1.x connection: llhttp with the state of the message being read.
// Messages with a plain head pass llhttp by; its fields then say what it would have read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <llhttp.h>

#include "decode/exchange.h"
#include "decode/http1_delimiters.h"
#include "decode/http1_field_part.h"
#include "decode/http1_plain_head.h"
#include "decode/limits.h"
#include "decode/stream.h"

namespace mpsdscope {

class Http1Parser;

// Who reads the heads of messages.
enum class Http1Heads : std::uint8_t { plain_ones_quickly, by_llhttp };

// What a direction's reader tells its connection. One call per message and event, in order.
class Http1Events {
 public:
  enum class Framing : std::uint8_t {
    as_declared,  // the head says how long the content is (RFC 9112 §6.3)
    no_content,   // there is none whatever the head says: HEAD, 1xx, 204, 304
    upgrade,      // what follows is another protocol: 101, CONNECT with 2xx
  };

  virtual ~Http1Events() = default;
  // The first byte of a message. Must give the reader the place for the message: set_place().
  virtual void on_message_begin(Http1Parser& parser) = 0;
  virtual Framing on_head(Http1Parser& parser) = 0;
  virtual void on_content(Http1Parser& parser, std::string_view piece) = 0;
  virtual void on_message_complete(Http1Parser& parser) = 0;
};

// Reads messages strictly (no lenient flags): what two parsers could read differently is an error.
// One error lets the message be read nevertheless: bytes above 0x7F in a request target.
class Http1Parser {
 public:
  enum class Outcome : std::uint8_t {
    more,     // all bytes were read
    upgrade,  // a message is complete that may end HTTP on this direction
    error,    // see error_reason(); the direction needs reset()
  };
  struct Step {
    Outcome outcome;
    std::size_t consumed;
  };

  Http1Parser(Direction direction, const Limits& limits, Http1Heads heads, Http1Events& events);
  Http1Parser(const Http1Parser&) = delete;
  Http1Parser& operator=(const Http1Parser&) = delete;

  // Where the parts of the message go; `trailers` may be null.
  void set_place(std::string* start_line_part, FieldLines* fields, FieldLines* trailers) {
    text_ = start_line_part;
    fields_ = fields;
    trailers_ = trailers;
  }

  Step execute(CaptureTime time, std::string_view bytes);
  // The direction was closed: completes the message if that is how it ends. False if it is cut.
  bool finish(CaptureTime time);
  // After Outcome::upgrade, when HTTP goes on after all. (To llhttp's own way of resuming nothing
  // may follow a request that closes the connection.)
  void resume() { llhttp_reset(&parser_); }
  // The message ends within its head: of its last line only what is complete is kept.
  void drop_partial();
  // Forgets the message; the next byte begins a new one.
  void reset();
  // True if the next `length` bytes (0: unknown how many) are content of this message for certain.
  bool is_content(std::uint64_t length) const;
  // They are missing: goes on behind them. Only if is_content(length).
  Step skip_content(CaptureTime time, std::uint64_t length);

  Direction direction() const { return direction_; }
  CaptureTime now() const { return now_; }  // of the chunk being read
  bool in_message() const { return in_message_; }
  bool head_done() const { return head_done_; }
  // The head is read, and not a byte behind it.
  bool at_content() const {
    const std::string& behind = delimiters_.carry();
    return in_message_ && head_done_ && (behind == "\r\n\r\n" || behind == "\r\n");
  }
  bool head_too_large() const { return head_too_large_; }
  bool start_line_done() const { return start_line_done_; }
  // The target has bytes that no URI has (RFC 3986 §2); error_reason() tells.
  bool target_malformed() const { return target_malformed_; }
  // Why another reader may see the message end elsewhere, "" if none will: so far of a message
  // under way, and of the last one. After Outcome::error also a reason of that error.
  std::string_view ambiguity() const {
    return delimiters_.objection() ? delimiters_.objection() : ambiguity_;
  }
  // After Outcome::error: the bytes did not even begin like the status line of a response.
  bool begins_no_response() const;
  bool until_close() const { return in_message_ && head_done_ && framing_ == Framing::until_close; }
  int status() const { return parser_.status_code; }
  std::string_view method() const {
    return llhttp_method_name(static_cast<llhttp_method_t>(parser_.method));
  }
  HttpVersion version() const;
  bool may_upgrade() const { return parser_.upgrade != 0; }
  // Declared in the head; 0 if nothing was.
  std::uint64_t content_length() const { return parser_.content_length; }
  // For a person: what is wrong, and where in the message as far as that is known.
  const std::string& error_reason() const { return error_; }

 private:
  friend struct Http1Callbacks;
  enum class Framing : std::uint8_t { none, length, chunked, until_close };
  // What was read last of a head or of trailers.
  enum class Field : std::uint8_t { none, name, value };

  // Plain messages, and what is left of one: moves `at` behind them.
  Outcome read_plain(const char*& at);
  Outcome plain_message_begins(const Http1PlainHead& head);
  void take_plain_head(const Http1PlainHead& head);
  const char* plain_content(const char* at);
  void plain_complete();
  Outcome read_with_llhttp(const char*& at);

  bool count_head(std::size_t bytes);
  int fail(const char* reason, const char* position = nullptr);
  int begin();
  int start_line_piece(std::string_view piece, std::size_t before);
  int field_name(std::string_view piece);
  int field_value(std::string_view piece);
  void end_line();
  void forget_line();
  int head_complete();
  Framing declared_framing() const;
  int message_complete();
  const char* pass_high_bytes(const char* position);
  const char* target_so_far(const char* position) const;
  bool is_ambiguous(llhttp_errno_t error, const char* position) const;
  void check_coding();
  bool request_is_connect() const {
    return direction_ == Direction::to_server && parser_.method == HTTP_CONNECT;
  }
  void describe_error(const char* reason, const char* position);

  llhttp_t parser_{};
  Http1Delimiters delimiters_;
  const Direction direction_;
  const Limits& limits_;
  const Http1Heads heads_;
  Http1Events& events_;
  std::string* text_ = nullptr;
  FieldLines* fields_ = nullptr;
  FieldLines* trailers_ = nullptr;
  Http1FieldPart name_;
  Http1FieldPart value_;
  CaptureTime now_{};
  std::size_t head_bytes_ = 0;
  std::uint64_t offset_ = 0;  // of the chunk in the direction
  std::uint64_t message_offset_ =
      0;  // of the message in the direction, once its start line shows it
  const char* chunk_ = nullptr;
  const char* chunk_end_ = nullptr;
  const char* failure_ = nullptr;  // our own objection; llhttp would replace the reason
  const char* failure_position_ = nullptr;
  std::string error_;
  std::string_view ambiguity_;  // of static words, or of error_
  char last_byte_ = '\0';       // of the chunk before
  Framing framing_ = Framing::none;
  Field field_ = Field::none;
  bool plain_ = false;  // the message under way, or the last one
  bool in_message_ = false;
  bool head_done_ = false;
  bool in_chunk_ = false;
  bool value_open_ = false;       // the value goes on in the next chunk
  bool start_line_seen_ = false;  // the beginning of its target or reason phrase
  bool start_line_done_ = false;  // all of it
  bool target_malformed_ = false;
  bool replaying_ = false;  // bytes that were read before: no event comes of them
  bool skipping_ = false;
  bool head_too_large_ = false;
};

}  // namespace mpsdscope
