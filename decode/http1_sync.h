// Finds the next start of an HTTP/1.x message after a place where the reader lost it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "decode/stream.h"

namespace mpsdscope {

// A message may start where a delivered chunk starts (packets begin with messages more often than
// not) or behind a line end; it does where a request line of a known method or a status line
// stands there.
class Http1Sync {
 public:
  explicit Http1Sync(Direction direction) : direction_(direction) {}

  // Begins a search, with the rest of a chunk first or with the next whole one.
  void start(bool within_chunk);
  // Looks through the next delivered bytes (the rest of a chunk, if the search began within it).
  // Returns how many are used up. If found(), take_line() gives the start line up to its LF and the
  // bytes after the used ones follow it.
  std::size_t feed(CaptureTime time, std::string_view bytes);

  bool found() const { return found_; }
  std::string take_line() { return std::exchange(line_, {}); }  // once, when found()
  CaptureTime line_time() const { return line_time_; }          // of its first byte
  std::size_t buffered() const { return line_.size(); }
  // Bytes passed over since the last call.
  std::size_t take_skipped() { return std::exchange(skipped_, 0); }

  // Could a message begin so?
  bool may_begin(std::string_view text) const;

 private:
  bool starts_message(std::string_view line) const;

  Direction direction_;
  bool at_start_ = false;  // the next byte may start a message
  bool found_ = false;
  bool within_chunk_ = false;
  std::string line_;  // what may be the beginning of a start line; "" while passing over others
  CaptureTime line_time_{};
  std::size_t skipped_ = 0;
};

// RFC 9112 §3 "METHOD target HTTP/1.x CRLF" with a method that llhttp knows; §4 "HTTP/1.x NNN …".
bool is_request_line(std::string_view line);
bool is_status_line(std::string_view line);

}  // namespace mpsdscope
