// Where the content of an HTTP/1.x message ends (RFC 9112 §6, §7): counts bytes, changes none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "capture/proxy/http_head.h"
#include "decode/bytes.h"
#include "decode/result.h"

namespace mpsdscope {

enum class BodyFraming : std::uint8_t { length, chunked, until_close };

class BodyReader {
 public:
  // None.
  BodyReader() = default;
  // RFC 9112 §6.3; what it lets a recipient choose or guess is an Error.
  static Result<BodyReader> of_request(const HttpHead& head, unsigned minor);
  static Result<BodyReader> of_response(const HttpHead& head, const StatusLine& status,
                                        std::string_view method);

  // How many bytes of the front belong to the content. Fewer than all: it is done(), or broken().
  std::size_t take(Bytes bytes);
  bool done() const { return done_; }
  bool broken() const { return !problem_.empty(); }
  // A sentence, when broken.
  std::string_view problem() const { return problem_; }
  BodyFraming framing() const { return framing_; }

 private:
  enum class Part : std::uint8_t {  // RFC 9112 §7.1
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer,  // begins, or the last line
    trailer_name,
    trailer_value,
    trailer_lf,
    last_lf,
  };
  BodyReader(BodyFraming framing, std::uint64_t length);
  static Result<BodyReader> by_length(const HttpHead& head);
  static Result<BodyReader> by_coding(const HttpHead& head, unsigned minor);
  // False: the byte cannot be there.
  bool chunked_byte(char byte);
  bool size_byte(char byte);
  bool trailer_byte(char byte);
  bool expect(char byte, char wanted, Part next);

  BodyFraming framing_ = BodyFraming::length;
  Part part_ = Part::size;
  bool done_ = true;
  unsigned digits_ = 0;          // of the chunk's size
  std::size_t line_bytes_ = 0;   // of the chunk extension, or of all trailers
  std::uint64_t remaining_ = 0;  // bytes of the content, or of the chunk
  std::string_view problem_;
};

}  // namespace mpsdscope
