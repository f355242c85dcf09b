// A request target with bytes that no URI has, which llhttp stops at.
#include <algorithm>

#include "decode/http1_parser.h"

namespace mpsdscope {

// llhttp's strict mode, which its lax one is no substitute for (it takes spaces in field names and
// any two bytes for a CRLF), stops at a byte above 0x7F in a target: a name as UTF-8 that a client
// forgot to encode. What the line says is beyond doubt, so these bytes are taken here, and llhttp,
// which cannot go on behind an error, is led into a target once more. Returns where to go on; null
// if that is not what is wrong.
const char* Http1Parser::pass_high_bytes(const char* position) {
  const auto is_high = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  const char* const begin = target_so_far(position);
  if (begin > position || (start_line_seen_ && !delimiters_.carry().empty())) return nullptr;
  std::string_view begun(begin, static_cast<std::size_t>(position - begin));
  begun = begun.substr(0, begun.find_first_of(" \r\n"));
  const std::string line = std::string(method()) + (parser_.method == HTTP_CONNECT ? " a" : " /");
  if (!begun.empty() && start_line_piece(begun, line.size() - 1) != 0) return nullptr;
  if (begin + begun.size() != position) return nullptr;
  if (position == chunk_end_ || !is_high(*position)) return nullptr;
  const char* const end = std::find_if_not(position, chunk_end_, is_high);
  const std::string_view high(position, static_cast<std::size_t>(end - position));
  if (start_line_piece(high, line.size() - 1) != 0) return nullptr;
  if (!target_malformed_) {
    describe_error("Byte above 0x7F in the request target, not percent-encoded", position);
  }
  target_malformed_ = true;
  llhttp_reset(&parser_);
  replaying_ = true;
  llhttp_execute(&parser_, line.data(), line.size());
  replaying_ = false;
  return end;
}

// Where the target, or its part in this chunk, begins of which llhttp has told nothing yet.
const char* Http1Parser::target_so_far(const char* position) const {
  const char* const at = delimiters_.at();
  if (start_line_seen_) return at;
  std::string line = delimiters_.carry();
  const std::size_t before = line.size();
  line.append(delimiters_.until(position));
  std::size_t begin = line.find(' ', std::min(line.find_first_not_of("\r\n"), line.size()));
  begin = std::min(line.find_first_not_of(' ', std::min(begin, line.size())), line.size());
  return at + (begin - std::min(begin, before));
}

}  // namespace mpsdscope
