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

enum class Framing : std::uint8_t { none, length, chunked, until_close };

class BodyReader {
 public:
  BodyReader() = default;
  // RFC 9112 §6.3, where what it lets a recipient guess is an Error.
  static Result<BodyReader> of_request(const HttpHead& head, unsigned minor);
  static Result<BodyReader> of_response(const HttpHead& head, const StatusLine& status,
                                        std::string_view method);

  // How many bytes of the front belong to the content. Fewer than all: it ended, or broken().
  std::size_t take(Bytes bytes);
  bool done() const { return done_; }
  bool broken() const { return !problem_.empty(); }
  const std::string& problem() const { return problem_; }
  Framing framing() const { return framing_; }

 private:
  enum class Chunk : std::uint8_t {
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
  };
  BodyReader(Framing framing, std::uint64_t length);
  std::size_t take_chunked(Bytes bytes);
  bool chunk_byte(std::uint8_t byte);
  bool fail(std::string_view problem);

  Framing framing_ = Framing::none;
  Chunk chunk_ = Chunk::size;
  bool done_ = true;
  bool quoted_ = false;
  unsigned digits_ = 0;
  std::size_t line_ = 0;         // bytes of the chunk's line, or of the trailers
  std::uint64_t remaining_ = 0;  // of the content, or of the chunk's data
  std::string problem_;
};

}  // namespace mpsdscope
