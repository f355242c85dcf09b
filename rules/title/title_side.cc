#include "rules/title/title_side.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "decode/ascii.h"
#include "rules/session_name.h"
#include "rules/title/call_rules.h"
#include "rules/title/rate_rules.h"

namespace mpsdscope {

namespace {

// How long an answer may be under way while the calls after it are answered.
constexpr Duration kUnderWay = std::chrono::seconds(15);

bool precedes(const Violation& a, const Violation& b) {
  return a.rule < b.rule;
}

void append_lower(std::string& out, std::string_view text) {
  for (const char c : text) out += to_lower(c);
}

}  // namespace

TitleSide::TitleSide(const RuleSettings& settings, const Subscriptions* subscriptions)
    : settings_(settings),
      subscriptions_(subscriptions),
      users_(settings.history.users),
      throttlings_(settings.history.throttled, settings.history.horizon),
      sessions_(settings.history.sessions, settings.history.horizon),
      calls_(settings.history.calls, settings.title.repeated_call + kUnderWay),
      batches_(settings.history.calls / 4, settings.title.batch_window + kUnderWay) {}

Observed TitleSide::observe(const Call& call) {
  const Exchange& exchange = *call.exchange;
  const CaptureTime completed = SteppingClock::within_range(exchange.completed());
  const CaptureTime begin = SteppingClock::within_range(exchange.request.begin);
  clock_.take(exchange);
  Observed seen{call, {}, ref_of(exchange)};
  seen.now = clock_.now();
  seen.begin = begin;
  // A request that ends before it begins was under way when the clock was set back.
  seen.begun = exchange.request.present && begin <= completed;
  seen.completed = std::max(completed, seen.now);
  // What was decided a little later than it was complete: the clock was set back meanwhile.
  const Duration late = SteppingClock::within_range(exchange.decided) - completed;
  if (late > std::chrono::seconds(1) && late <= SteppingClock::kLateness) {
    seen.completed = std::max(seen.completed, completed + late);
  }
  seen.who = users_.who(call, seen.now);
  return seen;
}

void TitleSide::judge(Call& call, const LimitUse* use) {
  conducts_.clear();
  Findings findings(call, settings_);
  if (!call.mpsd) {
    if (use != nullptr) rate_rules(*use, settings_.limits, findings);
    return;
  }
  const Observed seen = observe(call);
  judge_waiting(seen, findings);
  judge_session(seen, findings);
  contract_version(call, settings_.title, findings);
  small_batch(call, settings_.title, findings);
  judge_repeats(seen, findings);
  if (use != nullptr) rate_rules(*use, settings_.limits, findings);
  for (const Conduct& conduct : conducts_) count_in(conduct_counts_, conduct);
  std::vector<Violation>& found = call.violations;
  if (!std::is_sorted(found.begin(), found.end(), precedes)) {
    std::stable_sort(found.begin(), found.end(), precedes);
  }
}

// `element`: of just what the call addresses, else of the whole session. nullptr: nothing is known
// of it.
SessionUse* TitleSide::find_session(const Observed& seen, bool make, bool element) {
  const Target& target = seen.call.target;
  name_.clear();
  append_session_key(name_, target.scid, target.template_name, target.session);
  if (name_.empty()) append_lower(name_, target.handle);  // of a session that is not known
  if (element && !target.element.empty()) {
    name_ += '/';
    append_lower(name_, target.element);
  }
  const std::uint64_t hash = mix(seen.who.hash(), hash_of(name_));
  const auto same = [&](const SessionUse& known) {
    return known.who == seen.who && known.name == name_;
  };
  if (!make) return sessions_.find(hash, seen.now, same);
  const auto [use, is_new] = sessions_.obtain(hash, seen.now, same);
  if (is_new) {
    use->who = seen.who;
    use->name = name_;
  }
  return use;
}

void TitleSide::judge_session(const Observed& seen, Findings& findings) {
  if (!seen.call.target.within_session() || seen.dry_run()) return;
  const bool gets = seen.reads() && seen.begun;
  const bool whole = seen.call.target.element.empty();
  SessionUse* use = find_session(seen, (gets && whole) || begins_conflict(seen), false);
  if (use != nullptr && !use->refusal && begins_conflict(seen)) {
    use->refusal = std::make_unique<Refusal>();
  }
  if (use != nullptr && use->refusal) {
    stale_etag_retry(seen, *use->refusal, findings);
    blind_overwrite(seen, *use->refusal, findings);
    remember(seen, *use->refusal);
  }
  if (gets) judge_polling(seen, whole ? *use : *find_session(seen, true, true), findings);
}

void TitleSide::judge_polling(const Observed& seen, SessionUse& use, Findings& findings) {
  const TitleThresholds& thresholds = settings_.title;
  const std::optional<Rhythm> rhythm = rhythm_of(seen, use.gets, thresholds);
  if (rhythm) {
    const auto since = subscriptions_ ? subscriptions_->subscribed_since(seen.call) : std::nullopt;
    polling(seen, use.gets, *rhythm, since, thresholds, findings);
  }
  remember(seen, use.gets, rhythm, thresholds);
}

void TitleSide::judge_repeats(const Observed& seen, Findings& findings) {
  if (!comparable(seen)) return;
  const std::uint64_t method = hash_of(seen.call.exchange->request.method);
  const auto last_of = [&](RecentTable<LastCall>& table, std::uint64_t content) {
    const std::uint64_t target = seen.call.request.target;
    const auto found = table.obtain(mix(mix(seen.who.hash(), target), content), seen.now,
                                    [&](const LastCall& known) {
                                      return known.target == target && known.content == content &&
                                             known.who == seen.who && known.method == method;
                                    });
    if (found.second) {
      LastCall& last = *found.first;
      last.who = seen.who;
      last.method = method;
      last.target = target;
      last.content = content;
    }
    return found;
  };
  const auto [last, is_new] = last_of(calls_, seen.call.request.body);
  if (!is_new) repeated_call(seen, *last, settings_.title, findings);
  remember(seen, *last);
  if (!is_batch(seen)) return;
  const auto [batch, is_first] = last_of(batches_, batch_content(seen));
  if (!is_first) batch_frequency(seen, *batch, settings_.title, findings);
  remember(seen, *batch);
}

void TitleSide::judge_waiting(const Observed& seen, Findings& findings) {
  const bool begins = begins_wait(seen) || seen.call.row == Row::r429;
  if (throttlings_.size() == 0 && !begins) return;
  const LimitBucket bucket = seen.call.bucket.value_or(kMpsdBucket);
  const std::uint64_t hash = mix(seen.who.hash(), bucket);
  const auto same = [&](const Throttling& known) {
    return known.bucket == bucket && known.who == seen.who;
  };
  Throttling* memory = throttlings_.find(hash, seen.now, same);
  if (memory == nullptr && !begins) return;
  if (memory == nullptr) {
    memory = throttlings_
                 .obtain(hash, seen.now, same,
                         [this](Throttling& given_up) { tell_open(given_up, conducts_); })
                 .first;
    memory->who = seen.who;
    memory->bucket = bucket;
  }
  retry_after_ignored(seen, *memory, findings);
  ThrottleRun run = next_run(seen, memory->run, settings_.title);
  if (run.answers != memory->run.answers) throttle_loop(run, findings);
  memory->run = std::move(run);
  end_waits(seen, *memory, conducts_);
  if (begins_wait(seen)) add_wait(seen, *memory, conducts_);
}

void TitleSide::join_user(std::string_view user_hash, std::string_view xuid) {
  users_.join(user_hash, xuid, clock_.now());
}

void TitleSide::finish() {
  conducts_.clear();
  throttlings_.each([this](Throttling& memory) { tell_open(memory, conducts_); });
  std::sort(conducts_.begin(), conducts_.end(), [](const Conduct& a, const Conduct& b) {
    return std::tie(a.answer.ts, a.answer.conn, a.answer.stream) <
           std::tie(b.answer.ts, b.answer.conn, b.answer.stream);
  });
  for (const Conduct& conduct : conducts_) count_in(conduct_counts_, conduct);
}

}  // namespace mpsdscope
