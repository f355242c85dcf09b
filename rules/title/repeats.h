// The same call again, and batches that one could have served.
#pragma once

#include <cstdint>

#include "rules/digest.h"
#include "rules/rule_settings.h"
#include "rules/title/findings.h"
#include "rules/title/observed.h"

namespace mpsdscope {

// The last call of a user of a title with this method, target and body. One line of the cache in
// its table: every call is remembered.
struct LastCall {
  std::uint64_t check = 0;  // of the digest of all that is compared
  std::uint64_t conn = 0;
  CaptureTime ts{};  // of its ExchangeRef
  CaptureTime begin = CaptureTime::min();
  std::uint32_t stream = 0;
  std::uint16_t status = 0;  // 0: no response

  ExchangeRef ref() const { return {conn, stream, ts}; }

  void clear() { *this = {}; }
  bool pinned(CaptureTime /*now*/) const { return false; }
};

// Can the call be compared to others? Its request was read whole.
bool comparable(const Observed& seen);
// Does it ask about a list of users?
bool is_batch(const Observed& seen);
// What is the same of a call that is repeated, and of a batch that asks the same of other users.
Digest digest_of_call(const Call& call, const Who& who);
Digest digest_of_batch(const Observed& seen);

// Of two calls the one that began later is no repetition but a retry if it began when the other one
// had got no answer, 401, 408, 412, 429 or 5xx.
bool is_retry(const Observed& seen, const LastCall& last);

// The same method, target and body, begun within the threshold of each other.
void repeated_call(const Observed& seen, const LastCall& last, const TitleThresholds& thresholds,
                   Findings& findings);
// Another batch that differs in its users alone, or, `identical`, not even in these.
void batch_frequency(const Observed& seen, const LastCall& last, bool identical,
                     const TitleThresholds& thresholds, Findings& findings);
void remember(const Observed& seen, LastCall& last);

}  // namespace mpsdscope
