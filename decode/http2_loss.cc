// What lost bytes mean for the streams of an HTTP/2 connection. Each direction goes on by itself:
// its framing at the next header of a frame, its header compression with an empty table. A stream
// of which nothing was lost stays whole; one of which something may have been lost is only taken
// for whole if its content-length proves it.
#include <algorithm>

#include "decode/http2_connection.h"

namespace mpsdscope {
namespace {

constexpr std::uint64_t kLeastRequest = 10;              // bytes: HEADERS with one field
constexpr std::uint64_t kAnyLoss = kLeastRequest << 31;  // bytes that all streams fit in
constexpr std::uint64_t kMostNewStreams = 1'024;         // that a client skips, or opens at once
constexpr std::uint64_t kUnknownLoss = std::uint64_t{16} << 20;  // bytes, of a length not known

}  // namespace

void Http2Connection::on_gap(Direction direction, CaptureTime time, std::uint64_t length) {
  Side& side = this->side(direction);
  if (lost_ || side.ended) return;
  side.reader.lose(time, length);
  note_unread(side.reader.joined() ? kAnyLoss : length > 0 ? length : kUnknownLoss);
  count_skipped(side, false);
}

void Http2Connection::note_unread(std::uint64_t bytes) {
  unread_bytes_ = std::min(unread_bytes_ + std::min(bytes, kAnyLoss), kAnyLoss);
}

void Http2Connection::count_skipped(Side& side, bool all) {
  const std::uint64_t skipped = side.reader.take_skipped(all);
  if (skipped == 0) return;
  builder_.context().report.add(Counter::http_bytes_skipped, skipped);
  note_unread(skipped);
}

// Can what looks like a frame's header be the next of this direction?
bool Http2Connection::is_next(const Side& side) const {
  const Http2FrameHeader& header = side.reader.header();
  const std::uint64_t unread = unread_bytes_ + side.reader.skipped();
  const std::uint64_t new_streams = kMostNewStreams + unread / kLeastRequest;
  const std::uint64_t last_stream = std::max(last_request_, last_push_) + 2 * new_streams;
  return header.length <= side.max_frame && header.stream <= last_stream;
}

void Http2Connection::on_data_lost(const Http2FrameReader& reader, std::uint64_t content) {
  Stream* stream = find(reader.header().stream);
  if (stream == nullptr) return;
  Exchange& exchange = *stream->exchange;
  if (reader.direction() == Direction::to_server) {
    if (stream->request_done) return;
    exchange.defects.add(Defect::request_gap);
    exchange.request.body_length += content;
  } else if (!stream->response_done) {
    exchange.defects.add(Defect::response_gap);
    if (exchange.response.present) exchange.response.body_length += content;
  }
}

void Http2Connection::on_frame_cut(const Http2FrameReader& reader, Bytes payload) {
  Side& side = this->side(reader.direction());
  const std::uint32_t id = reader.header().stream;
  switch (reader.header().type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_PUSH_PROMISE:
      side.compression_lost = true;
      if (!on_block_begin(side, payload, false)) begin_headless_block(side);
      on_block_fragment(side, payload, false);
      break;
    case NGHTTP2_CONTINUATION:
      side.compression_lost = true;
      if (!side.block.open) begin_headless_block(side);
      on_block_fragment(side, payload, false);
      break;
    case NGHTTP2_RST_STREAM:
      // Why is not known: what there is of the messages is all that there will be.
      if (Stream* const stream = find(id)) {
        stream->request_sure = stream->response_sure = kNever;
        on_rst_stream(reader.direction(), id, NGHTTP2_CANCEL);
      }
      break;
    case NGHTTP2_GOAWAY:
      if (payload.size() >= 4 && reader.direction() == Direction::to_client) {
        on_goaway(ByteReader(payload).u32() & 0x7fffffff);
      }
      break;
    default:  // SETTINGS
      lose_settings();
      break;
  }
}

void Http2Connection::on_frames_lost(const Http2FrameReader& reader) {
  Side& side = this->side(reader.direction());
  lose_settings();
  cut_block(side);
  ++side.losses;
  side.compression_lost = true;
  side.inflater.forget();
}

// The rest of the block under way will not come.
void Http2Connection::cut_block(Side& side) {
  if (!side.block.open) return;
  side.block.list.cut = true;
  end_block(side);
}

void Http2Connection::lose_settings() {
  settings_lost_ = true;
  for (Side& side : sides_) side.unacknowledged.clear();
}

// A block whose beginning is lost, and with it what its fields mean.
void Http2Connection::begin_headless_block(Side& side) {
  side.block.headless = side.block.list.cut = true;
  side.block.stream = side.reader.header().stream;
  side.inflater.forget();
}

void Http2Connection::settle_request(Stream& stream) {
  if (!unsure_of_request(stream)) return;
  stream.request_sure = side(Direction::to_server).losses;
  const bool whole = stream.request_length == stream.exchange->request.body_length;
  if (whole) stream.request_done = true;
  if (stream.request_head && !whole) stream.exchange->defects.add(Defect::request_gap);
}

void Http2Connection::settle_response(Stream& stream) {
  if (!unsure_of_response(stream)) return;
  stream.response_sure = side(Direction::to_client).losses;
  const Exchange& exchange = *stream.exchange;
  const HttpResponse& response = exchange.response;
  const bool no_content =
      exchange.request.method == "HEAD" || response.status == 204 || response.status == 304;
  const bool whole = response.present && (stream.response_length == response.body_length ||
                                          (no_content && response.body_length == 0));
  if (whole) stream.response_done = true;
  if (!whole) stream.exchange->defects.add(Defect::response_gap);
}

}  // namespace mpsdscope
