// The streams of an HTTP/2 connection (RFC 9113 §5), read from both directions.
#pragma once

#include <array>
#include <deque>
#include <limits>
#include <map>
#include <optional>

#include "decode/exchange_builder.h"
#include "decode/http2_frames.h"
#include "decode/http2_headers.h"
#include "decode/http2_stream_ranges.h"

namespace mpsdscope {

class Http2Connection final : public StreamSink, private Http2FrameEvents {
 public:
  Http2Connection(DecodeContext& context, ConnectionInfo& info);
  // Before anything else: the request that asked for the upgrade from HTTP/1.1.
  void adopt(OpenExchange request);

  void on_data(Direction direction, CaptureTime time, Bytes bytes) override;
  void on_gap(Direction direction, CaptureTime time, std::uint64_t length) override;
  void on_end(Direction direction, CaptureTime time, StreamEnd end) override;
  std::size_t buffered_bytes() const override;
  bool under_way() const override;

 private:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  struct Stream : OpenExchange {
    bool request_head = false;  // read, or never to come
    bool server_ended = false;  // END_STREAM of the response was seen
    bool client_left = false;   // reset, or ended within the response
    // Side::losses as of when it was certain that nothing of the message was lost; or kNever.
    std::uint64_t request_sure = 0, response_sure = 0;
    bool tunnel = false;    // CONNECT (RFC 9113 §8.5), also extended (RFC 8441)
    bool extended = false;  // to websocket or the like
    std::optional<std::uint64_t> request_length, response_length;  // declared
  };
  using Streams = std::map<std::uint32_t, Stream>;

  // A header block under way (RFC 9113 §4.3): no other frame may come before its end.
  struct Block {
    bool open = false;
    bool end_stream = false;
    bool headless = false;  // its beginning is lost
    std::uint32_t stream = 0;
    std::uint32_t promised = 0;  // by a PUSH_PROMISE on `stream`
    CaptureTime begun{};
    Http2HeaderList list;
  };
  struct Side {
    Side(Direction direction, std::size_t max_whole, Http2FrameEvents& events)
        : reader(direction, max_whole, events) {}
    Http2FrameReader reader;
    Http2Inflater inflater;  // of the blocks that this direction carries
    Block block;
    // SETTINGS_HEADER_TABLE_SIZE of each SETTINGS that waits for its ACK; empty: not mentioned.
    std::deque<std::optional<std::uint32_t>> unacknowledged;
    std::uint64_t losses = 0;       // times that whole frames may have been lost
    bool compression_lost = false;  // blocks were lost
    // RFC 9113 §4.2: the largest payload that the receiver ever allowed, as far as that is known.
    std::uint32_t max_frame = 16'384;
    bool ended = false;
    StreamEnd end = StreamEnd::unknown;
  };

  bool on_frame_header(const Http2FrameReader& reader) override;
  bool on_frame(const Http2FrameReader& reader, Bytes payload) override;
  void on_data(const Http2FrameReader& reader, std::string_view piece) override;
  void on_data_end(const Http2FrameReader& reader) override;
  void on_data_lost(const Http2FrameReader& reader, std::uint64_t content) override;
  void on_frame_cut(const Http2FrameReader& reader, Bytes payload) override;
  void on_frames_lost(const Http2FrameReader& reader) override;

  bool is_next(const Side& side) const;
  void note_unread(std::uint64_t bytes);
  void count_skipped(Side& side, bool all);
  void lose_settings();
  void cut_block(Side& side);
  void begin_headless_block(Side& side);
  bool unsure_of_request(const Stream& stream) const {
    return stream.request_sure != sides_[0].losses;
  }
  bool unsure_of_response(const Stream& stream) const {
    return stream.response_sure != sides_[1].losses;
  }
  void settle_request(Stream& stream);
  void settle_response(Stream& stream);
  bool on_block_begin(Side& side, Bytes& payload, bool whole);
  bool on_block_fragment(Side& side, Bytes fragment, bool whole);
  void end_block(Side& side);
  void on_settings_acknowledged(Direction direction);
  bool on_settings(Side& side, Bytes payload);
  void on_rst_stream(Direction direction, std::uint32_t id, std::uint32_t error);
  void on_goaway(std::uint32_t last_stream);

  void block_complete(Side& side);
  Stream* stream_of_block(const Block& block, bool of_request);
  void note_malformed(Exchange& exchange, Defect defect, const Http2HeaderList& list);
  void request_block(Stream& stream, Side& side);
  void response_block(Stream& stream, Side& side);
  void open_tunnel(Stream& stream, std::uint32_t id);
  void on_tunnel_data(std::uint32_t id, std::string_view piece);
  void end_of_request(Stream& stream, CaptureTime time);
  void end_of_response(Stream& stream, CaptureTime time);

  Stream* find(std::uint32_t id);
  Stream& open(std::uint32_t id);
  void emit(Streams::iterator stream);
  void emit_if_done(std::uint32_t id);
  void end_unanswered(std::uint32_t id, Stream& stream);
  void on_surplus(std::uint32_t id, const char* words);
  void lose();

  Side& side(Direction direction) { return sides_[index_of(direction)]; }

  ExchangeBuilder builder_;
  std::array<Side, 2> sides_;
  Streams streams_;
  std::uint32_t last_request_ = 0;  // highest stream ids seen, of requests and of pushes
  std::uint32_t last_push_ = 0;
  Http2StreamRanges skipped_;                  // lower ones whose requests may be among lost bytes
  std::uint32_t last_processed_ = 0x7fffffff;  // what GOAWAY said; higher streams were refused
  // Streams given on of late whose response ended with END_STREAM: nothing may follow it.
  std::array<std::uint32_t, 16> answered_{};
  std::size_t next_answered_ = 0;
  // CONNECT tunnels whose client has not said enough to tell what runs inside.
  struct Tunnel {
    std::string authority, head;
  };
  std::map<std::uint32_t, Tunnel> tunnels_;
  std::size_t overhead_ = 0;
  std::uint64_t unread_bytes_ = 0;  // in which streams may begin
  bool settings_lost_ = false;  // SETTINGS or their ACK may be: table and frame sizes are unknown
  bool lost_ = false;
};

}  // namespace mpsdscope
