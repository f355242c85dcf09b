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

constexpr std::size_t kMostMethod = 64;  // bytes; a longer one is none of the service's

bool throttled(const Observed& seen) {
  return seen.call.row == Row::r429;
}

bool same_kind(const Observed& seen, const Wait& wait) {
  return seen.call.target.kind == wait.conduct.target && seen.method_is(wait.conduct.method);
}

bool is_early(const Observed& seen, const Wait& wait) {
  return seen.begin > wait.begin && seen.begin < wait.until;
}

// What the client library never tries again by itself, nullptr if it might: it gives up when less
// than 5 s of its 20 s remain.
const char* never_retried(const Wait& wait) {
  constexpr std::int64_t kTooLong = 15;  // s
  const TargetKind target = wait.conduct.target;
  const bool session = target == TargetKind::session || target == TargetKind::session_by_handle;
  if (session && wait.conduct.method == "PUT") return "no PUT of a session";
  return wait.conduct.retry_after_s >= kTooLong ? "nothing after 15 s or more" : nullptr;
}

bool is_comparable(const Observed& seen, const Wait& wait) {
  return same_kind(seen, wait) && seen.call.request.signature != 0 && wait.signature != 0;
}

bool same_signature(const Observed& seen, const Wait& wait) {
  return seen.call.request.signature == wait.signature;
}

std::optional<bool> automatic(const Observed& seen, const Wait& wait) {
  if (!is_comparable(seen, wait)) return std::nullopt;
  return same_signature(seen, wait) && never_retried(wait) == nullptr;
}

std::string signature_text(const Observed& seen, const Wait& wait) {
  if (!is_comparable(seen, wait)) return "";
  if (!same_signature(seen, wait)) return "; the Signature is another: the title called again";
  const char* const never = never_retried(wait);
  if (never == nullptr) {
    return "; the Signature is the same: an automatic retry of the client library";
  }
  return "; the Signature is the same, but the client library itself retries " +
         std::string(never) + ": the title sent it again";
}

CaptureTime after(CaptureTime time, std::int64_t seconds) {
  const std::int64_t left = (CaptureTime::max() - time) / std::chrono::seconds(1);
  return seconds < left ? time + std::chrono::seconds(seconds) : CaptureTime::max();
}

std::string message_of(const Observed& seen, const Wait& wait) {
  const Conduct& told = wait.conduct;
  return kind_text(seen.call.exchange->request.method, seen.call.target.kind) + " begun " +
         seconds_text(seen.begin - wait.answered) + " after a " + std::to_string(told.status) +
         " to " + kind_text(told.method, told.target) + " that asked to wait " +
         std::to_string(told.retry_after_s) + " s: " + seconds_text(wait.until - seen.begin) +
         " too early" + signature_text(seen, wait);
}

// By a tenth: less is chance, not backing off.
bool grows(Duration before, Duration pause) {
  return pause > before && pause - before >= before / 10;
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
  over.reset();
  waits.clear();
  run = {};
}

bool Throttling::pinned(CaptureTime now) const {
  return std::any_of(waits.begin(), waits.end(),
                     [now](const Wait& wait) { return !wait.ended || wait.until > now; });
}

bool is_past(const Observed& seen, const Throttling& memory) {
  return memory.over && seen.begun && seen.begin > *memory.over && !throttled(seen) &&
         !begins_wait(seen) && !seen.is_ahead(*memory.over);
}

void find_past(Throttling& memory) {
  memory.over.reset();
  if (memory.run.answers > 0) return;
  CaptureTime over{};
  for (const Wait& wait : memory.waits) {
    if (!wait.ended) return;
    over = std::max({over, wait.begin, wait.until});
  }
  memory.over = over;
}

void forget_ahead(const Observed& seen, Throttling& memory, std::vector<Conduct>& told) {
  for (Wait& wait : memory.waits) {
    if (seen.is_ahead(wait.begin) && !wait.ended) tell_open(wait, told);
  }
  std::erase_if(memory.waits, [&](const Wait& wait) { return seen.is_ahead(wait.begin); });
  if (seen.is_ahead(memory.run.last)) memory.run = {};
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
  const Duration pause = seen.begin - run.answered;
  if (before == 0 || seen.begin >= run.may_retry) {
    run = {};
  } else if (before >= 2 && grows(run.pause, pause)) {
    // It grows: a row begins anew with the answer before.
    run.answers = 1;
    run.told = 0;
    run.exchanges.erase(run.exchanges.begin(), run.exchanges.end() - 1);
  }
  run.pause_before = run.pause;
  run.pause = run.answers > 0 ? pause : Duration{};
  ++run.answers;
  run.last = seen.completed;
  run.answered = seen.answered;
  run.may_retry =
      seen.call.retry_after_s ? after(seen.answered, *seen.call.retry_after_s) : CaptureTime::max();
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
  return seen.call.retry_after_s && (throttled(seen) || seen.call.row == Row::r503) &&
         seen.call.exchange->request.method.size() <= kMostMethod;
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
    conduct.after = seen.begin - wait.answered;
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
  make_room(memory, seen.now(), told);
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
  wait.answered = seen.answered;
  wait.until = after(seen.answered, *call.retry_after_s);
  wait.signature = call.request.signature;
}

}  // namespace mpsdscope
