#include "tools/tail/line_buffer.h"

#include <algorithm>
#include <utility>

namespace mpsdscope {

char* LineBuffer::room(std::size_t size) {
  if (begin_ > 0) {
    bytes_.erase(0, begin_);
    searched_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  bytes_.resize(end_ + size);
  return bytes_.data() + end_;
}

std::optional<std::string_view> LineBuffer::next() {
  while (true) {
    const std::size_t found = std::string_view(bytes_.data(), end_).find('\n', searched_);
    const std::size_t size = std::min(found, end_) - begin_;
    const std::string_view line(bytes_.data() + begin_, size);
    if (found == std::string_view::npos) {
      searched_ = end_;
      if (size <= longest_ && !skipping_) return std::nullopt;
      if (!std::exchange(skipping_, true)) ++overlong_;
      begin_ = end_;
      return std::nullopt;
    }
    begin_ = searched_ = found + 1;
    if (std::exchange(skipping_, false)) continue;
    if (size <= longest_) return line;
    ++overlong_;
  }
}

std::string_view LineBuffer::take_rest() {
  const std::string_view rest(bytes_.data() + begin_, end_ - begin_);
  begin_ = searched_ = end_;
  skipping_ = false;
  return rest;
}

}  // namespace mpsdscope
