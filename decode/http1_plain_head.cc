#include "decode/http1_plain_head.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "decode/ascii.h"
#include "decode/byte_find.h"
#include "decode/field_name_table.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kMostDigits = 18;  // of a length: no overflow

// Each tells what is not of a part.

// RFC 3986 §2: printable, no space. "#" is none of a request target; llhttp has a state for it.
struct NotInTarget {
  ByteBlock operator()(ByteBlock bytes) const {
    return (bytes < '!') | (bytes == '\x7F') | (bytes == '#');
  }
};

// RFC 9110 §5.5, without tabs and obs-text.
struct NotInValue {
  ByteBlock operator()(ByteBlock bytes) const { return (bytes < ' ') | (bytes == '\x7F'); }
};

// RFC 9110 §5.6.2, of the tokens those that names are made of: letters, digits, "-", "_".
struct NotInName {
  ByteBlock operator()(ByteBlock bytes) const {
    const ByteBlock small = bytes | 0x20;
    return ~(((small >= 'a') & (small <= 'z')) | ((bytes >= '0') & (bytes <= '9')) |
             (bytes == '-') | (bytes == '_'));
  }
};

struct IsColon {
  ByteBlock operator()(ByteBlock bytes) const { return bytes == ':'; }
};

struct Method {
  std::string_view words;
  llhttp_method_t method;
};
constexpr std::array<Method, 5> kMethods{{{"GET ", HTTP_GET},
                                          {"PUT ", HTTP_PUT},
                                          {"POST ", HTTP_POST},
                                          {"DELETE ", HTTP_DELETE},
                                          {"HEAD ", HTTP_HEAD}}};

constexpr bool is_letter(char c) {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

bool is_line_end(std::string_view text, std::size_t at) {
  return std::memcmp(text.data() + at, kLineEnd.data(), kLineEnd.size()) == 0;
}

// Fields that say how a message ends and what follows it.
constexpr bool needs_care(FieldName field) {
  constexpr auto bit = [](FieldName name) { return 1u << static_cast<unsigned>(name); };
  constexpr unsigned kCare = bit(FieldName::connection) | bit(FieldName::content_length) |
                             bit(FieldName::expect) | bit(FieldName::proxy_connection) |
                             bit(FieldName::transfer_encoding) | bit(FieldName::upgrade);
  return (kCare & bit(field)) != 0;
}

// The name of a line that begins at `begin`; an empty one if it is none.
struct Name {
  std::size_t size;
  FieldName field;
};

// As any can be.
[[gnu::noinline]] Name read_any_name(std::string_view text, std::size_t begin) {
  const std::size_t end = find_end(text, begin, NotInName());
  if (end == text.size() || text[end] != ':') return {0, FieldName::other};
  const std::string_view name = text.substr(begin, end - begin);
  return {name.size(), recognise_field(name)};
}

Name read_name(std::string_view text, std::size_t begin) {
  if (text.size() - begin < field_name_table::kNameRoom) return read_any_name(text, begin);
  const char* const name = text.data() + begin;
  const std::uint64_t colons = ends_in<field_name_table::kNameRoom>(name, IsColon());
  if (colons == 0) return read_any_name(text, begin);
  const auto size = static_cast<std::size_t>(__builtin_ctzll(colons));
  const FieldName field = recognise_field_before_colon(name, size);
  const std::uint64_t before_colon = (colons & -colons) - 1;
  const bool taken = field != FieldName::other ||
                     (ends_in<field_name_table::kNameRoom>(name, NotInName()) & before_colon) == 0;
  return {taken ? size : 0, field};
}

// "Name: value" from `begin` to the line's end, without whitespace but one space, and not empty.
// All of it is of what values are made of.
bool read_line(std::string_view text, std::size_t begin, std::size_t end, FieldLines::Span& line) {
  const Name name = read_name(text, begin);
  const std::size_t colon = begin + name.size;
  if (name.size == 0 || colon >= end) return false;
  const std::size_t value = colon + (text[colon + 1] == ' ' ? 2 : 1);
  if (value >= end || text[value] == ' ' || text[end - 1] == ' ') return false;
  line = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(name.size),
          static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(end - value), name.field};
  return true;
}

}  // namespace

bool Http1PlainHead::read(Direction direction, std::string_view bytes) {
  field_size_ = count_ = 0;
  content_length_.reset();
  const bool begins =
      direction == Direction::to_server ? read_request_line(bytes) : read_status_line(bytes);
  if (!begins || !read_lines(bytes)) return false;
  // A response without a length ends with the connection, or has no content by its status.
  return direction == Direction::to_server || content_length_ || status_ == 204 || status_ == 304;
}

// "GET /path HTTP/1.1", with the target in origin form (RFC 9112 §3.2.1).
bool Http1PlainHead::read_request_line(std::string_view bytes) {
  constexpr std::string_view behind = " HTTP/1.1\r\n";
  const auto method = std::find_if(kMethods.begin(), kMethods.end(),
                                   [bytes](const Method& m) { return bytes.starts_with(m.words); });
  if (method == kMethods.end()) return false;
  method_ = method->method;
  const std::size_t begin = method->words.size();
  const std::size_t end = find_end(bytes, begin, NotInTarget());
  start_line_part_ = bytes.substr(begin, end - begin);
  size_ = end + behind.size();
  return start_line_part_.starts_with('/') && bytes.substr(end).starts_with(behind);
}

// "HTTP/1.1 200 OK": final, and with a reason phrase.
bool Http1PlainHead::read_status_line(std::string_view bytes) {
  constexpr std::string_view before = "HTTP/1.1 ";
  constexpr std::size_t begin = before.size() + 4;  // of the reason phrase
  if (bytes.size() <= begin || !bytes.starts_with(before)) return false;
  const std::string_view status = bytes.substr(before.size(), 4);
  if (status[0] < '2' || status[0] > '5' || !is_digit(status[1]) || !is_digit(status[2]) ||
      status[3] != ' ' || !is_letter(bytes[begin])) {
    return false;
  }
  status_ = 100 * (status[0] - '0') + 10 * (status[1] - '0') + (status[2] - '0');
  const std::size_t end = find_end(bytes, begin, NotInValue());
  start_line_part_ = bytes.substr(begin, end - begin);
  size_ = end + kLineEnd.size();
  return bytes.substr(end).starts_with(kLineEnd);
}

bool Http1PlainHead::read_lines(std::string_view bytes) {
  const std::string_view text = bytes.substr(size_);
  if (!find_line_ends(text)) return false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    FieldLines::Span& line = lines_[i];
    const std::size_t end = line_ends_[i];
    if (!read_line(text, begin, end, line)) return false;
    if (needs_care(line.field) &&
        !is_plain(line.field, text.substr(line.value, line.value_length))) {
      return false;
    }
    field_size_ += line.name_length + line.value_length;
    begin = end + kLineEnd.size();
  }
  field_text_ = text.substr(0, begin);
  size_ += begin + kLineEnd.size();
  return true;
}

// Up to the empty line. Nothing but line ends is there that no value has.
bool Http1PlainHead::find_line_ends(std::string_view text) {
  std::size_t begin = 0, count = 0;
  std::uint64_t line_feed = 0;  // 1: that of a line end in the window before
  for (std::size_t at = 0; at < text.size(); at += kWindow) {
    std::uint64_t ends = ends_at(text, at, NotInValue()) ^ line_feed;
    line_feed = 0;
    while (ends != 0) {
      const auto bit = static_cast<unsigned>(__builtin_ctzll(ends));
      const std::size_t end = at + bit;
      if (end + 1 >= text.size() || !is_line_end(text, end)) return false;
      if (end == begin) {
        count_ = count;
        return true;
      }
      if (count == kMostLines) return false;
      line_ends_[count++] = static_cast<std::uint32_t>(end);
      begin = end + kLineEnd.size();
      ends ^= std::uint64_t{3} << bit;
      line_feed = bit == kWindow - 1 ? 1 : 0;
    }
  }
  return false;
}

// Nothing that another protocol may follow, nor another framing than by length (RFC 9112 §6.3).
bool Http1PlainHead::is_plain(FieldName field, std::string_view value) {
  if (field == FieldName::content_length) return take_content_length(value);
  return field == FieldName::connection &&
         (equals_ignoring_case(value, "keep-alive") || equals_ignoring_case(value, "close"));
}

bool Http1PlainHead::take_content_length(std::string_view value) {
  if (content_length_ || value.size() > kMostDigits || !all_digits(value)) return false;
  std::uint64_t length = 0;
  std::from_chars(value.data(), value.data() + value.size(), length);
  content_length_ = length;
  return true;
}

}  // namespace mpsdscope
