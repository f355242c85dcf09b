// Checks what stands between the parts of an HTTP/1.x message that the parser reports. llhttp lets
// pass some of what RFC 9112 does not, and where another reader would see another message: bare
// line feeds (§2.2), folded lines (§5.2), chunks without their line end (§7.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "decode/stream.h"

namespace mpsdscope {

class Http1Gap;

class Http1Delimiters {
 public:
  // `line`: an empty value that llhttp reports behind its line end.
  enum class Part : std::uint8_t { none, start_line, name, value, line, content };

  explicit Http1Delimiters(Direction direction) : direction_(direction) {}

  // A chunk of the stream begins; its bytes outlive the calls up to end_chunk().
  void begin_chunk(const char* begin) { at_ = begin; }
  void end_chunk(const char* end);
  // A new message begins at `at`; what came before does not matter.
  void restart(const char* at);
  // A piece of a part: the target or reason phrase, a field's name or value, content.
  void piece(Part part, std::string_view piece) {
    const std::string_view gap = until(piece.data());
    const bool goes_on = part == part_ && gap.empty() && carry_.empty();
    at_ = piece.data() + piece.size();
    if (part == Part::name && ((piece.empty() && !goes_on) || piece.ends_with(' '))) {
      object("Whitespace in a field name, or no name");
    }
    if (goes_on) return;
    if (carry_.empty() && is_usual(part, gap)) {
      part_ = part;
    } else {
      check(part == Part::value && piece.empty() ? Part::line : part, gap);
    }
  }
  void message_begin() { objection_ = nullptr; }
  // Does content follow in chunks?
  void head_complete(bool chunked) {
    head_due_ = true;
    chunked_ = chunked;
  }
  // A piece of content that nobody saw.
  void content_skipped();
  // `with_content`: the message ended with its content, not with a line end.
  void message_complete(const char* chunk_end, bool with_content);

  // What was wrong with the message, for a person; null if nothing was. The first objection stays.
  const char* objection() const { return objection_; }
  void object(const char* words) {
    if (objection_ == nullptr) objection_ = words;
  }
  // Where the bytes begin that belong to no part yet, and those of earlier chunks.
  const char* at() const { return at_; }
  // Those bytes up to `end`, in this chunk. None if llhttp is not as far as a strict reader is.
  std::string_view until(const char* end) const {
    return end > at_ ? std::string_view(at_, static_cast<std::size_t>(end - at_))
                     : std::string_view();
  }
  const std::string& carry() const { return carry_; }
  // A message may begin at the next byte, and nothing of the one before is left to be said.
  bool between_messages() const { return part_ == Part::none && carry_.empty() && !unsure_; }

 private:
  // Asked for each piece of a head, so it compares bytes and calls nothing.
  bool is_usual(Part part, std::string_view gap) const {
    if (part == Part::name)
      return part_ == Part::value && gap.size() == 2 && gap[0] == '\r' && gap[1] == '\n';
    return part == Part::value && part_ == Part::name && !gap.empty() && gap[0] == ':' &&
           (gap.size() == 1 || (gap.size() == 2 && gap[1] == ' '));
  }
  void owed(Http1Gap& gap, Part next);
  void check(Part part, std::string_view bytes);
  void object_to(const Http1Gap& gap, bool all);

  Direction direction_;
  Part part_ = Part::none;  // the last one
  bool head_due_ = false;   // the end of the head was reported, but not yet passed here
  bool chunked_ = false;
  bool unsure_ = false;  // the message before did not end as it should
  const char* at_ = nullptr;
  const char* objection_ = nullptr;
  std::string carry_;  // bytes of earlier chunks behind the last part
};

}  // namespace mpsdscope
