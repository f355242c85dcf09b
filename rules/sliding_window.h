// Responses and 429s of the last 15 s and the last 300 s, exactly, in bounded memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "decode/time.h"
#include "rules/limits.h"

namespace mpsdscope {

// 429s and responses within a sliding window: half-open, (t - length, t].
struct WindowRate {
  std::uint64_t responses = 0;
  std::uint64_t throttled = 0;          // 429s
  std::uint64_t peak_throttled = 0;     // most 429s in any window so far
  std::uint64_t responses_at_peak = 0;  // responses in that window
  CaptureTime peak_at{};                // when that peak was first reached
};

// Times must not lie before 1970. One before the last means that the clock was set back: the
// windows begin anew, peaks stay. Adding takes constant time, amortised.
//
// One entry per distinct time, at most `most_entries`. When more distinct times than that lie
// within 300 s, those within the same slice of time share an entry that counts at the latest of
// them; it leaves a window late by less than the slice, so counts are never too low, and too high
// by at most what one slice holds. A slice is 600 s / most_entries at first (37 ms for 16,384
// entries: 0.25 % of 15 s). exact() is false from then on.
class SlidingWindow {
 public:
  explicit SlidingWindow(std::size_t most_entries);  // at least 8

  void add(CaptureTime time, bool throttled);
  // Takes over what another window counted, as if all had been added here in the order of time.
  // Counts are exact; so are peaks of the last 300 s, of older ones the greater of the two is kept.
  // Takes time in proportion to the entries of both.
  void merge(const SlidingWindow& other);
  // The windows that end at `now`; empty if that is before the last time added.
  WindowRate burst_at(CaptureTime now) const { return at(0, now); }
  WindowRate sustained_at(CaptureTime now) const { return at(1, now); }

  bool exact() const { return slice_ == Duration(1); }
  std::size_t entries() const { return entries_.size() - begin_; }
  // Takes wider slices: for whoever bounds the memory of many windows.
  void coarsen();

 private:
  struct Entry {
    CaptureTime time;
    std::uint32_t responses;
    std::uint32_t throttled;
  };
  struct Period {
    std::size_t begin = 0;  // its first entry
    WindowRate rate;
  };

  void add(const Entry& entry);
  WindowRate at(std::size_t which, CaptureTime now) const;
  void drop_old(Period& period, Duration length, CaptureTime now);
  void compact();
  void begin_anew();
  bool same_slice(CaptureTime a, CaptureTime b) const {
    return a == b || (!exact() && a.time_since_epoch() / slice_ == b.time_since_epoch() / slice_);
  }

  std::size_t most_entries_;
  std::vector<Entry> entries_;  // ascending; those before begin_ are over
  std::size_t begin_ = 0;       // the begin of the longer period
  std::array<Period, 2> periods_;
  Duration slice_{1};
};

}  // namespace mpsdscope
