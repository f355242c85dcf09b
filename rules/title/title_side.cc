#include "rules/title/title_side.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "rules/title/call_rules.h"
#include "rules/title/rate_rules.h"

namespace mpsdscope {

TitleSide::TitleSide(const RuleSettings& settings)
    : settings_(settings),
      users_(settings.history.users),
      throttlings_(settings.history.throttled, settings.history.horizon) {}

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
  contract_version(call, settings_.title, findings);
  if (use != nullptr) rate_rules(*use, settings_.limits, findings);
  count_conducts();
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
  count_conducts();
}

void TitleSide::count_conducts() {
  for (const Conduct& conduct : conducts_) {
    if (conduct.corrects) --conduct_counts_[static_cast<std::size_t>(*conduct.corrects)];
    ++conduct_counts_[static_cast<std::size_t>(conduct.end)];
  }
}

}  // namespace mpsdscope
