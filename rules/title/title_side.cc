#include "rules/title/title_side.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "rules/title/call_rules.h"
#include "rules/title/rate_rules.h"

namespace mpsdscope {

namespace {

// How long an answer may be under way while the calls after it are answered.
constexpr Duration kUnderWay = std::chrono::seconds(15);

bool precedes(const Violation& a, const Violation& b) {
  return a.rule < b.rule;
}

LimitBucket bucket_of_wait(const Call& call) {
  return call.bucket.value_or(kMpsdBucket);
}

}  // namespace

TitleSide::TitleSide(const RuleSettings& settings, const Subscriptions* subscriptions)
    : settings_(settings),
      subscriptions_(subscriptions),
      users_(settings.history.users),
      throttlings_(settings.history.throttled, settings.history.horizon),
      get_rooms_(settings_.title),
      sessions_(settings.history.sessions, settings.history.horizon),
      calls_(settings.history.calls, settings.title.repeated_call + kUnderWay),
      batches_(settings.history.calls / 4, settings.title.batch_window + kUnderWay) {}

Observed TitleSide::observe(const Call& call) {
  const Exchange& exchange = *call.exchange;
  const CaptureTime completed = SteppingClock::within_range(exchange.completed());
  const CaptureTime begin = SteppingClock::within_range(exchange.request.begin);
  clock_.take(exchange);
  Observed seen{call, {}, ref_of(exchange)};
  seen.clock = clock_;
  seen.begin = begin;
  // A request that ends before it begins was under way when the clock was set back.
  seen.begun = exchange.request.present && begin <= completed;
  seen.answered = completed;
  seen.completed = std::max(completed, clock_.now());
  // What was decided a little later than it was complete: the clock was set back meanwhile.
  const Duration late = SteppingClock::within_range(exchange.decided) - completed;
  if (late > std::chrono::seconds(1) && late <= SteppingClock::kLateness) {
    seen.completed = std::max(seen.completed, completed + late);
  }
  seen.who = users_.who(call, seen.now());
  return seen;
}

TitleSide::Keys TitleSide::keys_of(const Call& call, const Who& who) {
  Keys keys;
  keys.throttling = mix(who.hash(), bucket_of_wait(call));
  keys.within_session = call.target.within_session();
  if (keys.within_session) {
    keys.session = call.session;
    who.add_to(keys.session);
  }
  keys.call = digest_of_call(call, who);
  return keys;
}

void TitleSide::prefetch(const Keys& keys) const {
  throttlings_.prefetch(keys.throttling);
  if (keys.within_session) sessions_.prefetch(keys.session.lookup());
  calls_.prefetch(keys.call.lookup());
}

void TitleSide::prefetch_entries(const Keys& keys) const {
  if (const Throttling* throttling = throttlings_.guess(keys.throttling)) {
    __builtin_prefetch(throttling);
    __builtin_prefetch(&throttling->over);
  }
  if (keys.within_session) __builtin_prefetch(sessions_.guess(keys.session.lookup()));
  __builtin_prefetch(calls_.guess(keys.call.lookup()));
}

void TitleSide::prefetch_details(const Keys& keys) const {
  if (!keys.within_session) return;
  const SessionUse* use = sessions_.guess(keys.session.lookup());
  if (use == nullptr) return;
  if (use->refusal) {
    __builtin_prefetch(use->refusal.get());
    __builtin_prefetch(&use->refusal->read_at);
  }
  const Get* const gets = use->gets.entries;
  if (gets == nullptr) return;
  __builtin_prefetch(gets);
  __builtin_prefetch(gets + 2);
}

void TitleSide::judge(Call& call, const LimitUse* use) {
  conducts_.clear();
  // Nobody asked: the title did nothing.
  if (call.exchange->defects.has(Defect::pushed)) return;
  Findings findings(call, settings_);
  if (!call.mpsd) {
    if (use != nullptr) rate_rules(*use, settings_.limits, findings);
    return;
  }
  const Observed seen = observe(call);
  keys_ = keys_of(call, seen.who);
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

// nullptr: nothing is known of it.
SessionUse* TitleSide::find_session(const Digest& digest, CaptureTime now, bool make) {
  const auto same = [&](const SessionUse& known) { return known.check == digest.check(); };
  if (!make) return sessions_.find(digest.lookup(), now, same);
  const auto [use, is_new] = sessions_.obtain(digest.lookup(), now, same);
  if (is_new) use->check = digest.check();
  return use;
}

void TitleSide::judge_session(const Observed& seen, Findings& findings) {
  if (!seen.call.target.within_session() || seen.dry_run()) return;
  const bool gets = seen.reads() && seen.begun;
  const std::string& element = seen.call.target.element;
  SessionUse* use =
      find_session(keys_.session, seen.now(), (gets && element.empty()) || begins_conflict(seen));
  if (use != nullptr && !use->refusal && begins_conflict(seen)) {
    use->refusal = std::make_unique<Refusal>();
  }
  if (use != nullptr && use->refusal) {
    forget_ahead(seen, *use->refusal);
    stale_etag_retry(seen, *use->refusal, findings);
    blind_overwrite(seen, *use->refusal, findings);
    remember(seen, *use->refusal);
  }
  if (!gets) return;
  if (element.empty()) return judge_polling(seen, *use, findings);
  Digest of_element = keys_.session;
  of_element.add_lower(element);
  judge_polling(seen, *find_session(of_element, seen.now(), true), findings);
}

void TitleSide::judge_polling(const Observed& seen, SessionUse& use, Findings& findings) {
  const TitleThresholds& thresholds = settings_.title;
  forget_ahead(seen, use.gets);
  const std::optional<Rhythm> rhythm = rhythm_of(seen, use.gets, thresholds);
  if (rhythm) {
    const auto since = subscriptions_ ? subscriptions_->subscribed_since(seen.call) : std::nullopt;
    polling(seen, use.gets, *rhythm, since, thresholds, findings);
  }
  remember(seen, use.gets, rhythm, thresholds, get_rooms_);
}

void TitleSide::judge_repeats(const Observed& seen, Findings& findings) {
  if (!comparable(seen)) return;
  const auto last_of = [&seen](RecentTable<LastCall>& table, const Digest& digest) {
    const auto found = table.obtain(digest.lookup(), seen.now(), [&](const LastCall& known) {
      return known.check == digest.check();
    });
    if (found.second) found.first->check = digest.check();
    return found;
  };
  const auto [last, is_new] = last_of(calls_, keys_.call);
  std::optional<ExchangeRef> same;
  if (!is_new) {
    same = last->ref();
    repeated_call(seen, *last, settings_.title, findings);
  }
  remember(seen, *last);
  if (!is_batch(seen)) return;
  const auto [batch, is_first] = last_of(batches_, digest_of_batch(seen));
  if (!is_first) {
    batch_frequency(seen, *batch, same == batch->ref(), settings_.title, findings);
  }
  remember(seen, *batch);
}

void TitleSide::judge_waiting(const Observed& seen, Findings& findings) {
  const bool begins = begins_wait(seen) || seen.call.row == Row::r429;
  if (throttlings_.size() == 0 && !begins) return;
  const LimitBucket bucket = bucket_of_wait(seen.call);
  const auto same = [&](const Throttling& known) {
    return known.bucket == bucket && known.who == seen.who;
  };
  Throttling* memory = throttlings_.find(keys_.throttling, seen.now(), same);
  if (memory == nullptr && !begins) return;
  if (memory == nullptr) {
    memory = throttlings_
                 .obtain(keys_.throttling, seen.now(), same,
                         [this](Throttling& given_up) { tell_open(given_up, conducts_); })
                 .first;
    memory->who = seen.who;
    memory->bucket = bucket;
  }
  if (is_past(seen, *memory)) return;
  forget_ahead(seen, *memory, conducts_);
  retry_after_ignored(seen, *memory, findings);
  if (follow(seen, memory->run, settings_.title)) throttle_loop(memory->run, findings);
  end_waits(seen, *memory, conducts_);
  if (begins_wait(seen)) add_wait(seen, *memory, conducts_);
  find_past(*memory);
}

void TitleSide::join_user(const UserText& user_hash, const UserText& xuid) {
  users_.join(user_hash, xuid, clock_.settled());
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
