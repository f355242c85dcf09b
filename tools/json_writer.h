// JSON appended to a string, value by value, with nothing allocated but the string's own growth.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "decode/decimal.h"
#include "tools/byte_scan.h"
#include "tools/escape.h"

namespace mpsdscope {

// Commas are placed by the writer; nesting is the caller's to get right. Keys are the program's
// own words and are not escaped; values are. The string is the writer's until finish() or the
// writer's end: it then has room behind the text, which is cut off.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) { make_room(out.size(), 0); }
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;
  ~JsonWriter() {
    if (!finished_) finish();
  }

  // The string is the caller's again; the writer writes no more.
  void finish() {
    out_.resize(size());
    finished_ = true;
  }

  void begin_object() { open('{'); }
  void begin_object(std::string_view name) { key(name).open_value('{'); }
  void end_object() { close('}'); }
  void begin_array(std::string_view name) { key(name).open_value('['); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  [[gnu::always_inline]] void text(std::string_view name, std::string_view value) {
    key(name).text_value(value);
  }
  // A key that comes from traffic; one of the values below follows.
  void untrusted_key(std::string_view name) {
    separate();
    text_value(name);
    char* const to = room(1);
    *to = ':';
    done(to + 1);
  }
  void element(std::string_view value) {
    separate();
    text_value(value);
  }
  // For values of the program's own words: no escaping.
  [[gnu::always_inline]] void word(std::string_view name, std::string_view value) {
    key(name).word_value(value);
  }
  void word_element(std::string_view value) {
    separate();
    word_value(value);
  }
  template <class Integer>
  [[gnu::always_inline]] void number(std::string_view name, Integer value) {
    key(name).number_value(value);
  }
  [[gnu::always_inline]] void boolean(std::string_view name, bool value) {
    key(name);
    char* const to = room(5);
    done(value ? put(to, "true") : put(to, "false"));
  }
  // Behind the last value: what separates records.
  void line_end() {
    char* const to = room(1);
    *to = '\n';
    done(to + 1);
  }

  // A key, for one of the values below. Inlined, so that names of known length are copied by a few
  // instructions: a record has thirty.
  [[gnu::always_inline]] JsonWriter& key(std::string_view name) {
    char* to = room(name.size() + 4);
    *to = ',';
    to += comma_ ? 1 : 0;
    *to++ = '"';
    to = put(to, name);
    *to++ = '"';
    *to++ = ':';
    at_ = to;
    return *this;
  }
  // What another writer made of members alone: `"a":1,"b":2`.
  void members(std::string_view json) {
    separate();
    done(copy_text(room(json.size()), json));
  }
  void text_value(std::string_view value) {
    if (plain_value(value, NeedsJsonEscape())) return;
    // Entity-tags have quotes; only what is rarer than those is worth leaving this way.
    if (char* const end = put_quoted(room(2 * value.size() + 2), value)) return done(end);
    out_.resize(size());
    append_json_string(out_, value);
    make_room(out_.size(), 0);
    comma_ = true;
  }
  // A text between two parts that are JSON already; what neither needs to be escaped nor is
  // `special`. False: there is such a thing in it, and nothing was written.
  template <class Special>
  bool plain_value(std::string_view text, Special, std::string_view before = {},
                   std::string_view after = {}) {
    char* to = room(before.size() + text.size() + after.size() + 2);
    *to++ = '"';
    to = copy_text(to, before);
    if (copy_holds_any(to, text, EitherOf<NeedsJsonEscape, Special>())) return false;
    to = copy_text(to + text.size(), after);
    *to++ = '"';
    done(to);
    return true;
  }
  void word_value(std::string_view value) {
    char* to = room(value.size() + 2);
    *to++ = '"';
    to = copy_text(to, value);
    *to++ = '"';
    done(to);
  }
  void json_value(std::string_view json) { done(copy_text(room(json.size()), json)); }
  // What put(char*) writes: it has room for `most` bytes and returns their end.
  template <class Put>
  void put_value(std::size_t most, Put put) {
    done(put(room(most)));
  }
  template <class Integer>
  void number_value(Integer value) {
    char* const to = room(kLongestNumber);
    if (value >= 0) return done(put_decimal(to, static_cast<std::uint64_t>(value)));
    done(std::to_chars(to, to + kLongestNumber, value).ptr);
  }

 private:
  static constexpr std::size_t kRoom = 896;  // an ordinary record
  static constexpr std::size_t kLongestNumber = 24;

  // Where to write `most` bytes next.
  char* room(std::size_t most) {
    if (static_cast<std::size_t>(end_ - at_) < most) make_room(size(), most);
    return at_;
  }
  [[gnu::noinline]] void make_room(std::size_t size, std::size_t most) {
    out_.resize(size + most + kRoom);
    at_ = out_.data() + size;
    end_ = out_.data() + out_.size();
  }
  std::size_t size() const { return static_cast<std::size_t>(at_ - out_.data()); }
  // All up to `end` is written, and was a value.
  void done(char* end) {
    at_ = end;
    comma_ = true;
  }

  [[gnu::always_inline]] static char* put(char* to, std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
  }
  // The comma before a value.
  void separate() {
    *room(1) = ',';
    at_ += comma_ ? 1 : 0;
  }
  void open(char bracket) {
    separate();
    open_value(bracket);
  }
  void open_value(char bracket) {
    *room(1) = bracket;
    ++at_;
    comma_ = false;
  }
  void close(char bracket) {
    char* const to = room(1);
    *to = bracket;
    done(to + 1);
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

  std::string& out_;
  char* at_ = nullptr;   // the end of the text so far
  char* end_ = nullptr;  // of the string
  bool comma_ = false;
  bool finished_ = false;
};

}  // namespace mpsdscope
