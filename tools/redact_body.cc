#include "tools/redact_body.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "decode/ascii.h"
#include "tools/escape.h"
#include "tools/personal.h"
#include "tools/redact.h"
#include "tools/utf8.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kJsonSpace = " \t\r\n";

// The four digits of a \u escape whose backslash stands at `at`; nullopt: it is none.
std::optional<std::uint32_t> escaped_unit(std::string_view text, std::size_t at) {
  if (text.size() - at < 6 || text.substr(at, 2) != "\\u") return std::nullopt;
  std::uint32_t unit = 0;
  for (const char c : text.substr(at + 2, 4)) {
    if (hex_value(c) < 0) return std::nullopt;
    unit = unit * 16 + static_cast<std::uint32_t>(hex_value(c));
  }
  return unit;
}

// Appends the character of the escape at `at` and returns its length. What is no escape is a
// backslash.
std::size_t unescape_at(std::string& out, std::string_view text, std::size_t at) {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (const auto unit = escaped_unit(text, at)) {
    const bool high = *unit >= 0xD800 && *unit < 0xDC00;
    const auto low = high ? escaped_unit(text, at + 6) : std::nullopt;
    if (low && *low >= 0xDC00 && *low < 0xE000) {
      append_utf8(out, 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00));
      return 12;
    }
    append_utf8(out, *unit);
    return 6;
  }
  const std::size_t which = at + 1 < text.size() ? kNames.find(text[at + 1]) : kNames.npos;
  out += which == kNames.npos ? '\\' : kMeanings[which];
  return which == kNames.npos ? 1 : 2;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\\') {
      at += unescape_at(out, text, at);
    } else {
      out += text[at++];
    }
  }
  return out;
}

// Takes JSON apart into its tokens: no nesting needs to be right for that.
class JsonRedactor {
 public:
  explicit JsonRedactor(std::string_view text) : text_(text) {}

  std::string run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        take_string();
      } else if (c == ':' || kJsonSpace.find(c) != kJsonSpace.npos) {
        keep(1);
      } else if (c == ',' || c == '}' || c == ']') {
        secret_ = false;
        keep(1);
      } else if (c == '{' || c == '[') {
        secret_ ? redact_all(end_of_container()) : keep(1);
      } else {
        take_word();
      }
    }
    return std::move(out_);
  }

 private:
  void keep(std::size_t size) {
    out_.append(text_.substr(at_, size));
    at_ += size;
  }

  // In the place of everything up to `end`.
  void redact_all(std::size_t end) {
    out_.append("\"").append(kRedacted).append("\"");
    at_ = end;
    secret_ = false;
  }

  // Behind its closing quote, or the end of the text.
  std::size_t end_of_string(std::size_t begin) const {
    std::size_t end = begin + 1;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    return std::min(end + 1, text_.size());
  }

  std::size_t end_of_container() const {
    std::size_t depth = 0;
    for (std::size_t end = at_; end < text_.size();) {
      const char c = text_[end];
      end = c == '"' ? end_of_string(end) : end + 1;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return end;
    }
    return text_.size();
  }

  void take_string() {
    const std::size_t end = end_of_string(at_);
    const std::size_t next = text_.find_first_not_of(kJsonSpace, end);
    const bool name = next != text_.npos && text_[next] == ':';
    const bool closed = end - at_ >= 2 && text_[end - 1] == '"';
    const std::string value = unescaped(text_.substr(at_ + 1, end - at_ - (closed ? 2 : 1)));
    if (name) {
      secret_ = is_secret_field(value);
      name_ = value;
    } else if (secret_ && !value.empty()) {
      return redact_all(end);
    }
    const std::string shown = redacted(name ? "" : name_, value);
    if (shown == value) return keep(end - at_);
    append_json_string(out_, shown);
    at_ = end;
  }

  static std::string redacted(std::string_view name, std::string_view value) {
    const std::string masked = masked_value(name, value);
    const bool uri = begins_ignoring_case(masked, "https://") ||
                     begins_ignoring_case(masked, "http://") || begins_ignoring_case(masked, "/");
    std::string shown;
    uri ? append_redacted_uri(shown, masked) : append_redacted_name(shown, masked);
    return shown;
  }

  // A number, true, false, null, or what has no business in JSON.
  void take_word() {
    const std::size_t end = std::min(text_.find_first_of("\"{}[],: \t\r\n", at_), text_.size());
    const std::string_view word = text_.substr(at_, end - at_);
    const bool says_nothing = word == "null" || word == "true" || word == "false";
    if (secret_ && !says_nothing) return redact_all(end);
    const std::string shown = redacted(name_, word);
    if (shown == word) return keep(word.size());
    append_json_string(out_, shown);
    at_ = end;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool secret_ = false;  // the value of a member whose name tells a secret comes next
  std::string name_;     // of the last member
  std::string out_;
};

}  // namespace

std::string redacted_body(std::string_view body) {
  const std::size_t begin = body.find_first_not_of(kJsonSpace);
  const bool json = begin != body.npos && std::string_view("{[\"").find(body[begin]) != body.npos;
  return json ? JsonRedactor(body).run() : redacted_name(body);
}

}  // namespace mpsdscope
