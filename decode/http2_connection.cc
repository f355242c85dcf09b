#include "decode/http2_connection.h"

#include <algorithm>
#include <utility>

namespace mpsdscope {
namespace {

// SETTINGS that may wait for their acknowledgement before the connection counts as damaged.
constexpr std::size_t kMaxUnacknowledged = 64;

// RFC 9113 §6.2: strips padding and the deprecated priority. False: more padding than payload. What
// there is of the payload may end before the frame does.
bool strip(const Http2FrameHeader& header, Bytes& payload) {
  ByteReader reader(payload);
  const std::size_t padding = header.has(NGHTTP2_FLAG_PADDED) ? reader.u8() : 0;
  if (header.type == NGHTTP2_HEADERS && header.has(NGHTTP2_FLAG_PRIORITY)) reader.skip(5);
  const std::size_t before = payload.size() - reader.remaining();
  if (!reader.ok() || before + padding > header.length) return false;
  const std::size_t length = header.length - before - padding;
  payload = reader.rest().first(std::min(length, reader.remaining()));
  return true;
}

}  // namespace

Http2Connection::Http2Connection(DecodeContext& context, ConnectionInfo& info)
    : builder_(context, info),
      sides_{Side(Direction::to_server, context.limits.max_h2_header_list, *this),
             Side(Direction::to_client, context.limits.max_h2_header_list, *this)} {
  context.report.add(Counter::http2_connections);
}

// ---- the stream ----------------------------------------------------------------------------

void Http2Connection::on_data(Direction direction, CaptureTime time, Bytes bytes) {
  if (lost_) return;
  Side& side = this->side(direction);
  if (!side.reader.feed(time, bytes)) return lose();
  if (side.losses > 0) count_skipped(side, false);
}

void Http2Connection::on_end(Direction direction, CaptureTime /*time*/, StreamEnd end) {
  Side& side = this->side(direction);
  if (lost_ || side.ended) return;
  side.ended = true;
  side.end = end;
  count_skipped(side, true);
  if (direction == Direction::to_server) cut_block(side);
  for (auto at = streams_.begin(); at != streams_.end();) {
    const auto current = at++;
    Stream& stream = current->second;
    if (direction == Direction::to_server && !stream.request_done) {
      if (unsure_of_request(stream)) {
        settle_request(stream);
      } else if (stream.exchange->request.present) {
        stream.exchange->defects.add(end == StreamEnd::unknown ? Defect::request_gap
                                                               : Defect::request_truncated);
      }
      stream.request_done = true;
    }
    if (direction == Direction::to_server) {
      stream.client_left = end == StreamEnd::reset ||
                           (end == StreamEnd::closed && stream.exchange->response.present);
    }
    end_unanswered(current->first, stream);
    if (stream.request_done && stream.response_done) emit(current);
  }
  if (direction == Direction::to_server) builder_.end_requests();
}

std::size_t Http2Connection::buffered_bytes() const {
  return builder_.held() + overhead_ + sides_[0].reader.buffered() + sides_[1].reader.buffered();
}

// ---- streams -------------------------------------------------------------------------------

Http2Connection::Stream* Http2Connection::find(std::uint32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : &found->second;
}

Http2Connection::Stream& Http2Connection::open(std::uint32_t id) {
  const Limits& limits = builder_.context().limits;
  // Bodies are cut in time; heads that a few bytes of references expand to are not.
  while (!streams_.empty() && (streams_.size() >= limits.max_h2_streams ||
                               builder_.held() > limits.max_buffered_per_flow)) {
    builder_.context().report.add(Counter::http2_streams_dropped);
    Stream& oldest = streams_.begin()->second;
    oldest.exchange->defects.add(unsure_of_response(oldest) ? Defect::response_gap
                                                            : Defect::response_unseen);
    emit(streams_.begin());
  }
  Stream& stream = streams_[id];
  static_cast<OpenExchange&>(stream) = builder_.begin();
  stream.request_sure = side(Direction::to_server).losses;
  const Side& responses = side(Direction::to_client);
  stream.response_sure = responses.losses - (responses.reader.seeking() ? 1 : 0);
  overhead_ += sizeof(Exchange);
  return stream;
}

void Http2Connection::emit(Streams::iterator at) {
  const std::uint32_t id = at->first;
  Stream stream = std::move(at->second);
  streams_.erase(at);
  overhead_ -= sizeof(Exchange);
  if (stream.server_ended) {
    answered_[next_answered_] = id;
    next_answered_ = (next_answered_ + 1) % answered_.size();
  }
  if (!stream.exchange->request.present && !stream.request_head) {
    stream.exchange->defects.add(Defect::request_missing);
  }
  builder_.hand_over(std::move(stream), id);
}

void Http2Connection::emit_if_done(std::uint32_t id) {
  const auto at = streams_.find(id);
  if (at == streams_.end() || !at->second.response_done) return;
  Stream& stream = at->second;
  // The end of the request may be among the lost bytes.
  if (unsure_of_request(stream)) end_of_request(stream, stream.exchange->request.end);
  if (stream.request_done) emit(at);
}

// If the response direction is over: no more of a response will come.
void Http2Connection::end_unanswered(std::uint32_t id, Stream& stream) {
  const Side& responses = side(Direction::to_client);
  if (!responses.ended || stream.response_done) return;
  Defects& defects = stream.exchange->defects;
  if (id % 2 == 1 && id > last_processed_ && !stream.exchange->response.present) {
    defects.add(Defect::request_refused);
  } else if (unsure_of_response(stream)) {
    settle_response(stream);
  } else if (responses.end == StreamEnd::unknown || stream.client_left) {
    defects.add(Defect::response_unseen);
  } else if (stream.exchange->response.present) {
    defects.add(Defect::response_truncated);
  } else {
    defects.add(builder_.info().one_sided ? Defect::response_unseen : Defect::response_missing);
  }
  stream.response_done = true;
}

// The framing or the compression is damaged, and with it everything that follows.
void Http2Connection::lose() {
  lost_ = true;
  builder_.context().report.add(Counter::http2_lost);
  while (!streams_.empty()) {
    Stream& stream = streams_.begin()->second;
    Defects& defects = stream.exchange->defects;
    if (!stream.request_done && stream.exchange->request.present) defects.add(Defect::request_gap);
    if (!stream.response_done) defects.add(Defect::response_gap);
    emit(streams_.begin());
  }
  builder_.end_requests();
}

// ---- frames --------------------------------------------------------------------------------

bool Http2Connection::on_frame_header(const Http2FrameReader& reader) {
  const Http2FrameHeader& header = reader.header();
  const Side& side = this->side(reader.direction());
  const Block& block = side.block;
  if (reader.seeking()) {
    if (!is_next(side)) return false;
    if (!reader.joined()) builder_.context().report.add(Counter::http_resynchronised);
    return true;
  }
  if (side.losses > 0 ? !is_next(side) : header.length > side.max_frame && !settings_lost_) {
    return false;
  }
  if (block.open) return header.type == NGHTTP2_CONTINUATION && header.stream == block.stream;
  switch (header.type) {
    case NGHTTP2_CONTINUATION:
      return side.losses > 0;
    case NGHTTP2_DATA:
    case NGHTTP2_HEADERS:
    case NGHTTP2_RST_STREAM:
    case NGHTTP2_PUSH_PROMISE:
      return header.stream != 0;
    case NGHTTP2_SETTINGS:
    case NGHTTP2_GOAWAY:
      return header.stream == 0;
    default:
      return true;
  }
}

bool Http2Connection::on_frame(const Http2FrameReader& reader, Bytes payload) {
  Side& side = this->side(reader.direction());
  switch (reader.header().type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_PUSH_PROMISE:
      return on_block_begin(side, payload, true) && on_block_fragment(side, payload, true);
    case NGHTTP2_CONTINUATION:
      if (!side.block.open) begin_headless_block(side);
      return on_block_fragment(side, payload, true);
    case NGHTTP2_SETTINGS:
      return on_settings(side, payload);
    case NGHTTP2_RST_STREAM:
      if (payload.size() != 4) return false;
      on_rst_stream(reader.direction(), reader.header().stream, ByteReader(payload).u32());
      return true;
    case NGHTTP2_GOAWAY:
      if (payload.size() < 8) return false;
      if (reader.direction() == Direction::to_client) {
        on_goaway(ByteReader(payload).u32() & 0x7fffffff);
      }
      return true;
    default:
      return true;
  }
}

void Http2Connection::on_data(const Http2FrameReader& reader, std::string_view piece) {
  const std::uint32_t id = reader.header().stream;
  Stream* stream = find(id);
  if (reader.direction() == Direction::to_server) {
    if (stream != nullptr && stream->request_head && !stream->request_done) {
      builder_.request_body(*stream, piece);
    } else {
      on_tunnel_data(id, piece);
    }
  } else if (stream == nullptr || stream->response_done) {
    on_surplus(id, "DATA after the end of the response");
  } else if (stream->exchange->response.present) {
    builder_.response_body(*stream, piece);
  } else if (unsure_of_response(*stream)) {
    stream->exchange->defects.add(Defect::response_gap);  // its head is lost
  } else {
    builder_.malformed(*stream->exchange, Defect::response_malformed,
                       "DATA before the head of the response");
  }
}

void Http2Connection::on_data_end(const Http2FrameReader& reader) {
  Stream* stream = find(reader.header().stream);
  if (stream == nullptr || !reader.header().has(NGHTTP2_FLAG_END_STREAM)) return;
  if (reader.direction() == Direction::to_server) {
    end_of_request(*stream, reader.now());
  } else {
    stream->server_ended = true;
    end_of_response(*stream, reader.now());
  }
  emit_if_done(reader.header().stream);
}

// Leaves of `payload` the first fragment of the block. `whole`: no byte is missing.
bool Http2Connection::on_block_begin(Side& side, Bytes& payload, bool whole) {
  const Http2FrameHeader& header = side.reader.header();
  Block& block = side.block;
  if (!strip(header, payload)) {
    if (whole) return false;
    payload = {};
  }
  block.promised = 0;
  if (header.type == NGHTTP2_PUSH_PROMISE) {
    ByteReader reader(payload);
    block.promised = reader.u32() & 0x7fffffff;
    payload = reader.rest();
    const bool sound = reader.ok() && block.promised != 0 && block.promised % 2 == 0;
    if (!sound || side.reader.direction() != Direction::to_client) return false;
  }
  block.stream = header.stream;
  block.end_stream = header.type == NGHTTP2_HEADERS && header.has(NGHTTP2_FLAG_END_STREAM);
  block.begun = side.reader.begun();
  if (settings_lost_) side.inflater.allow_any_table_size();
  return true;
}

bool Http2Connection::on_block_fragment(Side& side, Bytes fragment, bool whole) {
  Block& block = side.block;
  const bool last = side.reader.header().has(NGHTTP2_FLAG_END_HEADERS);
  const std::size_t cap = builder_.context().limits.max_h2_header_list;
  block.open = !last;
  if (!block.list.cut) {
    const bool sound = side.inflater.inflate(fragment, last && whole, cap, block.list);
    if (!sound && !side.compression_lost) return false;
    block.list.cut = !sound || !whole;
    if (block.list.cut) side.inflater.forget();
  }
  if (last) end_block(side);
  return true;
}

void Http2Connection::end_block(Side& side) {
  Block& block = side.block;
  block.open = false;
  if (block.list.too_large) {
    block.list.problem = "The header list exceeds the limit";
    builder_.context().report.add(Counter::http_heads_too_large);
  }
  if (!block.headless) block_complete(side);
  block.headless = false;
  block.list.clear();
}

bool Http2Connection::on_settings(Side& side, Bytes payload) {
  if (side.reader.header().has(NGHTTP2_FLAG_ACK)) {
    on_settings_acknowledged(side.reader.direction());
    return payload.empty();
  }
  if (payload.size() % 6 != 0 || side.unacknowledged.size() >= kMaxUnacknowledged) return false;
  std::optional<std::uint32_t> table_size;
  for (ByteReader reader(payload); reader.remaining() > 0;) {
    const std::uint16_t id = reader.u16();
    const std::uint32_t value = reader.u32();
    if (id == NGHTTP2_SETTINGS_HEADER_TABLE_SIZE) table_size = value;
    if (id == NGHTTP2_SETTINGS_MAX_FRAME_SIZE) {
      std::uint32_t& max_frame = this->side(opposite(side.reader.direction())).max_frame;
      max_frame = std::max(max_frame, value);
    }
  }
  if (!settings_lost_) side.unacknowledged.push_back(table_size);
  return true;
}

// RFC 9113 §6.5.3: settings of the other direction's sender take effect here, in the blocks that
// follow the acknowledgement on its own direction.
void Http2Connection::on_settings_acknowledged(Direction direction) {
  auto& waiting = side(opposite(direction)).unacknowledged;
  if (waiting.empty() || settings_lost_) return;
  if (waiting.front()) side(direction).inflater.set_table_size(*waiting.front());
  waiting.pop_front();
}

void Http2Connection::on_rst_stream(Direction direction, std::uint32_t id, std::uint32_t error) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return;
  Stream& stream = at->second;
  Defects& defects = stream.exchange->defects;
  // RFC 9113 §8.1: behind a whole response, NO_ERROR only asks to stop an upload that is not
  // needed.
  const bool only_stops =
      direction == Direction::to_client && stream.server_ended && error == NGHTTP2_NO_ERROR;
  if (!only_stops) defects.add(Defect::stream_reset);
  if (!stream.request_done && unsure_of_request(stream)) {
    settle_request(stream);
  } else if (direction == Direction::to_server && !stream.request_done) {
    defects.add(Defect::request_truncated);
  }
  if (!stream.response_done && unsure_of_response(stream) && error != NGHTTP2_REFUSED_STREAM) {
    settle_response(stream);
  } else if (direction == Direction::to_client && !stream.response_done) {
    if (stream.exchange->response.present) {
      defects.add(Defect::response_truncated);
      std::string& words = stream.exchange->malformed;
      if (words.empty()) {
        words = std::string("the server reset the stream (") + nghttp2_http2_strerror(error) + ")";
      }
    } else {
      // RFC 9113 §8.7: no processing has occurred.
      defects.add(error == NGHTTP2_REFUSED_STREAM ? Defect::request_refused
                                                  : Defect::response_missing);
    }
  }
  emit(at);
}

// Something of a response whose end was seen (RFC 9113 §5.1: only PRIORITY, WINDOW_UPDATE and
// RST_STREAM may follow). Told once for each response, and only of those that are not long past.
// What is found behind lost bytes proves nothing.
void Http2Connection::on_surplus(std::uint32_t id, const char* words) {
  if (side(Direction::to_client).losses > 0) return;
  if (Stream* const stream = find(id)) {
    if (!stream->server_ended) return;
    return builder_.malformed(*stream->exchange, Defect::response_malformed, words);
  }
  const auto answered = std::find(answered_.begin(), answered_.end(), id);
  if (answered == answered_.end()) return;
  *answered = 0;
  OpenExchange surplus = builder_.begin();
  Exchange& exchange = *surplus.exchange;
  exchange.defects.add(Defect::request_missing);
  exchange.response.begin = exchange.response.end = side(Direction::to_client).reader.now();
  builder_.response_head(surplus);
  builder_.malformed(exchange, Defect::response_malformed, words);
  builder_.hand_over(std::move(surplus), id);
}

// RFC 9113 §6.8: the server did not and will not act on streams above the last.
void Http2Connection::on_goaway(std::uint32_t last_stream) {
  last_processed_ = std::min(last_processed_, last_stream);
  for (auto at = streams_.upper_bound(last_stream); at != streams_.end();) {
    const auto current = at++;
    if (current->first % 2 == 0 || current->second.exchange->response.present) continue;
    current->second.exchange->defects.add(Defect::request_refused);
    emit(current);
  }
}

}  // namespace mpsdscope
