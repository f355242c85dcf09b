#include "tools/screen/prompt.h"

#include <algorithm>
#include <utility>

#include "tools/text_width.h"
#include "tools/utf8.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kMostRemembered = 50;

}  // namespace

void Prompt::open(std::string text) {
  open_ = true;
  text_ = std::move(text);
  cursor_ = text_.size();
  error_.reset();
  recalled_ = history_.size();
}

void Prompt::fail(FilterError error) {
  cursor_ = std::min(error.at, text_.size());
  error_ = std::move(error);
}

std::size_t Prompt::before() const {
  std::size_t at = cursor_;
  while (at > 0) {
    --at;
    if ((static_cast<unsigned char>(text_[at]) & 0xC0) != 0x80) break;
  }
  return at;
}

std::size_t Prompt::behind() const {
  return cursor_ < text_.size() ? cursor_ + code_point_at(text_, cursor_).length : cursor_;
}

void Prompt::insert(char32_t character) {
  if (is_invisible_control(character) || columns_of(character) < 1) return;
  std::string bytes;
  append_utf8(bytes, character);
  if (text_.size() + bytes.size() > Filter::kLongest) return;
  text_.insert(cursor_, bytes);
  cursor_ += bytes.size();
}

void Prompt::remove(std::size_t from, std::size_t to) {
  text_.erase(from, to - from);
  cursor_ = from;
}

void Prompt::recall(std::ptrdiff_t by) {
  const auto at = static_cast<std::ptrdiff_t>(recalled_) + by;
  if (at < 0 || at > static_cast<std::ptrdiff_t>(history_.size())) return;
  recalled_ = static_cast<std::size_t>(at);
  text_ = recalled_ < history_.size() ? history_[recalled_] : "";
  cursor_ = text_.size();
}

Prompt::Outcome Prompt::key(Key key) {
  error_.reset();
  switch (key) {
    case keys::kEscape:
      close();
      return Outcome::abandoned;
    case keys::kEnter:
      if (!text_.empty() && (history_.empty() || history_.back() != text_)) {
        history_.push_back(text_);
        if (history_.size() > kMostRemembered) history_.erase(history_.begin());
      }
      return Outcome::accepted;
    case keys::kBackspace:
      remove(before(), cursor_);
      break;
    case keys::kRemove:
      remove(cursor_, behind());
      break;
    case keys::kEraseLine:
      remove(0, text_.size());
      break;
    case keys::kLeft:
      cursor_ = before();
      break;
    case keys::kRight:
      cursor_ = behind();
      break;
    case keys::kHome:
      cursor_ = 0;
      break;
    case keys::kEnd:
      cursor_ = text_.size();
      break;
    case keys::kUp:
      recall(-1);
      break;
    case keys::kDown:
      recall(1);
      break;
    default:
      if (key < keys::kFirstWithoutCharacter) insert(key);
  }
  return Outcome::typing;
}

}  // namespace mpsdscope
