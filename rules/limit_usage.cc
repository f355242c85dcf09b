#include "rules/limit_usage.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "rules/user_name.h"

namespace mpsdscope {
namespace {

// A call that is late needs what came a period before it.
constexpr Duration kKept = kSustainedPeriod + SteppingClock::kLateness;
// Periods of a 429 up to this stand in for the burst's, longer ones for the sustained one.
constexpr Duration kLongestBurst = std::chrono::seconds(60);
constexpr std::size_t kLeastEntries = 4'096;  // of one series, before its oldest are dropped

// Did the service get it and act on it?
bool is_call(const Exchange& exchange) {
  return !exchange.defects.has(Defect::pushed) && !exchange.defects.has(Defect::request_refused);
}

CaptureTime begin_of(const Exchange& exchange) {
  return SteppingClock::within_range(exchange.request.present ? exchange.request.begin
                                                              : exchange.response.begin);
}

// What the body of a 429 tells, if it can be counted.
std::optional<std::pair<Duration, std::uint32_t>> said_limit(const Call& call) {
  const DocumentFacts& body = call.response_document;
  if (!is_throttled(call) || !body.max_requests || !body.period_in_seconds) return std::nullopt;
  const std::int64_t max = *body.max_requests;
  const std::int64_t seconds = *body.period_in_seconds;
  if (max < 1 || max > kMostCalls || seconds < 1 ||
      seconds > kSustainedPeriod / std::chrono::seconds(1)) {
    return std::nullopt;
  }
  return std::pair(Duration(std::chrono::seconds(seconds)), static_cast<std::uint32_t>(max));
}

Excess excess_of(Measure measure, const MeasuredUse& use) {
  if (use.limit == 0) return Excess::none;
  if (measure == Measure::certification) {
    return use.calls >= use.limit ? Excess::certain : Excess::none;
  }
  if (use.calls > 2 * use.limit) return Excess::certain;
  return use.calls > use.limit ? Excess::at_risk : Excess::none;
}

}  // namespace

LimitUsage::LimitUsage(LimitTable table, const UsageLimits& limits)
    : table_(std::move(table)), limits_(limits) {}

const LimitUse* LimitUsage::count(const Call& call) {
  const Exchange& exchange = *call.exchange;
  const CaptureTime before = clock_.now();
  clock_.take(exchange);
  settled_ = std::min(before, clock_.now());
  forget_old();
  if (!call.bucket || !is_call(exchange)) return nullptr;
  const CaptureTime begin = begin_of(exchange);
  if (begin < settled_ - kKept || clock_.is_ahead(begin)) return nullptr;
  name_user(call, name_);
  if (name_.empty()) return nullptr;
  User& user = user_of(name_);
  user.last = std::max(begin, settled_);
  Series& series = series_of(user, call);
  use_.bucket = *call.bucket;
  use_.within_said_period.reset();
  const auto said = said_limit(call);
  if (said) series.said[said->first <= kLongestBurst ? 0 : 1] = {said->first, said->second};
  const std::size_t at =
      insert(series, {begin, {exchange.conn, exchange.stream, exchange.completed()}});
  for (std::size_t i = 0; i < kMeasures; ++i) {
    measure(series, at, static_cast<Measure>(i));
    find_news(series, at, static_cast<Measure>(i));
  }
  if (said) use_.within_said_period = calls_within(series, said->first, begin);
  return &use_;
}

LimitUsage::User& LimitUsage::user_of(std::string_view name) {
  const auto found = users_.find(name);
  if (found != users_.end()) {
    order_.splice(order_.begin(), order_, found->second);
  } else {
    if (!order_.empty() && users_.size() >= limits_.max_users) {
      forgotten_ += order_.back().series.size();
      forget(std::prev(order_.end()));
    }
    order_.emplace_front();
    const auto at = users_.emplace(name, order_.begin()).first;
    order_.front().name = at->first;
  }
  return order_.front();
}

LimitUsage::Series& LimitUsage::series_of(User& user, const Call& call) {
  const auto found =
      std::find_if(user.series.begin(), user.series.end(), [&](const Series& series) {
        return series.bucket == *call.bucket && series.title_id == call.title_id;
      });
  if (found != user.series.end()) return *found;
  if (user.series.size() >= limits_.max_series_per_user) {
    ++forgotten_;
    entries_ -= user.series.front().entries.size();
    user.series.erase(user.series.begin());
  }
  Series& series = user.series.emplace_back();
  series.title_id = call.title_id;
  series.bucket = *call.bucket;
  return series;
}

void LimitUsage::forget(Users::iterator user) {
  for (const Series& series : user->series) entries_ -= series.entries.size();
  users_.erase(users_.find(user->name));
  order_.erase(user);
}

// Those of whom no call counts any more; then, at the limit of memory, those not seen for longest.
void LimitUsage::forget_old() {
  while (!order_.empty() && order_.back().last < settled_ - kKept) {
    forget(std::prev(order_.end()));
  }
  while (order_.size() > 1 && entries_ > limits_.max_entries) {
    forgotten_ += order_.back().series.size();
    forget(std::prev(order_.end()));
  }
}

void LimitUsage::drop_old(Series& series) {
  std::vector<Entry>& entries = series.entries;
  // From before the clock was set back.
  while (entries.size() > series.begin && clock_.is_ahead(entries.back().time)) {
    entries.pop_back();
    --entries_;
  }
  const CaptureTime oldest = settled_ - kKept;
  while (series.begin < entries.size() && entries[series.begin].time < oldest) ++series.begin;
  const std::size_t most =
      std::max<std::size_t>(kLeastEntries, table_[series.bucket].certification() + 1);
  if (entries.size() - series.begin >= most) ++series.begin;
  if (series.begin == 0 || series.begin * 2 < entries.size()) return;
  entries_ -= series.begin;
  entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(series.begin));
  series.begin = 0;
}

std::size_t LimitUsage::insert(Series& series, const Entry& entry) {
  drop_old(series);
  std::vector<Entry>& entries = series.entries;
  auto at = entries.end();
  // From the end: hardly any call is late.
  while (at - entries.begin() > static_cast<std::ptrdiff_t>(series.begin) &&
         std::prev(at)->time > entry.time) {
    --at;
  }
  at = entries.insert(at, entry);
  ++entries_;
  return static_cast<std::size_t>(at - entries.begin());
}

// The fullest window, half-open (end - period, end], among those that hold the call.
void LimitUsage::measure(Series& series, std::size_t at, Measure measure) {
  MeasuredUse& use = use_.measures[static_cast<std::size_t>(measure)];
  const RateLimit& limit = table_[series.bucket];
  use.said = false;
  switch (measure) {
    case Measure::burst:
      use.period = kBurstPeriod;
      use.limit = limit.burst;
      break;
    case Measure::sustained:
      use.period = kSustainedPeriod;
      use.limit = limit.sustained;
      break;
    case Measure::certification:
      use.period = kSustainedPeriod;
      use.limit = limit.certification();
      break;
  }
  if (measure != Measure::certification) {
    const SaidLimit& said = series.said[static_cast<std::size_t>(measure)];
    if (said.max > 0) {
      use.period = said.period;
      use.limit = said.max;
      use.said = true;
    }
  }
  const std::vector<Entry>& entries = series.entries;
  const CaptureTime time = entries[at].time;
  const auto begin = entries.begin() + static_cast<std::ptrdiff_t>(series.begin);
  auto first = std::upper_bound(begin, entries.end(), time - use.period,
                                [](CaptureTime t, const Entry& entry) { return t < entry.time; });
  use.calls = 0;
  for (auto last = entries.begin() + static_cast<std::ptrdiff_t>(at);
       last != entries.end() && last->time < time + use.period; ++last) {
    while (last->time - first->time >= use.period) ++first;
    const auto calls = static_cast<std::uint32_t>(last - first + 1);
    if (calls <= use.calls) continue;
    use.calls = calls;
    use.end = last->time;
  }
}

void LimitUsage::find_news(Series& series, std::size_t at, Measure measure) {
  MeasuredUse& use = use_.measures[static_cast<std::size_t>(measure)];
  Excursion& excursion = series.excursions[static_cast<std::size_t>(measure)];
  use.news = Excess::none;
  use.earlier.clear();
  const Excess excess = excess_of(measure, use);
  if (excess == Excess::none) return;
  const CaptureTime time = series.entries[at].time;
  if (time - excursion.over_at > use.period || clock_.is_ahead(excursion.over_at)) {
    excursion = {};
  }
  excursion.over_at = std::max(excursion.over_at, use.end);
  if (excess <= excursion.told) return;
  excursion.told = use.news = excess;
  for (std::size_t i = series.begin; i < series.entries.size(); ++i) {
    const Entry& entry = series.entries[i];
    if (i == at || entry.time <= use.end - use.period || entry.time > use.end) continue;
    use.earlier.push_back(entry.ref);
  }
  std::sort(use.earlier.begin(), use.earlier.end(), [](const ExchangeRef& a, const ExchangeRef& b) {
    return std::tie(a.ts, a.conn, a.stream) < std::tie(b.ts, b.conn, b.stream);
  });
}

std::uint32_t LimitUsage::calls_within(const Series& series, Duration period, CaptureTime end) {
  const auto begin = series.entries.begin() + static_cast<std::ptrdiff_t>(series.begin);
  return static_cast<std::uint32_t>(std::count_if(
      begin, series.entries.end(),
      [&](const Entry& entry) { return entry.time > end - period && entry.time <= end; }));
}

const LimitUsage::Series* LimitUsage::find(std::string_view user,
                                           std::optional<std::uint32_t> title_id,
                                           LimitBucket bucket) const {
  const auto found = users_.find(user);
  if (found == users_.end()) return nullptr;
  const std::vector<Series>& all = found->second->series;
  const auto series = std::find_if(all.begin(), all.end(), [&](const Series& s) {
    return s.bucket == bucket && s.title_id == title_id;
  });
  return series == all.end() ? nullptr : &*series;
}

std::uint32_t LimitUsage::calls(std::string_view user, std::optional<std::uint32_t> title_id,
                                LimitBucket bucket, Duration period, CaptureTime now) const {
  const Series* series = find(user, title_id, bucket);
  return series == nullptr ? 0 : calls_within(*series, period, SteppingClock::within_range(now));
}

void LimitUsage::join_user(std::string_view user_hash, std::string_view xuid) {
  const auto from = users_.find(name_of_hash(user_hash));
  if (from == users_.end()) return;
  const Users::iterator hashed = from->second;
  std::vector<Series> series = std::move(hashed->series);
  const CaptureTime last = hashed->last;
  users_.erase(from);
  order_.erase(hashed);
  User& user = user_of(xuid);
  user.last = std::max(user.last, last);
  for (Series& joined : series) {
    const auto same = std::find_if(user.series.begin(), user.series.end(), [&](const Series& s) {
      return s.bucket == joined.bucket && s.title_id == joined.title_id;
    });
    if (same == user.series.end()) {
      if (user.series.size() < limits_.max_series_per_user) {
        user.series.push_back(std::move(joined));
      } else {
        ++forgotten_;
        entries_ -= joined.entries.size();
      }
      continue;
    }
    std::vector<Entry> merged;
    merged.reserve(same->entries.size() + joined.entries.size());
    std::merge(same->entries.begin(), same->entries.end(), joined.entries.begin(),
               joined.entries.end(), std::back_inserter(merged),
               [](const Entry& a, const Entry& b) { return a.time < b.time; });
    same->entries = std::move(merged);
    same->begin = 0;
  }
}

}  // namespace mpsdscope
