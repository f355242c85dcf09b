#include "tools/judge.h"

#include <string>

#include "decode/ascii.h"
#include "tools/prefetch_call.h"

namespace mpsdscope {
namespace {

// Another thread's processor may have made the calls. So many before one is announced to the engine
// it is asked for, and then what it points to.
constexpr std::size_t kFarAhead = Engine::kAhead + 6, kNearer = Engine::kAhead + 3;

}  // namespace

void Judge::take(std::span<Call* const> calls) {
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (i + kFarAhead < calls.size()) prefetch_object(calls[i + kFarAhead]);
    if (i + kNearer < calls.size()) prefetch_object(calls[i + kNearer]->exchange.get());
    if (i + Engine::kAhead < calls.size()) {
      const Call& announced = *calls[i + Engine::kAhead];
      prefetch_texts(*announced.exchange);
      prefetch_texts(announced);
      engine_.expect(announced);
    }
    take_one(*calls[i]);
  }
  write_judged();
}

void Judge::take_one(Call& call) {
  // Rates are wanted also when other traffic alone moves the clock.
  clock_.take(*call.exchange);
  tell_rates(clock_.now());
  if (call.exchange->kind != Exchange::Kind::http) {
    const std::vector<Notification>& notifications = engine_.hear(call);
    if (!notifications.empty()) write_judged();
    for (const Notification& told : notifications) output_.notification(told);
    return;
  }
  const bool counts = call.mpsd || call.bucket;
  if (counts) judge(call);
  if (call.listed || !call.violations.empty()) judged_.push_back(&call);
  if (!counts || engine_.conducts().empty()) return;
  write_judged();
  for (const Conduct& conduct : engine_.conducts()) output_.conduct(conduct);
}

void Judge::write_judged() {
  for (const Call* call : judged_) output_.call(*call);
  judged_.clear();
}

bool Judge::output_ok() const {
  std::string why;
  return output_.ok(why);
}

void Judge::tell_sessions(CaptureTime now, std::string_view only, RunSummary& summary) {
  Stories* const stories = engine_.stories();
  if (stories == nullptr) return;
  SessionCounts& counts = summary.sessions.emplace();
  for (const Story* story : stories->tell(now)) {
    ++counts.followed;
    const bool wanted = only.empty() || equals_ignoring_case(only, story->name.session) ||
                        lower_case(only) == session_key(story->name);
    if (!wanted) continue;
    ++counts.told;
    output_.session(*story);
  }
  counts.forgotten = stories->sessions_forgotten();
  counts.events_forgotten = stories->events_forgotten();
  counts.unresolved = stories->unresolved();
}

void Judge::finish(RunSummary& summary) {
  engine_.finish();
  for (const Conduct& conduct : engine_.conducts()) output_.conduct(conduct);
  summary.calls = calls_;
  summary.by_row = by_row_;
  summary.by_rule = by_rule_;
  summary.by_severity = by_severity_;
  summary.conducts = engine_.conduct_counts();
  summary.notifications = engine_.rta().counts();
  summary.forgotten = engine_.forgotten();
  summary.overflowed = engine_.overflowed();
  if (summary.last_packet) summary.rates = engine_.rates_at(*summary.last_packet);
}

void Judge::judge(Call& call) {
  engine_.judge(call);
  if (call.mpsd) ++calls_;
  if (call.row) ++by_row_[static_cast<std::size_t>(*call.row)];
  for (const Violation& violation : call.violations) {
    ++by_rule_[static_cast<std::size_t>(violation.rule)];
    ++by_severity_[static_cast<std::size_t>(violation.severity)];
  }
}

void Judge::tell_rates(CaptureTime now) {
  // Also when the clock was set back.
  if (!rates_due_ || now + rates_interval_ < *rates_due_) rates_due_ = now + rates_interval_;
  if (now < *rates_due_) return;
  // After a pause the intervals without a call are skipped, all but the last.
  const auto missed = (now - *rates_due_) / rates_interval_;
  const CaptureTime at = *rates_due_ + missed * rates_interval_;
  write_judged();
  output_.rates(at, engine_.rates_at(at));
  rates_due_ = at + rates_interval_;
}

}  // namespace mpsdscope
