// XUIDs and user hashes. As a rule they are decimal numbers, by which all that remembers users
// looks them up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "decode/recycle.h"

namespace mpsdscope {

// Of a decimal number of up to 19 digits and without zeros before it, so that no two texts have the
// same; else nullopt.
std::optional<std::uint64_t> decimal_in(std::string_view text);

// A text, and the number that it is.
class UserText {
 public:
  UserText() = default;
  explicit UserText(std::string_view text) { *this = text; }
  UserText& operator=(std::string_view text) {
    overwrite(text_, text);
    number_ = decimal_in(text);
    return *this;
  }

  const std::string& text() const { return text_; }
  operator std::string_view() const { return text_; }
  std::optional<std::uint64_t> number() const { return number_; }
  bool empty() const { return text_.empty(); }
  friend bool operator==(const UserText& a, std::string_view b) { return a.text_ == b; }
  void clear() {
    text_.clear();
    number_.reset();
  }

 private:
  std::string text_;
  std::optional<std::uint64_t> number_;
};

}  // namespace mpsdscope
