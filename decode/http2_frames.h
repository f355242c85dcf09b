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

// on_frame_header and on_frame return false if the frame breaks the connection's framing: nothing
// more is read then; or, if the place was lost before, the next frame is looked for.
class Http2FrameEvents {
 public:
  virtual ~Http2FrameEvents() = default;
  // A frame's header, before its payload. While reader.seeking(), bytes that may be one.
  virtual bool on_frame_header(const Http2FrameReader& reader) = 0;
  // A whole frame that is neither DATA nor of a type that does not matter to exchanges. The
  // payload lives during the call only.
  virtual bool on_frame(const Http2FrameReader& reader, Bytes payload) = 0;
  // Content of a DATA frame, without padding, as it comes; then the frame's end.
  virtual void on_data(const Http2FrameReader& reader, std::string_view piece) = 0;
  virtual void on_data_end(const Http2FrameReader& reader) = 0;
  // Bytes are missing: of the content of a DATA frame, so many (0: unknown how many),
  virtual void on_data_lost(const Http2FrameReader& reader, std::uint64_t content) = 0;
  // of a frame that is read whole; `payload` is what came before them,
  virtual void on_frame_cut(const Http2FrameReader& reader, Bytes payload) = 0;
  // or perhaps whole frames: from here on the next one is looked for.
  virtual void on_frames_lost(const Http2FrameReader& reader) = 0;
};

class Http2FrameReader {
 public:
  // The client's direction begins with the connection preface (RFC 9113 §3.4). Frames that are
  // read whole may have up to `max_whole` bytes.
  Http2FrameReader(Direction direction, std::size_t max_whole, Http2FrameEvents& events);

  // False: the framing is damaged.
  bool feed(CaptureTime time, Bytes bytes);
  // `length` bytes are missing (0: unknown how many). The place is kept if they end within a
  // payload, else the next bytes that look like the header of a frame are taken for one.
  void lose(CaptureTime time, std::uint64_t length);

  Direction direction() const { return direction_; }
  const Http2FrameHeader& header() const { return header_; }
  CaptureTime now() const { return now_; }      // of the chunk being read
  CaptureTime begun() const { return begun_; }  // of the frame's first byte
  bool seeking() const { return state_ == State::seek; }
  bool joined() const { return joined_; }  // the search is for the first frame
  std::size_t buffered() const { return whole_.size(); }
  // Bytes that were no frame, since the last call of take_skipped(). `all`: also those that may yet
  // be a header.
  std::uint64_t skipped() const { return skipped_; }
  std::uint64_t take_skipped(bool all);

 private:
  enum class State : std::uint8_t { preface, header, whole, skip, data_pad_length, data, seek };

  bool step(Bytes& bytes);
  bool read_preface(Bytes& bytes);
  bool read_header(Bytes& bytes);
  bool read_pad_length(Bytes& bytes);
  void parse_header();
  bool begin_payload();
  bool read_whole(Bytes& bytes);
  void read_data(Bytes& bytes);
  void end_payload();
  std::uint64_t payload_left() const;
  void cut_payload(std::uint64_t length);
  void search();
  void seek(Bytes& bytes);

  const Direction direction_;
  const std::size_t max_whole_;
  Http2FrameEvents& events_;
  State state_;
  std::size_t have_ = 0;  // bytes of preface or header read so far
  std::array<std::uint8_t, 9> raw_{};
  std::array<CaptureTime, 9> raw_times_{};
  Http2FrameHeader header_;
  std::uint32_t content_left_ = 0;  // of the payload, without padding
  std::uint32_t padding_left_ = 0;
  std::vector<std::uint8_t> whole_;  // payload of a frame that came in pieces
  CaptureTime now_{};
  CaptureTime begun_{};
  std::uint64_t skipped_ = 0;
  bool started_ = false;  // anything was read, or lost
  bool lost_ = false;     // the place was lost once: what is found may be none
  bool joined_ = false;
};

}  // namespace mpsdscope
