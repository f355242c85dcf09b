#include "rules/sliding_window.h"

#include <algorithm>
#include <limits>

namespace mpsdscope {
namespace {

constexpr std::array<Duration, 2> kLengths{kBurstPeriod, kSustainedPeriod};

}  // namespace

SlidingWindow::SlidingWindow(std::size_t most_entries)
    : most_entries_(std::max<std::size_t>(2, most_entries)) {}

void SlidingWindow::add(CaptureTime time, bool throttled) {
  for (std::size_t which = 0; which < periods_.size(); ++which) drop_old(which, time);
  begin_ = periods_[1].begin;
  const bool same = begin_ < entries_.size() && entries_.back().time == time &&
                    entries_.back().responses < std::numeric_limits<std::uint32_t>::max();
  if (!same) {
    if (entries() >= most_entries_) merge();
    compact();
    entries_.push_back({time, 0, 0});
  }
  entries_.back().responses += 1;
  entries_.back().throttled += throttled ? 1 : 0;
  for (Period& period : periods_) {
    WindowRate& rate = period.rate;
    rate.responses += 1;
    rate.throttled += throttled ? 1 : 0;
    if (rate.throttled > rate.peak_throttled) {
      rate.peak_throttled = rate.throttled;
      rate.peak_at = time;
    }
    // All of one instant belong to the same window, whichever of them came first.
    if (rate.peak_at == time && rate.throttled == rate.peak_throttled) {
      rate.responses_at_peak = rate.responses;
    }
  }
}

void SlidingWindow::drop_old(std::size_t which, CaptureTime now) {
  Period& period = periods_[which];
  while (period.begin < entries_.size() && now - entries_[period.begin].time >= kLengths[which]) {
    period.rate.responses -= entries_[period.begin].responses;
    period.rate.throttled -= entries_[period.begin].throttled;
    ++period.begin;
  }
}

WindowRate SlidingWindow::at(std::size_t which, CaptureTime now) const {
  const Period& period = periods_[which];
  WindowRate rate = period.rate;
  for (std::size_t i = period.begin; i < entries_.size(); ++i) {
    if (now - entries_[i].time < kLengths[which]) break;
    rate.responses -= entries_[i].responses;
    rate.throttled -= entries_[i].throttled;
  }
  return rate;
}

void SlidingWindow::merge() {
  exact_ = false;
  std::vector<Entry> merged;
  merged.reserve(most_entries_ / 2 + 1);
  std::array<std::size_t, 2> begins{periods_[0].begin, periods_[1].begin};
  for (std::size_t i = begin_; i < entries_.size();) {
    // A pair must not straddle the begin of the shorter window: one of them has left it.
    const bool pair = i + 1 < entries_.size() && i + 1 != periods_[0].begin;
    for (std::size_t which = 0; which < periods_.size(); ++which) {
      if (periods_[which].begin == i) begins[which] = merged.size();
    }
    Entry entry = entries_[i];
    if (pair) {
      entry.time = entries_[i + 1].time;
      entry.responses += entries_[i + 1].responses;
      entry.throttled += entries_[i + 1].throttled;
    }
    merged.push_back(entry);
    i += pair ? 2 : 1;
  }
  for (std::size_t which = 0; which < periods_.size(); ++which) {
    periods_[which].begin =
        periods_[which].begin >= entries_.size() ? merged.size() : begins[which];
  }
  entries_ = std::move(merged);
  begin_ = periods_[1].begin;
}

// Gives the entries that are over back when they are half of all.
void SlidingWindow::compact() {
  if (begin_ == 0 || begin_ * 2 < entries_.size()) return;
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(begin_));
  for (Period& period : periods_) period.begin -= begin_;
  begin_ = 0;
}

}  // namespace mpsdscope
