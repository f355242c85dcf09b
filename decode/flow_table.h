// All TCP connections of one decoder: segments in, exchanges out (through
// DecodeContext::exchanges).
#pragma once

#include <cstddef>
#include <memory>

#include "decode/context.h"
#include "decode/segment.h"
#include "decode/stream.h"

namespace mpsdscope {

// Finds or makes the connection of each segment, and drops the least recently used ones at the
// limits. Single-threaded; the context outlives it.
class FlowTable {
 public:
  explicit FlowTable(DecodeContext& context);
  // The same with another decoder of the streams than the protocol selector.
  FlowTable(DecodeContext& context, StreamFactory make_stream);
  ~FlowTable();
  FlowTable(const FlowTable&) = delete;
  FlowTable& operator=(const FlowTable&) = delete;

  void on_segment(const TcpSegment& segment);
  // The capture clock moved on: gives up waiting for what is overdue.
  void advance(CaptureTime now);
  // The input ended: everything still open ends as StreamEnd::unknown, in order of first packet.
  void finish(CaptureTime now);

  std::size_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mpsdscope
