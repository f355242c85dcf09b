// The frame layer of HTTP/2 (RFC 9113 §4, §6): one direction's bytes in, frames out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "decode/bytes.h"
#include "decode/stream.h"

namespace mpsdscope {

struct Http2FrameHeader {
  std::uint32_t length = 0;
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

class Http2FrameReader;

// Each call returns false if the frame breaks the connection's framing: nothing more is read then.
class Http2FrameEvents {
 public:
  virtual ~Http2FrameEvents() = default;
  // A frame's header, before its payload.
  virtual bool on_frame_header(const Http2FrameReader& reader) = 0;
  // A whole frame that is neither DATA nor of a type that does not matter to exchanges. The
  // payload lives during the call only.
  virtual bool on_frame(const Http2FrameReader& reader, Bytes payload) = 0;
  // Content of a DATA frame, without padding, as it comes; then the frame's end.
  virtual void on_data(const Http2FrameReader& reader, std::string_view piece) = 0;
  virtual void on_data_end(const Http2FrameReader& reader) = 0;
};

class Http2FrameReader {
 public:
  // The client's direction begins with the connection preface (RFC 9113 §3.4). Frames that are
  // read whole may have up to `max_whole` bytes.
  Http2FrameReader(Direction direction, std::size_t max_whole, Http2FrameEvents& events);

  // False: the framing is damaged.
  bool feed(CaptureTime time, Bytes bytes);
  // `length` bytes are missing. If they all lie within a payload that can be done without, goes on
  // behind them and returns how many of them are content; else nullopt.
  std::optional<std::uint64_t> skippable(std::uint64_t length) const;
  void skip(CaptureTime time, std::uint64_t length);

  Direction direction() const { return direction_; }
  const Http2FrameHeader& header() const { return header_; }
  CaptureTime now() const { return now_; }      // of the chunk being read
  CaptureTime begun() const { return begun_; }  // of the frame's first byte
  bool in_data() const { return state_ == State::data || state_ == State::data_pad_length; }
  std::size_t buffered() const { return whole_.size(); }

 private:
  enum class State : std::uint8_t { preface, header, whole, skip, data_pad_length, data };

  bool read_preface(Bytes& bytes);
  bool read_header(Bytes& bytes);
  bool begin_payload();
  bool read_whole(Bytes& bytes);
  void read_data(Bytes& bytes);
  void end_payload();

  const Direction direction_;
  const std::size_t max_whole_;
  Http2FrameEvents& events_;
  State state_;
  std::size_t have_ = 0;  // bytes of preface or header read so far
  std::array<std::uint8_t, 9> raw_{};
  Http2FrameHeader header_;
  std::uint32_t content_left_ = 0;  // of the payload, without padding
  std::uint32_t padding_left_ = 0;
  std::vector<std::uint8_t> whole_;  // payload of a frame that came in pieces
  CaptureTime now_{};
  CaptureTime begun_{};
};

}  // namespace mpsdscope
