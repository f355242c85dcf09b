// A line that is typed: the filter.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tools/filter/filter.h"
#include "tools/screen/screen_key.h"

namespace mpsdscope {

class Prompt {
 public:
  enum class Outcome { typing, accepted, abandoned };

  void open(std::string text);
  void close() { open_ = false; }
  bool is_open() const { return open_; }
  // Only while it is open. Accepted texts are found again with the up key.
  Outcome key(Key key);
  // The text is wrong: the cursor goes there.
  void fail(FilterError error);

  const std::string& text() const { return text_; }
  std::size_t cursor() const { return cursor_; }  // offset in bytes
  const std::optional<FilterError>& error() const { return error_; }

 private:
  void insert(char32_t character);
  void remove(std::size_t from, std::size_t to);
  void recall(std::ptrdiff_t by);
  std::size_t before() const;  // the character before the cursor begins there
  std::size_t behind() const;

  bool open_ = false;
  std::string text_;
  std::size_t cursor_ = 0;
  std::optional<FilterError> error_;
  std::vector<std::string> history_;
  std::size_t recalled_ = 0;
};

}  // namespace mpsdscope
