#include "rules/title/throttling.h"

#include <algorithm>
#include <string>
#include <utility>

#include "rules/title/wording.h"
#include "rules/user_name.h"

namespace mpsdscope {
namespace {

// How long a wait that has ended is kept: a request that began in it may still be under way.
constexpr Duration kUnderWay = std::chrono::minutes(5);

bool throttled(const Observed& seen) {
  return seen.call.row == Row::r429;
}

bool same_kind(const Observed& seen, const Wait& wait) {
  return seen.call.target.kind == wait.conduct.target && seen.method_is(wait.conduct.method);
}

bool is_early(const Observed& seen, const Wait& wait) {
  return seen.begin > wait.begin && seen.begin < wait.until;
}

std::optional<bool> automatic(const Observed& seen, const Wait& wait) {
  const std::uint64_t signature = seen.call.request.signature;
  if (!same_kind(seen, wait) || signature == 0 || wait.signature == 0) return std::nullopt;
  return signature == wait.signature;
}

CaptureTime after(CaptureTime time, std::int64_t seconds) {
  const std::int64_t left = (CaptureTime::max() - time) / std::chrono::seconds(1);
  return seconds < left ? time + std::chrono::seconds(seconds) : CaptureTime::max();
}

std::string message_of(const Observed& seen, const Wait& wait) {
  const Conduct& told = wait.conduct;
  std::string text = kind_text(seen.call.exchange->request.method, seen.call.target.kind) +
                     " begun " + seconds_text(seen.begin - wait.begin) + " after a " +
                     std::to_string(told.status) + " to " + kind_text(told.method, told.target) +
                     " that asked to wait " + std::to_string(told.retry_after_s) +
                     " s: " + seconds_text(wait.until - seen.begin) + " too early";
  if (const auto by_library = automatic(seen, wait)) {
    text += *by_library ? "; the Signature is the same: an automatic retry of the client library"
                        : "; the Signature is another: the title called again";
  }
  return text;
}

void keep(std::vector<ExchangeRef>& exchanges, const ExchangeRef& exchange) {
  if (exchanges.size() >= kMostNamedExchanges) exchanges.erase(exchanges.begin() + 1);
  exchanges.push_back(exchange);
}

void tell_open(Wait& wait, std::vector<Conduct>& told) {
  wait.conduct.end = ConductEnd::open;
  wait.ended = true;
  told.push_back(wait.conduct);
}

// Room for one more.
void make_room(Throttling& memory, CaptureTime now, std::vector<Conduct>& told) {
  std::vector<Wait>& waits = memory.waits;
  waits.erase(std::remove_if(waits.begin(), waits.end(),
                             [now](const Wait& wait) {
                               return wait.ended && wait.until < now &&
                                      now - wait.until > kUnderWay;
                             }),
              waits.end());
  if (waits.size() < kMostWaits) return;
  const auto ended =
      std::find_if(waits.begin(), waits.end(), [](const Wait& w) { return w.ended; });
  if (ended == waits.end()) tell_open(waits.front(), told);
  waits.erase(ended == waits.end() ? waits.begin() : ended);
}

}  // namespace

void Throttling::clear() {
  who = {};
  bucket = 0;
  waits.clear();
  run = {};
}

bool Throttling::pinned(CaptureTime now) const {
  return std::any_of(waits.begin(), waits.end(),
                     [now](const Wait& wait) { return !wait.ended || wait.until > now; });
}

void retry_after_ignored(const Observed& seen, const Throttling& memory, Findings& findings) {
  if (!seen.begun) return;
  // The wait that it breaks: of the same kind first, then the one that lasts longest.
  const Wait* broken = nullptr;
  for (const Wait& wait : memory.waits) {
    if (!is_early(seen, wait)) continue;
    if (broken == nullptr || std::pair(same_kind(seen, wait), wait.until) >
                                 std::pair(same_kind(seen, *broken), broken->until)) {
      broken = &wait;
    }
  }
  if (broken == nullptr) return;
  const Rule rule =
      same_kind(seen, *broken) ? Rule::retry_after_ignored : Rule::retry_after_ignored_bucket;
  if (!findings.wanted(rule)) return;
  const std::string asked = std::to_string(broken->conduct.retry_after_s);
  findings.report(rule, message_of(seen, *broken),
                  rule == Rule::retry_after_ignored
                      ? "begin the next call " + asked + " s after the answer or later"
                      : "hold back every call of this limit until " + asked +
                            " s after the answer, of whatever kind it is",
                  {broken->conduct.answer});
}

bool follow(const Observed& seen, ThrottleRun& run, const TitleThresholds& thresholds) {
  if (!seen.call.row) return false;  // no answer
  const std::uint32_t before = run.answers;
  if (!throttled(seen)) {
    if (before > 0) run = {};
    return before > 0;
  }
  if (!seen.begun || (before > 0 && seen.begin < run.last)) return false;  // was under way
  const Duration pause = seen.begin - run.last;
  if (before == 0 || seen.begin >= run.may_retry) {
    run = {};
  } else if (before >= 2 && pause > run.pause) {
    // It grows: a row begins anew with the answer before.
    run.answers = 1;
    run.told = 0;
    run.exchanges.erase(run.exchanges.begin(), run.exchanges.end() - 1);
  }
  run.pause_before = run.pause;
  run.pause = run.answers > 0 ? pause : Duration{};
  ++run.answers;
  run.last = seen.completed;
  run.may_retry = seen.call.retry_after_s ? after(seen.completed, *seen.call.retry_after_s)
                                          : CaptureTime::max();
  keep(run.exchanges, seen.ref);
  if (run.answers >= thresholds.throttle_loop && (run.told == 0 || run.answers >= 2 * run.told)) {
    run.told = run.answers;
  }
  return run.answers != before;
}

void throttle_loop(const ThrottleRun& run, Findings& findings) {
  if (run.told != run.answers || run.told == 0 || !findings.wanted(Rule::throttle_loop)) return;
  findings.report(
      Rule::throttle_loop,
      std::to_string(run.answers) + " 429s in a row without growing pauses: the last one came " +
          seconds_text(run.pause) + " after the one before, that one after " +
          seconds_text(run.pause_before),
      "wait as long as Retry-After says, or twice as long after each 429 as after the one before",
      {run.exchanges.begin(), run.exchanges.end() - 1});
}

bool begins_wait(const Observed& seen) {
  return seen.call.retry_after_s && (throttled(seen) || seen.call.row == Row::r503);
}

void end_waits(const Observed& seen, Throttling& memory, std::vector<Conduct>& told) {
  if (!seen.begun) return;
  for (Wait& wait : memory.waits) {
    if (seen.begin <= wait.begin) continue;
    const bool early = seen.begin < wait.until;
    Conduct& conduct = wait.conduct;
    if (wait.ended && !(early && conduct.end == ConductEnd::honoured)) continue;
    conduct.corrects = wait.ended ? std::optional(conduct.end) : std::nullopt;
    conduct.end = early ? ConductEnd::ignored : ConductEnd::honoured;
    name_user(seen.call, conduct.user);
    conduct.next = seen.ref;
    conduct.after = seen.begin - wait.begin;
    conduct.same_kind = same_kind(seen, wait);
    conduct.automatic = automatic(seen, wait);
    wait.ended = true;
    told.push_back(conduct);
  }
}

void tell_open(Throttling& memory, std::vector<Conduct>& told) {
  for (Wait& wait : memory.waits) {
    if (!wait.ended) tell_open(wait, told);
  }
}

void add_wait(const Observed& seen, Throttling& memory, std::vector<Conduct>& told) {
  make_room(memory, seen.now, told);
  Wait& wait = memory.waits.emplace_back();
  const Call& call = seen.call;
  Conduct& conduct = wait.conduct;
  conduct.answer = seen.ref;
  conduct.status = seen.status();
  conduct.retry_after_s = *call.retry_after_s;
  conduct.method = call.exchange->request.method;
  conduct.target = call.target.kind;
  conduct.title_id = call.title_id;
  name_user(call, conduct.user);
  wait.begin = seen.completed;
  wait.until = after(seen.completed, *call.retry_after_s);
  wait.signature = call.request.signature;
}

}  // namespace mpsdscope
