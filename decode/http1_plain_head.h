// The head of an HTTP/1.1 message as nearly all are: there in one piece, written to the letter of
// RFC 9112 and of the usual kind. It is read many bytes at a time, several times faster than llhttp
// reads, byte by byte. Whatever is not like that is no business of this reader, and llhttp's: it
// may take only what llhttp takes in the same way.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <llhttp.h>

#include "decode/exchange.h"
#include "decode/stream.h"

namespace mpsdscope {

class Http1PlainHead {
 public:
  // Reads the head that `bytes` begin with. False: it is not a plain one, or not all there; then
  // nothing below holds. What is read points into `bytes`.
  bool read(Direction direction, std::string_view bytes);

  std::size_t size() const { return size_; }  // in bytes, with the empty line
  // Without the delimiters between names and values, but 4 bytes for those of each field line.
  std::size_t counted() const { return start_line_part_.size() + field_size_ + 4 * count_; }
  llhttp_method_t method() const { return method_; }  // of a request
  int status() const { return status_; }              // of a response, 200 to 599
  std::string_view start_line_part() const { return start_line_part_; }  // target or reason phrase
  std::string_view field_text() const { return field_text_; }  // from the first field line on
  std::span<const FieldLines::Span> lines() const {            // in that text
    return std::span(lines_).first(count_);
  }
  std::size_t field_size() const { return field_size_; }  // of all names and values
  std::optional<std::uint64_t> content_length() const { return content_length_; }

 private:
  static constexpr std::size_t kMostLines = 64;

  bool read_request_line(std::string_view bytes);
  bool read_status_line(std::string_view bytes);
  bool read_lines(std::string_view bytes);
  bool find_line_ends(std::string_view text);
  bool find_line_ends_in_windows(std::string_view text);
  bool check_lines();
  bool is_plain(FieldName field, std::string_view value);
  bool take_content_length(std::string_view value);

  std::size_t size_ = 0;
  std::size_t field_size_ = 0;
  llhttp_method_t method_ = HTTP_GET;
  int status_ = 0;
  std::string_view start_line_part_;
  std::string_view field_text_;
  std::optional<std::uint64_t> content_length_;
  std::array<std::uint32_t, kMostLines> line_ends_;
  std::array<FieldLines::Span, kMostLines> lines_;
  std::size_t count_ = 0;
};

}  // namespace mpsdscope
