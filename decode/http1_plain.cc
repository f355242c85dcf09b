// Messages whose head is a plain one (http1_plain_head.h), and content of a declared length.
#include <algorithm>

#include "decode/http1_parser.h"

namespace mpsdscope {

Http1Parser::Outcome Http1Parser::read_plain(const char*& at) {
  Http1PlainHead head;
  while (at != chunk_end_) {
    if (in_message_) {
      if (!plain_) break;
      at = plain_content(at);
      continue;
    }
    const std::string_view bytes(at, static_cast<std::size_t>(chunk_end_ - at));
    if (heads_ == Http1Heads::by_llhttp || !delimiters_.between_messages() ||
        !head.read(direction_, bytes) || head.counted() > limits_.max_head_bytes) {
      break;
    }
    at += head.size();
    if (plain_message_begins(head) == Outcome::upgrade) return Outcome::upgrade;
  }
  // llhttp begins anew behind messages that it has not seen.
  if (plain_ && at != chunk_end_) reset();
  return Outcome::more;
}

Http1Parser::Outcome Http1Parser::plain_message_begins(const Http1PlainHead& head) {
  begin();
  plain_ = true;
  take_plain_head(head);
  const Http1Events::Framing framing = events_.on_head(*this);
  const bool content = framing == Http1Events::Framing::as_declared && parser_.content_length > 0;
  framing_ = content ? Framing::length : Framing::none;
  if (!content) plain_complete();
  return framing == Http1Events::Framing::upgrade ? Outcome::upgrade : Outcome::more;
}

void Http1Parser::take_plain_head(const Http1PlainHead& head) {
  parser_.http_major = parser_.http_minor = 1;
  parser_.method = static_cast<std::uint8_t>(head.method());
  parser_.status_code = static_cast<std::uint16_t>(head.status());
  parser_.content_length = head.content_length().value_or(0);
  parser_.upgrade = 0;
  text_->assign(head.start_line_part());
  fields_->assign(head.field_text(), head.lines(), head.field_size());
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
