// The title's side: did it wait when told to, did it overwrite what it had not read, does it call
// more than it needs to?
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rules/call.h"
#include "rules/digest.h"
#include "rules/limit_usage.h"
#include "rules/rule_settings.h"
#include "rules/stepping_clock.h"
#include "rules/title/conduct.h"
#include "rules/title/findings.h"
#include "rules/title/recent_table.h"
#include "rules/title/repeats.h"
#include "rules/title/session_use.h"
#include "rules/title/subscriptions.h"
#include "rules/title/throttling.h"
#include "rules/title/who.h"

namespace mpsdscope {

// Single-threaded. Calls in order of completion.
class TitleSide {
 public:
  // `subscriptions`: nullptr, nobody knows; else it outlives this.
  explicit TitleSide(const RuleSettings& settings, const Subscriptions* subscriptions = nullptr);

  // Most of the time that a call takes it waits for memory that is not in the cache. So that it
  // waits for all of it at once, a call is announced, then twice more when something else was done
  // meanwhile. Its title is known, and its user hash or, without one, its XUID. Calls of other
  // services are not announced.
  void expect(const Call& call);
  // Again, if whose call it is has been learned from itself.
  void expect_identified();
  void expect_entries() const;
  void expect_details() const;
  // Runs the rules over the call and what is remembered, then remembers the call, which was
  // announced last. The identity of the call is complete. `use`: of a limit, nullptr if it counts
  // against none. Of calls of other services only that is judged.
  void judge(Call& call, const LimitUse* use);
  // The user hash and the XUID name the same user from now on.
  void join_user(const UserText& user_hash, const UserText& xuid);
  // No more calls come.
  void finish();

  // What the last call, or the end, told of waits that were asked for.
  std::vector<Conduct>& conducts() { return conducts_; }
  const std::vector<Conduct>& conducts() const { return conducts_; }
  const ConductCounts& conduct_counts() const { return conduct_counts_; }
  // What was forgotten for want of room: later calls may lack what was known of it.
  std::uint64_t forgotten() const {
    return users_.evicted() + throttlings_.evicted() + sessions_.evicted() + calls_.evicted() +
           batches_.evicted();
  }

 private:
  // By what is remembered of a call is found.
  struct Keys {
    std::uint64_t throttling = 0;
    Digest session;  // the whole of it
    Digest call;
  };

  Observed observe(const Call& call);
  void judge_waiting(const Observed& seen, Findings& findings);
  void judge_session(const Observed& seen, Findings& findings);
  void judge_polling(const Observed& seen, SessionUse& use, Findings& findings);
  void judge_repeats(const Observed& seen, Findings& findings);
  SessionUse* find_session(const Digest& digest, CaptureTime now, bool make);

  RuleSettings settings_;
  const Subscriptions* subscriptions_;
  SteppingClock clock_;
  Users users_;
  RecentTable<Throttling> throttlings_;
  RecentTable<SessionUse> sessions_;
  RecentTable<LastCall> calls_;
  RecentTable<LastCall> batches_;
  std::optional<Observed> expected_;  // the call that was announced
  Keys keys_;
  std::vector<Conduct> conducts_;
  ConductCounts conduct_counts_{};
};

}  // namespace mpsdscope
