#include "decode/http2_frames.h"

#include <algorithm>
#include <utility>

#include <nghttp2/nghttp2.h>

namespace mpsdscope {
namespace {

constexpr std::string_view kPreface(NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);

// What exchanges need whole. PRIORITY, PING, WINDOW_UPDATE and extensions say nothing about them.
bool is_whole(std::uint8_t type) {
  return type == NGHTTP2_HEADERS || type == NGHTTP2_RST_STREAM || type == NGHTTP2_SETTINGS ||
         type == NGHTTP2_PUSH_PROMISE || type == NGHTTP2_GOAWAY || type == NGHTTP2_CONTINUATION;
}

// What a frame of each type may look like (RFC 9113 §6, RFC 7838 §4, RFC 8336 §2.1, RFC 9218 §7.1).
enum class On : std::uint8_t { stream, connection, either };
struct FrameShape {
  std::uint8_t type, flags;
  On on;
  std::uint32_t least, most;  // payload
};
constexpr std::uint32_t kAny = 0xffffff;
constexpr std::array<FrameShape, 13> kShapes{{
    {NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM | NGHTTP2_FLAG_PADDED, On::stream, 0, kAny},
    {NGHTTP2_HEADERS,
     NGHTTP2_FLAG_END_STREAM | NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_PADDED |
         NGHTTP2_FLAG_PRIORITY,
     On::stream, 1, kAny},
    {NGHTTP2_PRIORITY, 0, On::stream, 5, 5},
    {NGHTTP2_RST_STREAM, 0, On::stream, 4, 4},
    {NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, On::connection, 0, 6 * 64},
    {NGHTTP2_PUSH_PROMISE, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_PADDED, On::stream, 5, kAny},
    {NGHTTP2_PING, NGHTTP2_FLAG_ACK, On::connection, 8, 8},
    {NGHTTP2_GOAWAY, 0, On::connection, 8, kAny},
    {NGHTTP2_WINDOW_UPDATE, 0, On::either, 4, 4},
    {NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, On::stream, 0, kAny},
    {NGHTTP2_ALTSVC, 0, On::either, 2, kAny},
    {NGHTTP2_ORIGIN, 0, On::connection, 0, kAny},
    {NGHTTP2_PRIORITY_UPDATE, 0, On::connection, 4, kAny},
}};

// RFC 9113 §5.1.1: on odd streams are requests and their responses, on even ones what the server
// pushes.
bool is_plausible(const Http2FrameHeader& header, Direction direction) {
  const auto shape = std::find_if(kShapes.begin(), kShapes.end(),
                                  [&](const FrameShape& of) { return of.type == header.type; });
  if (shape == kShapes.end() || (header.flags & ~shape->flags) != 0) return false;
  if (shape->on != On::either && (header.stream != 0) != (shape->on == On::stream)) return false;
  if (header.length < shape->least || header.length > shape->most) return false;
  const bool odd = header.stream % 2 == 1;
  switch (header.type) {
    case NGHTTP2_SETTINGS:
      return header.has(NGHTTP2_FLAG_ACK) ? header.length == 0 : header.length % 6 == 0;
    case NGHTTP2_DATA:
      return (odd || direction == Direction::to_client) &&
             (header.length > 0 || !header.has(NGHTTP2_FLAG_PADDED));
    case NGHTTP2_HEADERS:
    case NGHTTP2_CONTINUATION:
      return odd || direction == Direction::to_client;
    case NGHTTP2_PUSH_PROMISE:
      return odd && direction == Direction::to_client;
    default:
      return true;
  }
}

}  // namespace

Http2FrameReader::Http2FrameReader(Direction direction, std::size_t max_whole,
                                   Http2FrameEvents& events)
    : direction_(direction),
      max_whole_(max_whole),
      events_(events),
      state_(direction == Direction::to_server ? State::preface : State::header) {}

bool Http2FrameReader::feed(CaptureTime time, Bytes bytes) {
  now_ = time;
  started_ = started_ || !bytes.empty();
  while (!bytes.empty()) {
    if (step(bytes)) continue;
    if (!lost_) return false;
    search();
  }
  return true;
}

bool Http2FrameReader::step(Bytes& bytes) {
  switch (state_) {
    case State::preface:
      return read_preface(bytes);
    case State::header:
      return read_header(bytes);
    case State::whole:
      return read_whole(bytes);
    case State::data_pad_length:
      return read_pad_length(bytes);
    case State::skip:
    case State::data:
      return read_data(bytes), true;
    case State::seek:
      return seek(bytes), true;
  }
  return false;
}

bool Http2FrameReader::read_preface(Bytes& bytes) {
  const std::size_t n = std::min(bytes.size(), kPreface.size() - have_);
  if (as_text(bytes.first(n)) != kPreface.substr(have_, n)) return false;
  have_ += n;
  bytes = bytes.subspan(n);
  if (have_ == kPreface.size()) {
    have_ = 0;
    state_ = State::header;
    lost_ = joined_ = false;  // nothing came before
  }
  return true;
}

void Http2FrameReader::parse_header() {
  ByteReader reader(raw_);
  header_.length = reader.u24();
  header_.type = reader.u8();
  header_.flags = reader.u8();
  header_.stream = reader.u32() & 0x7fffffff;  // the highest bit is reserved
}

bool Http2FrameReader::read_header(Bytes& bytes) {
  if (have_ == 0) begun_ = now_;
  const std::size_t n = std::min(bytes.size(), raw_.size() - have_);
  std::copy_n(bytes.begin(), n, raw_.begin() + static_cast<std::ptrdiff_t>(have_));
  if (lost_) std::fill_n(raw_times_.begin() + static_cast<std::ptrdiff_t>(have_), n, now_);
  have_ += n;
  bytes = bytes.subspan(n);
  if (have_ < raw_.size()) return true;
  parse_header();
  if (lost_ && !is_plausible(header_, direction_)) return false;
  if (!events_.on_frame_header(*this)) return false;
  have_ = 0;
  return begin_payload();
}

// RFC 9113 §6.1: padding as long as the payload or longer is an error.
bool Http2FrameReader::read_pad_length(Bytes& bytes) {
  padding_left_ = bytes.front();
  bytes = bytes.subspan(1);
  if (padding_left_ >= header_.length) return false;
  content_left_ = header_.length - 1 - padding_left_;
  state_ = State::data;
  end_payload();
  return true;
}

bool Http2FrameReader::begin_payload() {
  content_left_ = header_.length;
  padding_left_ = 0;
  if (header_.type == NGHTTP2_DATA) {
    const bool padded = header_.has(NGHTTP2_FLAG_PADDED);
    if (padded && header_.length == 0) return false;
    state_ = padded ? State::data_pad_length : State::data;
    if (!padded) end_payload();
    return true;
  }
  if (!is_whole(header_.type)) {
    state_ = State::skip;
    end_payload();
    return true;
  }
  if (header_.length > max_whole_) return false;
  whole_.clear();
  state_ = State::whole;
  Bytes nothing;
  return header_.length > 0 || read_whole(nothing);
}

bool Http2FrameReader::read_whole(Bytes& bytes) {
  Bytes payload;
  if (whole_.empty() && bytes.size() >= header_.length) {
    payload = bytes.first(header_.length);
    bytes = bytes.subspan(header_.length);
  } else {
    const std::size_t n = std::min<std::size_t>(bytes.size(), header_.length - whole_.size());
    whole_.insert(whole_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
    bytes = bytes.subspan(n);
    if (whole_.size() < header_.length) return true;
    payload = whole_;
  }
  state_ = State::header;
  const bool sound = events_.on_frame(*this, payload);
  whole_.clear();
  return sound;
}

void Http2FrameReader::read_data(Bytes& bytes) {
  const std::size_t content = std::min<std::size_t>(bytes.size(), content_left_);
  if (content > 0 && state_ == State::data) {
    events_.on_data(*this, as_text(bytes.first(content)));
  }
  content_left_ -= static_cast<std::uint32_t>(content);
  bytes = bytes.subspan(content);
  const std::size_t padding = std::min<std::size_t>(bytes.size(), padding_left_);
  padding_left_ -= static_cast<std::uint32_t>(padding);
  bytes = bytes.subspan(padding);
  end_payload();
}

void Http2FrameReader::end_payload() {
  if (content_left_ > 0 || padding_left_ > 0) return;
  state_ = State::header;
  if (header_.type == NGHTTP2_DATA) events_.on_data_end(*this);
}

// ---- lost bytes ----------------------------------------------------------------------------

void Http2FrameReader::lose(CaptureTime time, std::uint64_t length) {
  now_ = time;
  const bool nothing_before = !std::exchange(started_, true) && length == 0;
  joined_ = joined_ || nothing_before;
  if (nothing_before && state_ == State::preface) {  // which may still come
    lost_ = true;
    return events_.on_frames_lost(*this);
  }
  const std::uint64_t left = payload_left();
  const bool within = length > 0 && length <= left;
  if (left > 0) cut_payload(within ? length : left);
  if (within) return;
  skipped_ += std::exchange(have_, 0);
  state_ = State::skip;
  search();
}

std::uint64_t Http2FrameReader::payload_left() const {
  switch (state_) {
    case State::whole:
      return header_.length - whole_.size();
    case State::data_pad_length:
      return header_.length;
    case State::skip:
    case State::data:
      return std::uint64_t{content_left_} + padding_left_;
    default:
      return 0;
  }
}

// The next `length` bytes of the payload are missing, or may be: none of them is read.
void Http2FrameReader::cut_payload(std::uint64_t length) {
  const std::uint64_t left = payload_left();
  if (state_ == State::data) {
    const auto content = static_cast<std::uint32_t>(std::min<std::uint64_t>(length, content_left_));
    content_left_ -= content;
    padding_left_ -= static_cast<std::uint32_t>(length - content);
    if (content > 0) events_.on_data_lost(*this, content);
    return end_payload();
  }
  const State state = std::exchange(state_, State::skip);
  const std::vector<std::uint8_t> before = std::exchange(whole_, {});
  content_left_ = static_cast<std::uint32_t>(left - length);
  padding_left_ = 0;
  if (state == State::whole) events_.on_frame_cut(*this, before);
  if (state == State::data_pad_length) events_.on_data_lost(*this, 0);
  end_payload();
}

// The place is lost: of what was read last and turned out to be no header, or no preface, every
// byte but the first may begin one.
void Http2FrameReader::search() {
  if (state_ == State::preface) {
    const std::size_t kept = std::min<std::size_t>(have_, raw_.size() - 1);
    std::copy_n(kPreface.begin() + static_cast<std::ptrdiff_t>(have_ - kept), kept, raw_.begin());
    raw_times_.fill(now_);
    skipped_ += have_ - kept;
    have_ = kept;
  } else if (state_ == State::header && have_ == raw_.size()) {
    std::copy(raw_.begin() + 1, raw_.end(), raw_.begin());
    std::copy(raw_times_.begin() + 1, raw_times_.end(), raw_times_.begin());
    --have_;
    ++skipped_;
  } else {
    have_ = 0;
  }
  whole_.clear();
  lost_ = true;
  state_ = State::seek;
  events_.on_frames_lost(*this);
}

void Http2FrameReader::seek(Bytes& bytes) {
  while (!bytes.empty()) {
    raw_[have_] = bytes.front();
    raw_times_[have_] = now_;
    bytes = bytes.subspan(1);
    if (++have_ < raw_.size()) continue;
    parse_header();
    const bool reserved = (raw_[5] & 0x80) != 0;
    if (!reserved && is_plausible(header_, direction_) && events_.on_frame_header(*this)) {
      begun_ = raw_times_[0];
      have_ = 0;
      joined_ = false;
      if (begin_payload()) return;
      return search();
    }
    std::copy(raw_.begin() + 1, raw_.end(), raw_.begin());
    std::copy(raw_times_.begin() + 1, raw_times_.end(), raw_times_.begin());
    --have_;
    ++skipped_;
  }
}

std::uint64_t Http2FrameReader::take_skipped(bool all) {
  if (all && state_ == State::seek) skipped_ += std::exchange(have_, 0);
  return std::exchange(skipped_, 0);
}

}  // namespace mpsdscope
