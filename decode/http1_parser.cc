#include "decode/http1_parser.h"

#include <algorithm>

#include "decode/http_fields.h"

namespace mpsdscope {

// llhttp's C callbacks.
struct Http1Callbacks {
  static Http1Parser& self(llhttp_t* parser) { return *static_cast<Http1Parser*>(parser->data); }

  static int begin(llhttp_t* p) { return self(p).begin(); }
  static int url(llhttp_t* p, const char* at, std::size_t n) {
    // "GET " stands before the target.
    return self(p).start_line_piece({at, n}, self(p).method().size() + 1);
  }
  static int status(llhttp_t* p, const char* at, std::size_t n) {
    constexpr std::string_view before = "HTTP/1.1 200 ";
    return self(p).start_line_piece({at, n}, before.size());
  }
  static int start_line_complete(llhttp_t* p) {
    self(p).start_line_done_ = true;
    return 0;
  }
  static int name(llhttp_t* p, const char* at, std::size_t n) {
    self(p).delimiters_.piece(Http1Delimiters::Part::name, {at, n});
    return self(p).field_name({at, n});
  }
  static int value(llhttp_t* p, const char* at, std::size_t n) {
    self(p).delimiters_.piece(Http1Delimiters::Part::value, {at, n});
    return self(p).field_value({at, n});
  }
  static int head(llhttp_t* p) { return self(p).head_complete(); }
  static int body(llhttp_t* p, const char* at, std::size_t n) {
    Http1Parser& parser = self(p);
    parser.delimiters_.piece(Http1Delimiters::Part::content, {at, n});
    if (!parser.skipping_) parser.events_.on_content(parser, {at, n});
    return 0;
  }
  static int chunk_header(llhttp_t* p) {
    self(p).in_chunk_ = p->content_length > 0;
    return 0;
  }
  static int chunk_complete(llhttp_t* p) {
    self(p).in_chunk_ = false;
    return 0;
  }
  static int complete(llhttp_t* p) { return self(p).message_complete(); }

  static llhttp_settings_t make_settings() {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_message_begin = begin;
    settings.on_url = url;
    settings.on_status = status;
    settings.on_url_complete = start_line_complete;
    settings.on_status_complete = start_line_complete;
    settings.on_header_field = name;
    settings.on_header_value = value;
    settings.on_headers_complete = head;
    settings.on_body = body;
    settings.on_chunk_header = chunk_header;
    settings.on_chunk_complete = chunk_complete;
    settings.on_message_complete = complete;
    return settings;
  }
};

namespace {
constexpr const char* kObsFold = "Folded field line (obs-fold)";
const llhttp_settings_t kSettings = Http1Callbacks::make_settings();
}  // namespace

Http1Parser::Http1Parser(Direction direction, const Limits& limits, Http1Heads heads,
                         Http1Events& events)
    : delimiters_(direction),
      direction_(direction),
      limits_(limits),
      heads_(heads),
      events_(events) {
  llhttp_init(&parser_, direction == Direction::to_server ? HTTP_REQUEST : HTTP_RESPONSE,
              &kSettings);
  parser_.data = this;
}

HttpVersion Http1Parser::version() const {
  if (parser_.http_major != 1) return HttpVersion::unknown;
  return parser_.http_minor == 0 ? HttpVersion::http_1_0 : HttpVersion::http_1_1;
}

void Http1Parser::reset() {
  llhttp_reset(&parser_);
  plain_ = in_message_ = head_done_ = in_chunk_ = skipping_ = head_too_large_ = false;
  framing_ = Framing::none;
  forget_line();
  failure_ = nullptr;
  delimiters_.restart(nullptr);
}

void Http1Parser::drop_partial() {
  if (!start_line_done_) text_->clear();
  if (field_ == Field::value && !value_open_) return end_line();
  forget_line();
}

Http1Parser::Step Http1Parser::execute(CaptureTime time, std::string_view bytes) {
  now_ = time;
  chunk_ = bytes.data();
  chunk_end_ = bytes.data() + bytes.size();
  const char* at = chunk_;
  Outcome outcome = read_plain(at);
  if (outcome == Outcome::more && at != chunk_end_) outcome = read_with_llhttp(at);
  if (!bytes.empty()) last_byte_ = bytes.back();
  const auto consumed = static_cast<std::size_t>(at - chunk_);
  offset_ += consumed;
  return {outcome, consumed};
}

Http1Parser::Outcome Http1Parser::read_with_llhttp(const char*& at) {
  delimiters_.begin_chunk(at);
  Outcome outcome = Outcome::more;
  while (true) {
    const llhttp_errno_t error =
        llhttp_execute(&parser_, at, static_cast<std::size_t>(chunk_end_ - at));
    if (error == HPE_OK) {
      at = chunk_end_;
      break;
    }
    at = llhttp_get_error_pos(&parser_);
    if (error == HPE_PAUSED) {  // by message_complete()
      reset();
      delimiters_.begin_chunk(at);
      continue;
    }
    if (error == HPE_INVALID_URL) {
      if (const char* const behind = pass_high_bytes(at)) {
        at = behind;
        continue;
      }
    }
    outcome = error == HPE_PAUSED_UPGRADE ? Outcome::upgrade : Outcome::error;
    if (outcome == Outcome::error) {
      describe_error(
          error == HPE_PAUSED_H2_UPGRADE ? "HTTP/2 preface" : llhttp_get_error_reason(&parser_),
          at);
      if (is_ambiguous(error, at)) ambiguity_ = error_;
    }
    break;
  }
  delimiters_.end_chunk(at);
  if (field_ == Field::value && !value_open_) end_line();  // whoever takes the message now has it
  name_.keep();
  value_.keep();
  return outcome;
}

// Is the error one of those that other readers do not make an error of, but another message?
bool Http1Parser::is_ambiguous(llhttp_errno_t error, const char* position) const {
  switch (error) {
    case HPE_USER:
      return failure_ == kObsFold;
    case HPE_CR_EXPECTED:
    case HPE_LF_EXPECTED:
    case HPE_UNEXPECTED_SPACE:
    case HPE_UNEXPECTED_CONTENT_LENGTH:
    case HPE_INVALID_CONTENT_LENGTH:
    case HPE_INVALID_TRANSFER_ENCODING:
    case HPE_INVALID_CHUNK_SIZE:
    case HPE_STRICT:  // line ends of chunks and their extensions
      return true;
    default:
      break;
  }
  if (!in_message_ || position == chunk_end_) return false;
  const char before = position > chunk_ ? position[-1] : last_byte_;
  if (error == HPE_INVALID_VERSION) return before == '\r' || *position == ' ';
  constexpr std::string_view kDividers("\r\n \t\0", 5);
  return error == HPE_INVALID_HEADER_TOKEN &&
         (before == '\r' || kDividers.find(*position) != std::string_view::npos);
}

// RFC 9112 §6.1, §6.3: what llhttp lets pass and other readers frame in another way.
void Http1Parser::check_coding() {
  const bool coded = (parser_.flags & F_TRANSFER_ENCODING) != 0;
  if (coded && parser_.http_minor == 0) delimiters_.object("Transfer-Encoding in HTTP/1.0");
  if (!coded && fields_->contains(FieldName::transfer_encoding)) {
    delimiters_.object("An empty Transfer-Encoding");
  }
  if (request_is_connect() && (coded || parser_.content_length > 0)) {
    delimiters_.object("CONNECT with content");
  }
}

bool Http1Parser::begins_no_response() const {
  return direction_ == Direction::to_client && llhttp_get_errno(&parser_) == HPE_INVALID_CONSTANT;
}

void Http1Parser::describe_error(const char* reason, const char* position) {
  if (failure_ != nullptr) {
    reason = failure_;
    if (failure_position_ != nullptr) position = failure_position_;
  }
  error_ = reason != nullptr && *reason != '\0' ? reason : "HTTP syntax error";
  if (!start_line_seen_) {
    error_ += ", in the start line";
    return;
  }
  const std::uint64_t at = offset_ + static_cast<std::uint64_t>(position - chunk_);
  error_ += ", at byte " + std::to_string(at - std::min(at, message_offset_)) + " of the message";
}

bool Http1Parser::finish(CaptureTime time) {
  if (!in_message_) return true;
  if (!until_close()) return false;
  now_ = time;
  message_complete();
  reset();
  return true;
}

bool Http1Parser::is_content(std::uint64_t length) const {
  if (!in_message_ || !head_done_) return false;
  if (framing_ == Framing::until_close) return true;
  if (framing_ != Framing::length && !(framing_ == Framing::chunked && in_chunk_)) return false;
  // llhttp counts down the rest of the content or of the chunk here.
  return length > 0 && length <= parser_.content_length;
}

Http1Parser::Step Http1Parser::skip_content(CaptureTime time, std::uint64_t length) {
  delimiters_.content_skipped();
  if (framing_ == Framing::until_close) return {Outcome::more, 0};
  if (length < parser_.content_length) {
    parser_.content_length -= length;
    return {Outcome::more, 0};
  }
  // The last missing byte goes through the parser, which then does what the end of content asks.
  parser_.content_length = 1;
  skipping_ = true;
  const Step step = execute(time, std::string_view("\0", 1));
  skipping_ = false;
  return step;
}

bool Http1Parser::count_head(std::size_t bytes) {
  head_bytes_ += bytes;
  if (head_bytes_ <= limits_.max_head_bytes) return true;
  head_too_large_ = true;
  return false;
}

int Http1Parser::fail(const char* reason, const char* position) {
  failure_ = reason;
  failure_position_ = position;
  return HPE_USER;
}

int Http1Parser::begin() {
  if (replaying_) return 0;
  in_message_ = true;
  parser_.status_code = 0;  // llhttp keeps that of the message before until it has read this one's
  head_done_ = in_chunk_ = start_line_seen_ = start_line_done_ = target_malformed_ = false;
  head_bytes_ = 0;
  framing_ = Framing::none;
  forget_line();
  ambiguity_ = {};
  delimiters_.message_begin();
  events_.on_message_begin(*this);
  return 0;
}

int Http1Parser::start_line_piece(std::string_view piece, std::size_t before) {
  if (replaying_) return 0;
  delimiters_.piece(Http1Delimiters::Part::start_line, piece);
  if (!start_line_seen_) {
    start_line_seen_ = true;
    const std::uint64_t at = offset_ + static_cast<std::uint64_t>(piece.data() - chunk_);
    message_offset_ = at - std::min<std::uint64_t>(at, before);
  }
  if (!count_head(piece.size())) return fail("The head exceeds the limit");
  text_->append(piece);
  return 0;
}

int Http1Parser::field_name(std::string_view piece) {
  if (field_ != Field::name) {
    end_line();
    field_ = Field::name;
    head_bytes_ += 4;  // ":", CRLF, and room
  }
  if (!count_head(piece.size())) return fail("The head exceeds the limit");
  name_.add(piece);
  return 0;
}

int Http1Parser::field_value(std::string_view piece) {
  // A second piece of a value within a chunk, or behind one that ended within a chunk, is obs-fold
  // (RFC 9112 §5.2), which llhttp lets pass.
  const bool goes_on = field_ == Field::value && value_open_;
  if (field_ != Field::name && !goes_on) return fail(kObsFold, piece.data());
  field_ = Field::value;
  value_open_ = piece.data() + piece.size() == chunk_end_;
  if (!count_head(piece.size())) return fail("The head exceeds the limit");
  value_.add(piece);
  return 0;
}

// The line that is read, if there is one, is complete.
void Http1Parser::end_line() {
  FieldLines* const fields = head_done_ ? trailers_ : fields_;
  if (field_ == Field::value && fields != nullptr) {
    fields->add(name_.text(), trim_ows(value_.text()));
  }
  forget_line();
}

void Http1Parser::forget_line() {
  field_ = Field::none;
  name_.clear();
  value_.clear();
}

Http1Parser::Framing Http1Parser::declared_framing() const {
  if (parser_.flags & F_CHUNKED) return Framing::chunked;
  if (parser_.flags & F_CONTENT_LENGTH) {
    return parser_.content_length > 0 ? Framing::length : Framing::none;
  }
  return llhttp_message_needs_eof(&parser_) ? Framing::until_close : Framing::none;
}

// Returns what llhttp wants: 0 go on, 1 no content, 2 no content and pause for an upgrade.
int Http1Parser::head_complete() {
  end_line();
  if (parser_.http_major != 1) {
    return fail("Invalid HTTP version");
  }
  if (direction_ == Direction::to_client && parser_.status_code < 100) {
    return fail("Invalid response status");
  }
  head_done_ = true;
  check_coding();
  delimiters_.head_complete(false);
  switch (events_.on_head(*this)) {
    case Http1Events::Framing::as_declared:
      // llhttp reads no content of a CONNECT.
      framing_ = request_is_connect() ? Framing::none : declared_framing();
      delimiters_.head_complete(framing_ == Framing::chunked);
      return 0;
    case Http1Events::Framing::no_content:
      return 1;
    case Http1Events::Framing::upgrade:
      break;
  }
  return 2;
}

int Http1Parser::message_complete() {
  end_line();
  in_message_ = false;
  const bool by_content = framing_ == Framing::length || framing_ == Framing::until_close;
  delimiters_.message_complete(chunk_end_, by_content);
  events_.on_message_complete(*this);
  // llhttp would refuse more messages behind "Connection: close". Whether they belong there is not
  // a matter of syntax, so they are read: the reader is reset at this byte.
  return may_upgrade() || llhttp_should_keep_alive(&parser_) ? 0 : HPE_PAUSED;
}

}  // namespace mpsdscope
