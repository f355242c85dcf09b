// Fine-grained rate limiting as the service itself does it, for one user with one title.
#pragma once

#include <cstdint>

#include "decode/time.h"
#include "rules/limits.h"

namespace mpsdscope {

// Counts in two fixed periods at once, 15 s and 300 s. Each begins anew when it ends, whatever came
// in it. The first call after a limit is the first one rejected, and rejected calls count too.
// Source: Microsoft, "Fine-Grained Rate Limiting", with its worked example in the test. An observer
// does not know when the periods begin; who knows it, such as a simulated service, counts with
// this.
class FixedPeriodCounter {
 public:
  // Periods begin at `begin` and at every multiple of their length after it. A limit of 0 is none.
  FixedPeriodCounter(std::uint32_t burst, std::uint32_t sustained, CaptureTime begin)
      : burst_{kBurstPeriod, burst, begin}, sustained_{kSustainedPeriod, sustained, begin} {}

  // Counts a call; false: it is rejected. Times must not run backwards or lie before `begin`.
  bool take(CaptureTime time) {
    const bool within_burst = burst_.take(time);
    return sustained_.take(time) && within_burst;
  }

 private:
  struct Period {
    Duration length;
    std::uint32_t limit;
    CaptureTime begin;
    std::uint64_t calls = 0;

    bool take(CaptureTime time) {
      const auto over = (time - begin) / length;
      if (over > 0) {
        begin += over * length;
        calls = 0;
      }
      return ++calls <= limit || limit == 0;
    }
  };

  Period burst_;
  Period sustained_;
};

}  // namespace mpsdscope
