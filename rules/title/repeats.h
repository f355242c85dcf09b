// The same call again, and batches that one could have served.
#pragma once

#include <cstdint>

#include "rules/rule_settings.h"
#include "rules/title/findings.h"
#include "rules/title/observed.h"

namespace mpsdscope {

// The last call of a user of a title with this method, target and body.
struct LastCall {
  Who who;
  std::uint64_t method = 0;   // a hash, as all that is compared
  std::uint64_t target = 0;   // of RequestFacts
  std::uint64_t content = 0;  // of the body; of a batch of what it asks about all its users
  ExchangeRef ref;
  CaptureTime begin = CaptureTime::min();
  CaptureTime completed{};
  int status = 0;  // 0: no response

  void clear() { *this = {}; }
  bool pinned(CaptureTime /*now*/) const { return false; }
};

// Can the call be compared to others? Its request was read whole.
bool comparable(const Observed& seen);
// Does it ask about a list of users?
bool is_batch(const Observed& seen);
// Of what a batch asks but its users.
std::uint64_t batch_content(const Observed& seen);

// Of two calls the one that began later is no repetition but a retry if it began when the other one
// had got no answer, 401, 408, 412, 429 or 5xx.
bool is_retry(const Observed& seen, const LastCall& last);

// The same method, target and body, begun within the threshold of each other.
void repeated_call(const Observed& seen, const LastCall& last, const TitleThresholds& thresholds,
                   Findings& findings);
// Another batch that differs in its users alone.
void batch_frequency(const Observed& seen, const LastCall& last, const TitleThresholds& thresholds,
                     Findings& findings);
void remember(const Observed& seen, LastCall& last);

}  // namespace mpsdscope
