// The time that responses tell, for whoever counts by it.
#pragma once

#include <algorithm>

#include "decode/exchange.h"
#include "decode/time.h"

namespace mpsdscope {

// Exchanges come in order of completion, a little mixed up: a time shortly before the latest is
// late. One further back means that the clock of the capture was set, or that a date before it was
// wrong: from then on the clock goes on from there, so that no date stops it for good.
//
// Which of the two it was shows only with the next one. What is to be forgotten goes by the last
// two times, so that a single wrong date, be it ever so far off, costs nothing.
class SteppingClock {
 public:
  // How late a response may be. Requests that are older than this when they are answered may be
  // counted too low.
  static constexpr Duration kLateness = std::chrono::seconds(60);

  void take(CaptureTime time) {
    time = within_range(time);
    before_ = now_ == CaptureTime{} ? time : now_;
    if (time > now_ || time < now_ - kLateness) now_ = time;
  }
  // An exchange that got no response may have been given up long after: it sets nothing back.
  void take(const Exchange& exchange) {
    take(exchange.response.present ? exchange.completed() : std::max(exchange.completed(), now_));
  }

  CaptureTime now() const { return now_; }
  // By which memory ages: the earlier of the last two times.
  CaptureTime settled() const { return std::min(before_, now_); }
  // Did the last time set it back, or was it wrong, or the one before? The next one will tell.
  bool was_set_back() const { return now_ < before_ - kLateness; }
  // Is this from before the clock was set back, or a wrong date?
  bool is_ahead(CaptureTime time) const { return time > std::max(before_, now_) + kLateness; }

  // Not before 1970, and short of the end of time: no difference or window overflows.
  static CaptureTime within_range(CaptureTime time) {
    return std::clamp(time, CaptureTime{}, CaptureTime::max() - std::chrono::hours(1));
  }

 private:
  CaptureTime now_{};
  CaptureTime before_{};  // the time before the last one was taken
};

}  // namespace mpsdscope
