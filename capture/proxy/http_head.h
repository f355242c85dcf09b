// The head of an HTTP/1.x message read for forwarding: strictly, so that no peer can read it
// differently. All views are into the text that was given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "decode/result.h"

namespace mpsdscope {

// RFC 9110 §5.6.2.
bool is_token(std::string_view text);

// The length of a head at the front of `text`, with its empty line; 0 if it is not whole; npos if a
// line of it ends without CR. `scanned` (0 at first) remembers how much was looked at.
std::size_t head_length(std::string_view text, std::size_t& scanned);

struct HeadField {
  std::string_view name;
  std::string_view value;  // without surrounding white space
  std::string_view line;   // with its CRLF
};

// RFC 9112 §5: fields of CRLF lines; no obs-fold, no white space before the colon, no control byte.
struct HttpHead {
  std::string_view start_line;  // without CRLF
  std::vector<HeadField> fields;

  // The only one of that name; "" if there is none or more than one.
  std::string_view field(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  // Whether a comma-separated list (RFC 9110 §5.6.1) has the token.
  bool lists(std::string_view name, std::string_view token) const;
};
Result<HttpHead> parse_head(std::string_view head);

// RFC 9112 §3: method SP target SP HTTP/1.x
struct RequestLine {
  std::string_view method;
  std::string_view target;
  unsigned minor = 1;  // version 1.0 or 1.1
};
Result<RequestLine> parse_request_line(std::string_view line);

// RFC 9112 §4.
struct StatusLine {
  unsigned minor = 1;
  int status = 0;
};
Result<StatusLine> parse_status_line(std::string_view line);

}  // namespace mpsdscope
