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

  // By what is remembered of a call is found.
  struct Keys {
    std::uint64_t throttling = 0;
    Digest session;  // the whole of it
    Digest call;
    bool within_session = false;
  };
  // As far as the call tells itself.
  static Keys guess(const Call& call) { return keys_of(call, Users::guess(call)); }
  // Ask for the memory that judging a call will need, one after the other and with other work in
  // between: where the entries are, the entries, and what these point to.
  void prefetch(const Keys& keys) const;
  void prefetch_entries(const Keys& keys) const;
  void prefetch_details(const Keys& keys) const;
  // Runs the rules over the call and what is remembered, then remembers the call. The identity of
  // the call is complete. `use`: of a limit, nullptr if it counts against none. Of calls of other
  // services only that is judged.
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
  static Keys keys_of(const Call& call, const Who& who);
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
  GetRooms get_rooms_;  // of the sessions, which keep theirs
  RecentTable<SessionUse> sessions_;
  RecentTable<LastCall> calls_;
  RecentTable<LastCall> batches_;
  Keys keys_;  // of the call
  std::vector<Conduct> conducts_;
  ConductCounts conduct_counts_{};
};

}  // namespace mpsdscope
