#include "decode/http1_delimiters.h"

#include <algorithm>
#include <utility>

namespace mpsdscope {
namespace {

constexpr std::size_t kMaxGap = 4'096;      // no honest chunk extension is longer
constexpr std::size_t kMaxSizeDigits = 16;  // more overflow 64 bits, or are zeros

}  // namespace

// Takes delimiters off the front of a gap. The first that is missing is named.
class Http1Gap {
 public:
  explicit Http1Gap(std::string_view bytes) : rest_(bytes) {
    if (bytes.size() > kMaxGap) object("A chunk extension or whitespace without an end");
  }

  const char* objection() const { return objection_; }
  std::string_view rest() const { return rest_; }

  void object(const char* words) {
    if (objection_ == nullptr) objection_ = words;
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void line_end() {
    if (!take("\r\n")) object("A line does not end with CR LF");
  }
  void colon() {
    if (!take(":")) object("Whitespace before a colon");
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
  }
  void request_version() {
    if (!take(" ")) object("Whitespace in the start line");
    version();
  }
  void version() {
    if (take("HTTP/1.") && !rest_.empty()) {
      rest_.remove_prefix(1);
    } else {
      object("Whitespace in the start line");
    }
  }
  // "4;name=value" CR LF.
  void chunk_line() {
    const std::size_t digits =
        std::min(rest_.find_first_not_of("0123456789abcdefABCDEF"), rest_.size());
    if (digits > kMaxSizeDigits) object("A chunk size of more digits than any needs");
    rest_.remove_prefix(digits);
    if (!rest_.empty() && rest_.front() == ';') {
      rest_.remove_prefix(std::min(rest_.find_first_of("\r\n"), rest_.size()));
    }
    if (!take("\r\n")) object("A chunk's size line does not end with CR LF");
  }

 private:
  std::string_view rest_;
  const char* objection_ = nullptr;
};

namespace {

void begin_of_message(Http1Gap& gap, Direction direction) {
  while (gap.take("\r\n")) {  // RFC 9112 §2.2
  }
  if (direction == Direction::to_client) {
    gap.version();
    const bool status = gap.take(" ") && gap.rest().size() >= 3;
    if (!status) return gap.object("Whitespace in the start line");
    gap.take(gap.rest().substr(0, 3));
    gap.take(" ");
    return;
  }
  const std::size_t space = gap.rest().find(' ');
  if (space == std::string_view::npos || gap.rest().find_first_of("\r\n") < space) {
    return gap.object("Line ends before the start line are not CR LF");
  }
  gap.take(gap.rest().substr(0, space + 1));
}

}  // namespace

void Http1Delimiters::end_chunk(const char* end) {
  carry_.append(until(end).substr(0, kMaxGap + 1 - std::min(carry_.size(), kMaxGap + 1)));
  at_ = end;
}

void Http1Delimiters::restart(const char* at) {
  part_ = Part::none;
  head_due_ = chunked_ = unsure_ = false;
  objection_ = nullptr;
  carry_.clear();
  at_ = at;
}

void Http1Delimiters::content_skipped() {
  part_ = Part::content;
  head_due_ = false;
  carry_.clear();
}

// What must stand behind the last part, and in front of `next`: of a message's end, Part::none.
void Http1Delimiters::owed(Http1Gap& gap, Part next) {
  if (part_ == Part::none) begin_of_message(gap, direction_);
  if (next == Part::start_line) return;
  if (part_ == Part::name) gap.colon();
  if (next == Part::line) gap.take("\r\n");
  if (next == Part::value || next == Part::line) return;
  if (part_ == Part::start_line && direction_ == Direction::to_server) gap.request_version();
  if (part_ != Part::content && part_ != Part::line) gap.line_end();
  if (head_due_ || (part_ == Part::content && chunked_)) {
    gap.line_end();
    if (chunked_) gap.chunk_line();
  }
  head_due_ = false;
  if (next == Part::none && chunked_) gap.line_end();
}

void Http1Delimiters::check(Part part, std::string_view bytes) {
  std::string whole;
  if (!carry_.empty()) bytes = whole = std::exchange(carry_, {}).append(bytes);
  Http1Gap gap(bytes);
  owed(gap, part);
  part_ = part == Part::line && !bytes.ends_with('\n') ? Part::value : part;
  if (!std::exchange(unsure_, false)) object_to(gap, true);
}

void Http1Delimiters::message_complete(const char* chunk_end, bool with_content) {
  std::string bytes = std::exchange(carry_, {});
  const std::size_t before = bytes.size();
  bytes.append(until(chunk_end).substr(0, kMaxGap + 1));
  Http1Gap gap(bytes);
  if (!with_content) owed(gap, Part::none);
  object_to(gap, false);
  const std::size_t used = bytes.size() - gap.rest().size();
  at_ += used - std::min(used, before);
  unsure_ = gap.objection() != nullptr;
  part_ = Part::none;
  head_due_ = chunked_ = false;
}

void Http1Delimiters::object_to(const Http1Gap& gap, bool all) {
  if (gap.objection() != nullptr) {
    object(gap.objection());
  } else if (all && !gap.rest().empty()) {
    object(part_ == Part::value || part_ == Part::line ? "A folded field line (obs-fold)"
                                                       : "Whitespace where none may stand");
  }
}

}  // namespace mpsdscope
