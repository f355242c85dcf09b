// JSON appended to a string, value by value, with nothing allocated but the string's own growth.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/escape.h"

namespace mpsdscope {

// Commas are placed by the writer; nesting is the caller's to get right. Keys are the program's
// own words and are not escaped; values are.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void begin_object(std::string_view name) { key(name), open_value('{'); }
  void end_object() { close('}'); }
  void begin_array(std::string_view name) { key(name), open_value('['); }
  void end_array() { close(']'); }

  void text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
    comma_ = true;
  }
  // A key that comes from traffic.
  void untrusted_key(std::string_view name) {
    separate();
    append_json_string(out_, name);
    out_ += ':';
  }
  void element(std::string_view value) {
    separate();
    append_json_string(out_, value);
    comma_ = true;
  }
  // For values of the program's own words: no escaping.
  void word(std::string_view name, std::string_view value) {
    key(name);
    raw_string(value);
  }
  void word_element(std::string_view value) {
    separate();
    raw_string(value);
  }
  template <class Integer>
  void number(std::string_view name, Integer value) {
    key(name);
    number_value(value);
  }
  template <class Integer>
  void number_value(Integer value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out_.append(digits, static_cast<std::size_t>(end - digits));
    comma_ = true;
  }
  void boolean(std::string_view name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
    comma_ = true;
  }
  // Writes `"name":` and leaves the value, complete, to the caller: follow with value_written().
  std::string& raw(std::string_view name) {
    key(name);
    return out_;
  }
  void value_written() { comma_ = true; }

 private:
  void separate() {
    if (comma_) out_ += ',';
  }
  // One growth of the string for the whole key: records have twenty of them.
  void key(std::string_view name) {
    const std::size_t at = out_.size();
    const std::size_t lead = comma_ ? 2 : 1;
    out_.resize(at + lead + name.size() + 2);
    char* to = out_.data() + at;
    if (comma_) *to++ = ',';
    *to++ = '"';
    to = std::copy(name.begin(), name.end(), to);
    *to++ = '"';
    *to = ':';
  }
  void open(char bracket) {
    separate();
    open_value(bracket);
  }
  void open_value(char bracket) {
    out_ += bracket;
    comma_ = false;
  }
  void close(char bracket) {
    out_ += bracket;
    comma_ = true;
  }
  void raw_string(std::string_view value) {
    out_ += '"';
    out_.append(value);
    out_ += '"';
    comma_ = true;
  }

  std::string& out_;
  bool comma_ = false;
};

}  // namespace mpsdscope
