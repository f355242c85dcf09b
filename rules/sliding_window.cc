#include "rules/sliding_window.h"

#include <algorithm>
#include <utility>

namespace mpsdscope {
namespace {

constexpr std::array<Duration, 2> kLengths{kBurstPeriod, kSustainedPeriod};

// Takes the greater peak, of equals the earlier.
void keep_peak(WindowRate& rate, const WindowRate& other) {
  if (other.peak_throttled == 0) return;
  const bool greater = other.peak_throttled > rate.peak_throttled;
  const bool earlier = other.peak_throttled == rate.peak_throttled && other.peak_at < rate.peak_at;
  if (!greater && !earlier) return;
  rate.peak_throttled = other.peak_throttled;
  rate.responses_at_peak = other.responses_at_peak;
  rate.peak_at = other.peak_at;
}

}  // namespace

SlidingWindow::SlidingWindow(std::size_t most_entries)
    : most_entries_(std::max<std::size_t>(8, most_entries)) {}

void SlidingWindow::add(CaptureTime time, bool throttled) {
  add(Entry{time, 1, throttled ? 1U : 0U});
}

void SlidingWindow::add(const Entry& entry) {
  const CaptureTime time = entry.time;
  if (!entries_.empty() && time < entries_.back().time) begin_anew();
  drop_old(periods_[0], kBurstPeriod, time);
  drop_old(periods_[1], kSustainedPeriod, time);
  begin_ = periods_[1].begin;
  // An entry that has left the shorter window must not take more.
  if (periods_[0].begin == entries_.size() || !same_slice(entries_.back().time, time)) {
    if (entries() >= most_entries_) coarsen();
    compact();
    entries_.push_back({time, 0, 0});
  }
  entries_.back().time = time;
  entries_.back().responses += entry.responses;
  entries_.back().throttled += entry.throttled;
  for (Period& period : periods_) {
    WindowRate& rate = period.rate;
    rate.responses += entry.responses;
    rate.throttled += entry.throttled;
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

void SlidingWindow::merge(const SlidingWindow& other) {
  SlidingWindow merged(most_entries_);
  merged.slice_ = std::max(slice_, other.slice_);
  std::size_t mine = begin_;
  std::size_t theirs = other.begin_;
  while (mine < entries_.size() || theirs < other.entries_.size()) {
    const bool take_mine =
        theirs == other.entries_.size() ||
        (mine < entries_.size() && entries_[mine].time <= other.entries_[theirs].time);
    merged.add(take_mine ? entries_[mine++] : other.entries_[theirs++]);
  }
  for (std::size_t which = 0; which < periods_.size(); ++which) {
    WindowRate& rate = merged.periods_[which].rate;
    keep_peak(rate, periods_[which].rate);
    keep_peak(rate, other.periods_[which].rate);
  }
  *this = std::move(merged);
}

void SlidingWindow::drop_old(Period& period, Duration length, CaptureTime now) {
  while (period.begin < entries_.size() && now - entries_[period.begin].time >= length) {
    period.rate.responses -= entries_[period.begin].responses;
    period.rate.throttled -= entries_[period.begin].throttled;
    ++period.begin;
  }
}

WindowRate SlidingWindow::at(std::size_t which, CaptureTime now) const {
  const Period& period = periods_[which];
  WindowRate rate = period.rate;
  if (!entries_.empty() && now < entries_.back().time) {
    rate.responses = rate.throttled = 0;
    return rate;
  }
  for (std::size_t i = period.begin; i < entries_.size(); ++i) {
    if (now - entries_[i].time < kLengths[which]) break;
    rate.responses -= entries_[i].responses;
    rate.throttled -= entries_[i].throttled;
  }
  return rate;
}

void SlidingWindow::coarsen() {
  // Twice the length of a window over the most entries: they fill half of the room at most.
  const Duration first = 2 * kSustainedPeriod / static_cast<Duration::rep>(most_entries_);
  slice_ = std::max(first, 2 * slice_);
  std::vector<Entry> merged;
  std::size_t burst_begin = 0;
  for (std::size_t i = begin_; i < entries_.size(); ++i) {
    // What has left the shorter window must not come back into it by sharing an entry.
    const bool at_burst = i == periods_[0].begin;
    if (at_burst) burst_begin = merged.size();
    if (merged.empty() || at_burst || !same_slice(merged.back().time, entries_[i].time)) {
      merged.push_back(entries_[i]);
      continue;
    }
    merged.back().time = entries_[i].time;
    merged.back().responses += entries_[i].responses;
    merged.back().throttled += entries_[i].throttled;
  }
  periods_[0].begin = periods_[0].begin < entries_.size() ? burst_begin : merged.size();
  periods_[1].begin = 0;
  begin_ = 0;
  entries_ = std::move(merged);
}

// Gives the entries that are over back when they are half of all.
void SlidingWindow::compact() {
  if (begin_ == 0 || begin_ * 2 < entries_.size()) return;
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(begin_));
  for (Period& period : periods_) period.begin -= begin_;
  begin_ = 0;
}

void SlidingWindow::begin_anew() {
  entries_.clear();
  begin_ = 0;
  for (Period& period : periods_) {
    period.begin = 0;
    period.rate.responses = period.rate.throttled = 0;
  }
}

}  // namespace mpsdscope
