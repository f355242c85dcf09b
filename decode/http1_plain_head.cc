#include "decode/http1_plain_head.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "decode/ascii.h"
#include "decode/byte_find.h"
#include "decode/field_name_table.h"

namespace mpsdscope {
namespace {

using field_name_table::kNameRoom;

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

// Name and value of a line as far as it is "Name: value" without whitespace but one space, and not
// empty. All from `begin` to `end` is of what values are made of.
[[gnu::always_inline]] inline bool set_line(std::string_view text, std::size_t begin,
                                            std::size_t name_size, std::size_t end,
                                            FieldLines::Span& line) {
  const std::size_t colon = begin + name_size;
  if (name_size == 0 || colon >= end) return false;
  const std::size_t value = colon + (text[colon + 1] == ' ' ? 2 : 1);
  if (value >= end || text[value] == ' ' || text[end - 1] == ' ') return false;
  line.name = static_cast<std::uint32_t>(begin);
  line.name_length = static_cast<std::uint32_t>(name_size);
  line.value = static_cast<std::uint32_t>(value);
  line.value_length = static_cast<std::uint32_t>(end - value);
  return true;
}

// Of a name that is shorter than kNameRoom, with so many bytes there to be read.
bool read_usual_line(std::string_view text, std::size_t begin, std::size_t end,
                     FieldLines::Span& line) {
  const char* const name = text.data() + begin;
  const std::uint64_t colons = ends_in<kNameRoom>(name, IsColon());
  const auto size =
      static_cast<std::size_t>(__builtin_ctzll(colons | std::uint64_t{1} << kNameRoom));
  line.field = recognise_field_before_colon(name, size);
  const std::uint64_t of_name = (std::uint64_t{1} << size) - 1;
  const bool taken =
      line.field != FieldName::other || (ends_in<kNameRoom>(name, NotInName()) & of_name) == 0;
  return taken && size < kNameRoom && set_line(text, begin, size, end, line);
}

bool read_any_line(std::string_view text, std::size_t begin, std::size_t end,
                   FieldLines::Span& line) {
  const std::size_t colon = find_end<NotInName>(text, begin);
  if (colon == text.size() || text[colon] != ':') return false;
  line.field = recognise_field(text.substr(begin, colon - begin));
  return set_line(text, begin, colon - begin, end, line);
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
  const std::size_t end = find_end<NotInTarget>(bytes, begin);
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
  const std::size_t end = find_end<NotInValue>(bytes, begin);
  start_line_part_ = bytes.substr(begin, end - begin);
  size_ = end + kLineEnd.size();
  return bytes.substr(end).starts_with(kLineEnd);
}

bool Http1PlainHead::read_lines(std::string_view bytes) {
  const std::string_view text = bytes.substr(size_);
  if (!find_line_ends(text)) return false;
  // No call in the loop that reads nearly all: what it compares with stays in registers.
  std::size_t i = 0, begin = 0;
  for (; i < count_ && text.size() - begin >= kNameRoom; ++i) {
    if (!read_usual_line(text, begin, line_ends_[i], lines_[i])) break;
    begin = line_ends_[i] + kLineEnd.size();
  }
  for (; i < count_; ++i) {
    if (!read_any_line(text, begin, line_ends_[i], lines_[i])) return false;
    begin = line_ends_[i] + kLineEnd.size();
  }
  field_text_ = text.substr(0, begin);
  size_ += begin + kLineEnd.size();
  return check_lines();
}

// Up to the empty line. Nothing but line ends is there that no value has.
bool Http1PlainHead::find_line_ends(std::string_view text) {
  if (text.size() >= kWindow) return find_line_ends_in_windows(text);
  std::array<char, kWindow> window{};  // no line ends in zeros
  std::copy(text.begin(), text.end(), window.begin());
  return find_line_ends_in_windows({window.data(), window.size()});
}

bool Http1PlainHead::find_line_ends_in_windows(std::string_view text) {
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

// Adds up their size. False: one of them is not plain.
bool Http1PlainHead::check_lines() {
  for (const FieldLines::Span& line : lines()) {
    field_size_ += line.name_length + line.value_length;
    if (needs_care(line.field) &&
        !is_plain(line.field, field_text_.substr(line.value, line.value_length))) {
      return false;
    }
  }
  return true;
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
