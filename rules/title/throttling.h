// What a user of a title does after 429 and 503: does it wait as it was told?
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rules/rule_settings.h"
#include "rules/title/conduct.h"
#include "rules/title/findings.h"
#include "rules/title/observed.h"

namespace mpsdscope {

// A 429 or 503 with Retry-After.
struct Wait {
  CaptureTime begin{};          // what began until then was under way
  CaptureTime answered{};       // when the answer was there by its own date
  CaptureTime until{};          // when calls may begin again
  std::uint64_t signature = 0;  // of the request; 0: none
  bool ended = false;
  Conduct conduct;
};

// 429s in a row, each to a request that began when the one before was there, without waiting as
// long as that one said and without a pause that is a tenth longer than the one before.
struct ThrottleRun {
  std::uint32_t answers = 0;
  std::uint32_t told = 0;              // how many there were when a finding told of them
  CaptureTime last{};                  // what began until then was under way with the last one
  CaptureTime answered{};              // when the last one was there by its own date
  CaptureTime may_retry{};             // when it allowed to call again; max: it did not say
  Duration pause{};                    // before the last one
  Duration pause_before{};             // before that
  std::vector<ExchangeRef> exchanges;  // as many as a finding names
};

// Of one user, title and limit. There is none before the first 429 or 503.
struct Throttling {
  Who who;
  LimitBucket bucket = 0;
  // Set when a call has ended all waits and no 429s are followed: what begins later than this is of
  // no concern to any of them.
  std::optional<CaptureTime> over;
  std::vector<Wait> waits;  // in order of completion, kMostWaits at most
  ThrottleRun run;

  void clear();
  bool pinned(CaptureTime now) const;
};

// At most so many are followed at once: one call begun later ends all of them.
constexpr std::size_t kMostWaits = 64;

// Most calls of those who were throttled some time ago are of no concern to any wait: nothing of it
// can be broken, ended or taken back.
bool is_past(const Observed& seen, const Throttling& memory);
void find_past(Throttling& memory);

// Waits from before the clock was set back, or with a wrong date, are told as open and forgotten:
// nobody knows how long they last.
void forget_ahead(const Observed& seen, Throttling& memory, std::vector<Conduct>& told);

// A request of the same user, title and limit that began within (t, t + N) of an answer that was
// there at t and said N: retry-after-ignored if it is of the same kind (target kind and method),
// else retry-after-ignored-bucket. What began before t was under way and is innocent.
void retry_after_ignored(const Observed& seen, const Throttling& memory, Findings& findings);

// The run as it is with this call; true if it is longer or shorter than before.
bool follow(const Observed& seen, ThrottleRun& run, const TitleThresholds& thresholds);
// Told at the threshold, and again when there are twice as many.
void throttle_loop(const ThrottleRun& run, Findings& findings);

bool begins_wait(const Observed& seen);
// Waits end with the first call that began after them. Appends how; a wait for which there is no
// room is told as open.
void end_waits(const Observed& seen, Throttling& memory, std::vector<Conduct>& told);
// Those that nothing ended; they are waited for no more.
void tell_open(Throttling& memory, std::vector<Conduct>& told);
void add_wait(const Observed& seen, Throttling& memory, std::vector<Conduct>& told);

}  // namespace mpsdscope
