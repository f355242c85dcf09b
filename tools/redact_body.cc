#include "tools/redact_body.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "decode/ascii.h"
#include "tools/escape.h"
#include "tools/personal.h"
#include "tools/redact.h"
#include "tools/redact_multipart.h"
#include "tools/redact_xml.h"
#include "tools/secret_names.h"
#include "tools/utf8.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kJsonSpace = " \t\r\n";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

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
        secrecy_ = Secrecy::none;
        if (c == '}') setting_ = {};
        keep(1);
      } else if (c == '{' || c == '[') {
        take_container();
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

  // Behind a short name only a list of texts is a secret: an object's own members have names.
  void take_container() {
    const std::size_t next = std::min(text_.find_first_not_of(kJsonSpace, at_ + 1), text_.size());
    const bool texts = text_[at_] == '[' && next < text_.size() && text_[next] == '"';
    if (secrecy_ == Secrecy::all || (secrecy_ == Secrecy::text && texts)) {
      return redact_all(end_of_container());
    }
    secrecy_ = Secrecy::none;
    if (text_[at_] == '{') setting_ = {};
    keep(1);
  }

  // In the place of everything up to `end`.
  void redact_all(std::size_t end) {
    out_.append("\"").append(kRedacted).append("\"");
    at_ = end;
    secrecy_ = Secrecy::none;
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
    const std::string_view raw = text_.substr(at_ + 1, end - at_ - (closed ? 2 : 1));
    const bool escaped = raw.find('\\') != raw.npos;
    if (escaped) unescaped_ = unescaped(raw);
    const std::string_view value = escaped ? unescaped_ : raw;
    if (name) {
      secrecy_ = secrecy_of(value);
      name_ = value;
    } else if (!value.empty() && hides_text(secrecy_, value)) {
      return redact_all(end);
    }
    if (is_plain_name(value)) return keep(end - at_);
    const std::size_t begin = out_.size();
    append_string(end, redacted(name ? "" : name_of_value(), value), value);
    if (!name && masks_personal_data()) take_setting(begin, value);
  }

  // The string that ends there, as it was written if nothing of it is changed.
  void append_string(std::size_t end, std::string_view shown, std::string_view value) {
    if (shown == value) return keep(end - at_);
    append_json_string(out_, shown);
    at_ = end;
  }

  // A user's profile has {"id":"Gamertag","value":"…"}: what the id says is the value's name.
  std::string_view name_of_value() const {
    return name_ == "value" && !setting_.id.empty() ? setting_.id : name_;
  }

  // A string was written at `begin`. The id may come behind the value.
  void take_setting(std::size_t begin, std::string_view value) {
    if (name_ == "value") {
      setting_.begin = begin;
      setting_.end = out_.size();
      setting_.value = value;
    } else if (name_ == "id") {
      setting_.id = value;
      if (setting_.end == 0) return;
      std::string shown;
      append_json_string(shown, redacted(setting_.id, setting_.value));
      out_.replace(setting_.begin, setting_.end - setting_.begin, shown);
      setting_.end = 0;
    }
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
    const bool number = word.find_first_not_of("-+.0123456789eE") == word.npos;
    if (!says_nothing && (number ? secrecy_ == Secrecy::all : hides_text(secrecy_, word))) {
      return redact_all(end);
    }
    if (is_plain_name(word)) return keep(word.size());
    append_string(end, redacted(name_, word), word);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Secrecy secrecy_ = Secrecy::none;  // of the value that comes next
  std::string name_;                 // of the last member
  // Of the object that is read: its members "id" and "value", where the value stands in out_.
  struct Setting {
    std::string id, value;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  Setting setting_;
  std::string unescaped_;
  std::string out_;
};

// As browsers and OAuth clients send them (URL Standard §5.1): no space, and a name before the
// first
// '='.
bool is_form(std::string_view body) {
  const std::size_t equals = body.find('=');
  return equals != body.npos && equals > 0 && body.find_first_of(" \t\r\n\"'<>{}/:,") > equals &&
         body.find_first_of(" \t\r\n\"<>{}") == body.npos;
}

}  // namespace

std::string redacted_body(std::string_view body) {
  // There should be one; a sender may write as many as it likes.
  std::size_t marks = 0;
  while (body.substr(marks).starts_with(kByteOrderMark)) marks += kByteOrderMark.size();
  if (marks > 0) return std::string(body.substr(0, marks)) + redacted_body(body.substr(marks));
  const std::size_t begin = body.find_first_not_of(kJsonSpace);
  const bool json = begin != body.npos && std::string_view("{[\"").find(body[begin]) != body.npos;
  if (json) return JsonRedactor(body).run();
  if (begin != body.npos && body[begin] == '<') return redacted_xml(body);
  if (is_multipart(body)) return redacted_multipart(body);
  if (!is_form(body)) return redacted_name(body);
  std::string form;
  append_redacted_form(form, body);
  return form;
}

}  // namespace mpsdscope
