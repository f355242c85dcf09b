// The first half of the pipeline: packets of a batch to segments, dealt out to the shards.
#pragma once

#include <optional>

#include "decode/frame.h"
#include "decode/limits.h"
#include "decode/report.h"
#include "rules/stepping_clock.h"
#include "tools/tap_clocks.h"
#include "tools/work.h"

namespace mpsdscope {

// All segments of a flow go to the same shard, in the order of the packets.
class Dealer {
 public:
  // `several`: inputs, whose clocks may differ. Counts in the report, which outlives it.
  Dealer(const Limits& limits, bool several, DecodeReport& report)
      : report_(report), frames_(limits, report), several_(several) {}

  // Segments and shares of the work's packets, which stay where they are.
  void deal(Work& work);
  // The input ended.
  void finish() { frames_.finish(); }

  std::optional<CaptureTime> first() const { return first_; }
  std::optional<CaptureTime> last() const {
    return first_ ? std::optional(last_.now()) : std::nullopt;
  }
  CaptureTime clock() const { return clock_; }
  const TapClocks& clocks() const { return clocks_; }
  const DecodeCounters& counters() const { return report_.counters; }

 private:
  void note_time(CaptureTime time);

  const DecodeReport& report_;
  FrameDecoder frames_;
  bool several_;
  TapClocks clocks_;
  std::optional<CaptureTime> first_;
  SteppingClock last_;
  CaptureTime clock_{};
};

}  // namespace mpsdscope
