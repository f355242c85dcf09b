// Whole lines out of bytes that come in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mpsdscope {

class LineBuffer {
 public:
  // `longest`: bytes of a line; longer ones are passed over and counted.
  explicit LineBuffer(std::size_t longest) : longest_(longest) {}

  // Where to put up to `size` further bytes, then how many there were. Ends the life of lines.
  char* room(std::size_t size);
  void filled(std::size_t size) { end_ += size; }

  // The next line that has its end, without it.
  std::optional<std::string_view> next();
  // What stands behind the last end of a line; taken out.
  std::string_view take_rest();

  std::size_t held() const { return end_ - begin_; }  // bytes behind the last line that was given
  std::uint64_t overlong() const { return overlong_; }

 private:
  std::size_t longest_;
  std::string bytes_;
  std::size_t begin_ = 0;
  std::size_t searched_ = 0;  // no end of a line before it
  std::size_t end_ = 0;
  bool skipping_ = false;  // the rest of a line that was too long
  std::uint64_t overlong_ = 0;
};

}  // namespace mpsdscope
