// An HTTP exchange: one request and its response (RFC 9110 §3.4), with what could not be read.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decode/address.h"
#include "decode/ascii.h"
#include "decode/field_names.h"
#include "decode/stream.h"
#include "decode/time.h"

namespace mpsdscope {

// Field lines (RFC 9110 §5.2) of a message in the order received, in one owned buffer.
class FieldLines {
 public:
  struct Line {
    FieldName field;
    std::string_view name;  // as received; views are valid until the next non-const call
    std::string_view value;
  };

  // Where a line stands in a text.
  struct Span {
    std::uint32_t name, name_length, value, value_length;
    FieldName field;
  };

  FieldLines() = default;
  FieldLines(const FieldLines&) = default;
  FieldLines(FieldLines&& other) noexcept { swap(other); }
  FieldLines& operator=(FieldLines other) noexcept { return swap(other), *this; }
  ~FieldLines() = default;

  void swap(FieldLines& other) noexcept {
    text_.swap(other.text_);
    std::swap(used_, other.used_);
    std::swap(size_, other.size_);
    std::swap(held_, other.held_);
    first_.swap(other.first_);
    lines_.swap(other.lines_);
  }

  void clear();
  // Room for a head of an ordinary size, so that lines are added without growing.
  void reserve(std::size_t lines, std::size_t bytes);
  void add(std::string_view name, std::string_view value);
  // All lines at once, as they stand in `text`; `size`: what byte_size() is then.
  void assign(std::string_view text, std::span<const Span> lines, std::size_t size);

  std::size_t size() const { return lines_.size(); }
  bool empty() const { return lines_.empty(); }
  std::size_t byte_size() const { return size_; }  // of all names and values
  Line operator[](std::size_t i) const;
  bool contains(FieldName field) const {  // not of `other`
    return (held_ >> static_cast<unsigned>(field) & 1u) != 0;
  }
  // The value of the first line of that field; nullopt if there is none.
  std::optional<std::string_view> find(FieldName field) const {
    if (!contains(field)) return std::nullopt;
    return (*this)[first_[static_cast<std::size_t>(field)]].value;
  }

 private:
  char* room_for(std::size_t size);
  // The line with that number is of that field.
  void note(FieldName field, std::size_t line) {
    if (field == FieldName::other || contains(field)) return;
    held_ |= 1u << static_cast<unsigned>(field);
    first_[static_cast<std::size_t>(field)] = static_cast<std::uint32_t>(line);
  }

  static_assert(static_cast<unsigned>(FieldName::count_) <= 32, "a bit each in held_");

  std::string text_;      // with room behind the text
  std::size_t used_ = 0;  // of the text
  std::size_t size_ = 0;
  std::uint32_t held_ = 0;
  std::array<std::uint32_t, static_cast<std::size_t>(FieldName::count_)> first_{};  // of those held
  std::vector<Span> lines_;
};

inline FieldLines::Line FieldLines::operator[](std::size_t i) const {
  const Span& line = lines_[i];
  const char* const text = text_.data();
  return {line.field, {text + line.name, line.name_length}, {text + line.value, line.value_length}};
}

enum class HttpVersion : std::uint8_t { unknown, http_1_0, http_1_1, http_2 };

// What is not as it should be with an exchange as observed. Defects are facts about the
// observation or the syntax; rules turn some of them into violations.
enum class Defect : std::uint8_t {
  request_missing,     // a response whose request the capture does not hold
  response_missing,    // the connection ended without (the rest of) a response
  response_unseen,     // no response seen, but the input or the observation ended: not a verdict
  request_gap,         // bytes of the request are missing in the capture
  response_gap,        // bytes of the response are missing in the capture
  request_truncated,   // the sender ended the connection in the middle of the request, or sent none
                       // of its content for a final answer to Expect: 100-continue
  response_truncated,  // the sender ended the connection in the middle of the response
  request_malformed,   // HTTP syntax error in the request
  response_malformed,  // HTTP syntax error in the response, wrong length
  request_body_cut,    // larger than the limit of kept bytes; the rest was read and dropped
  response_body_cut,
  request_body_undecoded,  // its content coding is unknown or damaged, or see the next
  response_body_undecoded,
  stream_reset,     // HTTP/2 RST_STREAM ended it
  pushed,           // HTTP/2 server push: nobody asked
  request_refused,  // HTTP/2: the server said that it did not act on the request (RFC 9113 §8.7)
  request_body_over_limit,  // undecoded for our limits alone: it may well be sound
  response_body_over_limit,
  request_ambiguous,  // HTTP/1: another reader may find the message's end elsewhere (RFC 9112 §11)
  response_ambiguous,       // likewise; or the message stands behind such a one
  request_head_over_limit,  // with *_malformed, for our limits alone: it may well be sound
  response_head_over_limit,
  count_  // not a defect: how many there are
};

// The stable name in the log, e.g. "response-truncated".
std::string_view name_of(Defect defect);

class Defects {
 public:
  void add(Defect defect) { bits_ |= 1u << static_cast<unsigned>(defect); }
  bool has(Defect defect) const { return bits_ >> static_cast<unsigned>(defect) & 1u; }
  bool none() const { return bits_ == 0; }
  void clear() { bits_ = 0; }

 private:
  std::uint32_t bits_ = 0;
};

struct HttpRequest {
  bool present = false;  // a request head was read
  HttpVersion version = HttpVersion::unknown;
  std::string method;
  std::string
      target;  // request target as received (RFC 9112 §3.2): origin or absolute form; HTTP/2 :path
  std::string scheme;  // of an absolute-form target or HTTP/2 :scheme; else "https" on TLS, "http"
  // Absolute form, :authority, Host, CONNECT target or SNI, best first; "" unknown. Of a request
  // whose head was not read whole: else that of the connection's last request before it, or of the
  // first behind it.
  std::string authority;
  bool authority_guessed = false;  // it is that of another request
  FieldLines fields;               // without HTTP/2 pseudo-header fields
  std::string body;  // content (RFC 9110 §6.4): transfer coding removed, content coding removed
                     // unless defect *_body_undecoded
  std::uint64_t body_length = 0;  // bytes of content received, before decoding and cutting
  CaptureTime begin{};            // first byte of the request
  CaptureTime end{};              // last byte of the request
};

struct HttpResponse {
  bool present = false;  // a final (not 1xx) response head was read; of a malformed one: its
                         // status line, with the fields up to the error
  HttpVersion version = HttpVersion::unknown;
  int status = 0;
  std::string reason;     // HTTP/1 only
  bool head_cut = false;  // `fields` end where the head could not be read: absence says nothing
  FieldLines fields;
  FieldLines trailers;
  std::string body;
  std::uint64_t body_length = 0;
  CaptureTime begin{};  // first byte of the final response
  CaptureTime end{};    // last byte of the response
};

// Owns all of its bytes. Passed on by unique_ptr along the pipeline.
struct Exchange {
  // Messages of a websocket flow as exchanges of their own: authority, target and Authorization are
  // those of the exchange that opened it, and so is `stream`; a client's message is the body of a
  // request without a response, a server's that of a response without a request.
  enum class Kind : std::uint8_t { http, message, end_of_messages };
  Kind kind = Kind::http;
  std::uint64_t conn = 0;  // number of the packet that began the connection; unique per input
  std::uint32_t stream =
      0;  // HTTP/2: stream id. HTTP/1: 1-based count of exchanges on the connection
  std::uint64_t index = 0;  // 0-based order of completion on the connection (all layers of it)
  Endpoint client;
  Endpoint server;
  bool tls = false;
  HttpRequest request;
  HttpResponse response;
  Defects defects;
  // When the decoder knew that the exchange was over: the capture clock then, never running
  // backwards. With (conn, index) it orders exchanges of a whole input. Set by the pipeline.
  CaptureTime decided{};
  // Why *_malformed, *_ambiguous or *_undecoded, of several the first: for a person; else "".
  std::string malformed;

  // Back to empty. Keeps the memory that an ordinary exchange needs.
  void clear();

  // Response complete, or what came last before it was given up.
  CaptureTime completed() const;
};

using ExchangePtr = std::unique_ptr<Exchange>;

// Receives exchanges of all connections of one decoder.
class ExchangeSink {
 public:
  virtual ~ExchangeSink() = default;
  // An empty exchange; a sink that has some to use again gives one of those.
  virtual ExchangePtr make_exchange() { return std::make_unique<Exchange>(); }
  // Asked once per exchange when the request head is complete (or, without a request, the
  // response head): shall the bodies be kept? If not, they are read, counted and dropped, and
  // not decoded.
  virtual bool wants_bodies(const Exchange& exchange) = 0;
  // Asked when the content of a response begins whose bodies are not wanted: shall it be kept
  // nevertheless? Then its head is known.
  virtual bool wants_response_body(const Exchange& /*exchange*/) { return false; }
  // Asked once of an exchange with status 101: shall the messages of the websocket be read?
  virtual bool wants_messages(const Exchange& /*upgrade*/) { return false; }
  virtual void on_exchange(ExchangePtr exchange) = 0;
};

}  // namespace mpsdscope
