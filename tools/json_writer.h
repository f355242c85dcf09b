// JSON appended to a string, value by value, with nothing allocated but the string's own growth.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "tools/byte_scan.h"
#include "tools/escape.h"

namespace mpsdscope {

// Commas are placed by the writer; nesting is the caller's to get right. Keys are the program's
// own words and are not escaped; values are. The string is the writer's until finish() or the
// writer's end: it then has room behind the text, which is cut off.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out), size_(out.size()) { grow(0); }
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;
  ~JsonWriter() {
    if (!finished_) finish();
  }

  // The string is the caller's again; the writer writes no more.
  void finish() {
    out_.resize(size_);
    finished_ = true;
  }

  void begin_object() { open(separated(1), '{'); }
  void begin_object(std::string_view name) { open(key(name, 1), '{'); }
  void end_object() { close('}'); }
  void begin_array(std::string_view name) { open(key(name, 1), '['); }
  void begin_array() { open(separated(1), '['); }
  void end_array() { close(']'); }

  void text(std::string_view name, std::string_view value) { string(key(name, 0), value); }
  // A key that comes from traffic.
  void untrusted_key(std::string_view name) {
    string(separated(0), name);
    char* to = room(1);
    *to++ = ':';
    done(to);
    comma_ = false;
  }
  void element(std::string_view value) { string(separated(0), value); }
  // For values of the program's own words: no escaping.
  void word(std::string_view name, std::string_view value) {
    raw_string(key(name, value.size() + 2), value);
  }
  void word_element(std::string_view value) { raw_string(separated(value.size() + 2), value); }
  template <class Integer>
  void number(std::string_view name, Integer value) {
    char* const to = key(name, kLongestNumber);
    done(std::to_chars(to, to + kLongestNumber, value).ptr);
  }
  template <class Integer>
  void number_value(Integer value) {
    char* const to = room(kLongestNumber);
    done(std::to_chars(to, to + kLongestNumber, value).ptr);
  }
  void boolean(std::string_view name, bool value) {
    char* const to = key(name, 5);
    done(put(to, value ? std::string_view("true") : std::string_view("false")));
  }
  // Writes the key, and as its value what put(char*) writes: it has room for `most` bytes and
  // returns their end.
  template <class Put>
  void put_value(std::string_view name, std::size_t most, Put put) {
    done(put(key(name, most)));
  }
  // Behind the last value: what separates records.
  void line_end() {
    char* const to = room(1);
    *to = '\n';
    done(to + 1);
  }

 private:
  static constexpr std::size_t kRoom = 1'280;  // an ordinary record
  static constexpr std::size_t kLongestNumber = 24;

  // Where to write `most` bytes next.
  char* room(std::size_t most) {
    if (out_.size() - size_ < most) grow(most);
    return out_.data() + size_;
  }
  void grow(std::size_t most) { out_.resize(size_ + most + kRoom); }
  // All up to `end` is written, and was a value.
  void done(const char* end) {
    size_ = static_cast<std::size_t>(end - out_.data());
    comma_ = true;
  }

  static char* put(char* to, std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
  }
  // The comma before a value of at most `most` bytes. Where to write the value.
  char* separated(std::size_t most) {
    char* to = room(most + 1);
    *to = ',';
    to += comma_ ? 1 : 0;
    size_ = static_cast<std::size_t>(to - out_.data());
    return to;
  }
  // Inlined, so that names of known length are copied by a few instructions: a record has twenty.
  [[gnu::always_inline]] char* key(std::string_view name, std::size_t most) {
    char* to = room(name.size() + 4 + most);
    *to = ',';
    to += comma_ ? 1 : 0;
    *to++ = '"';
    to = put(to, name);
    *to++ = '"';
    *to++ = ':';
    size_ = static_cast<std::size_t>(to - out_.data());
    return to;
  }
  void open(char* to, char bracket) {
    *to++ = bracket;
    done(to);
    comma_ = false;
  }
  void close(char bracket) {
    char* const to = room(1);
    *to = bracket;
    done(to + 1);
  }
  void raw_string(char* to, std::string_view value) {
    *to++ = '"';
    to = put(to, value);
    *to++ = '"';
    done(to);
  }
  // Null if there is more to escape than quotes and backslashes.
  static char* put_quoted(char* to, std::string_view value) {
    *to++ = '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') {
        *to++ = '\\';
      } else if (NeedsJsonEscape()(c)) {
        return nullptr;
      }
      *to++ = c;
    }
    *to++ = '"';
    return to;
  }
  // `to` is the place that key() or separated() returned.
  void string(char* to, std::string_view value) {
    if (out_.size() - size_ < 2 * value.size() + 2) to = room(2 * value.size() + 2);
    if (!holds_any(value, NeedsJsonEscape())) return raw_string(to, value);
    // Entity-tags have quotes; only what is rarer than those is worth leaving this way.
    if (const char* const end = put_quoted(to, value)) return done(end);
    out_.resize(size_);
    append_json_string(out_, value);
    size_ = out_.size();
    grow(0);
    comma_ = true;
  }

  std::string& out_;
  std::size_t size_;  // of the text so far
  bool comma_ = false;
  bool finished_ = false;
};

}  // namespace mpsdscope
