// Messages whose head is a plain one (http1_plain_head.h), and content of a declared length.
#include <algorithm>

#include "decode/http1_parser.h"

namespace mpsdscope {

Http1Parser::Outcome Http1Parser::read_plain(const char*& at) {
  while (at != chunk_end_) {
    if (in_message_) {
      if (!plain_) break;
      at = plain_content(at);
      continue;
    }
    const std::string_view bytes(at, static_cast<std::size_t>(chunk_end_ - at));
    if (!delimiters_.between_messages() || !head_.read(direction_, bytes) ||
        head_.counted() > limits_.max_head_bytes) {
      break;
    }
    at += head_.size();
    if (plain_message_begins() == Outcome::upgrade) return Outcome::upgrade;
  }
  // llhttp begins anew behind messages that it has not seen.
  if (plain_ && at != chunk_end_) reset();
  return Outcome::more;
}

Http1Parser::Outcome Http1Parser::plain_message_begins() {
  begin();
  plain_ = true;
  plain_head();
  const Http1Events::Framing framing = events_.on_head(*this);
  const bool content = framing == Http1Events::Framing::as_declared && parser_.content_length > 0;
  framing_ = content ? Framing::length : Framing::none;
  if (!content) plain_complete();
  return framing == Http1Events::Framing::upgrade ? Outcome::upgrade : Outcome::more;
}

void Http1Parser::plain_head() {
  parser_.http_major = parser_.http_minor = 1;
  parser_.method = static_cast<std::uint8_t>(head_.method());
  parser_.status_code = static_cast<std::uint16_t>(head_.status());
  parser_.content_length = head_.content_length().value_or(0);
  parser_.upgrade = 0;
  text_->assign(head_.start_line_part());
  fields_->assign(head_.field_text(), head_.lines());
  start_line_seen_ = start_line_done_ = head_done_ = true;
}

// llhttp's field counts down what is still to come, as it does for llhttp.
const char* Http1Parser::plain_content(const char* at) {
  const auto size = static_cast<std::size_t>(
      std::min<std::uint64_t>(parser_.content_length, static_cast<std::size_t>(chunk_end_ - at)));
  if (!skipping_) events_.on_content(*this, {at, size});
  parser_.content_length -= size;
  if (parser_.content_length == 0) plain_complete();
  return at + size;
}

void Http1Parser::plain_complete() {
  in_message_ = false;
  delimiters_.restart(nullptr);
  events_.on_message_complete(*this);
}

}  // namespace mpsdscope
