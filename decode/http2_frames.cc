#include "decode/http2_frames.h"

#include <algorithm>

#include <nghttp2/nghttp2.h>

namespace mpsdscope {
namespace {

constexpr std::string_view kPreface(NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);

// What exchanges need whole. PRIORITY, PING, WINDOW_UPDATE and extensions say nothing about them.
bool is_whole(std::uint8_t type) {
  return type == NGHTTP2_HEADERS || type == NGHTTP2_RST_STREAM || type == NGHTTP2_SETTINGS ||
         type == NGHTTP2_PUSH_PROMISE || type == NGHTTP2_GOAWAY || type == NGHTTP2_CONTINUATION;
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
  while (!bytes.empty()) {
    switch (state_) {
      case State::preface:
        if (!read_preface(bytes)) return false;
        break;
      case State::header:
        if (!read_header(bytes)) return false;
        break;
      case State::whole:
        if (!read_whole(bytes)) return false;
        break;
      case State::data_pad_length:
        // RFC 9113 §6.1: padding as long as the payload or longer is an error.
        padding_left_ = bytes.front();
        bytes = bytes.subspan(1);
        if (padding_left_ >= header_.length) return false;
        content_left_ = header_.length - 1 - padding_left_;
        state_ = State::data;
        end_payload();
        break;
      case State::skip:
      case State::data:
        read_data(bytes);
        break;
    }
  }
  return true;
}

bool Http2FrameReader::read_preface(Bytes& bytes) {
  const std::size_t n = std::min(bytes.size(), kPreface.size() - have_);
  if (as_text(bytes.first(n)) != kPreface.substr(have_, n)) return false;
  have_ += n;
  bytes = bytes.subspan(n);
  if (have_ == kPreface.size()) {
    have_ = 0;
    state_ = State::header;
  }
  return true;
}

bool Http2FrameReader::read_header(Bytes& bytes) {
  if (have_ == 0) begun_ = now_;
  const std::size_t n = std::min(bytes.size(), raw_.size() - have_);
  std::copy_n(bytes.begin(), n, raw_.begin() + static_cast<std::ptrdiff_t>(have_));
  have_ += n;
  bytes = bytes.subspan(n);
  if (have_ < raw_.size()) return true;
  have_ = 0;
  ByteReader reader(raw_);
  header_.length = reader.u24();
  header_.type = reader.u8();
  header_.flags = reader.u8();
  header_.stream = reader.u32() & 0x7fffffff;  // the highest bit is reserved
  return events_.on_frame_header(*this) && begin_payload();
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
  if (state_ == State::data) events_.on_data_end(*this);
  state_ = State::header;
}

std::optional<std::uint64_t> Http2FrameReader::skippable(std::uint64_t length) const {
  if (state_ != State::data && state_ != State::skip) return std::nullopt;
  if (length == 0 || length > std::uint64_t{content_left_} + padding_left_) return std::nullopt;
  return state_ == State::data ? std::min<std::uint64_t>(length, content_left_) : 0;
}

void Http2FrameReader::skip(CaptureTime time, std::uint64_t length) {
  now_ = time;
  const auto content = static_cast<std::uint32_t>(std::min<std::uint64_t>(length, content_left_));
  content_left_ -= content;
  padding_left_ -= static_cast<std::uint32_t>(length - content);
  end_payload();
}

}  // namespace mpsdscope
