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
constexpr std::size_t kLeastEntries = 16'384;  // of one series, before its oldest are dropped
// Captures may show packets a little out of order; more on one connection is a clock set back.
constexpr Duration kStep = std::chrono::seconds(1);

// Did the service get it and act on it?
bool is_call(const Exchange& exchange) {
  return !exchange.defects.has(Defect::pushed) && !exchange.defects.has(Defect::request_refused);
}

bool asks_in_order(const Exchange& exchange) {
  const HttpVersion version = exchange.request.version;
  return version == HttpVersion::http_1_0 || version == HttpVersion::http_1_1;
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

// A text that is no number goes by its hash.
UserNumber numbered(UserNumber::Kind kind, std::string_view text) {
  if (const auto number = decimal_in(text)) return {kind, *number};
  return {UserNumber::Kind::other, mix(hash_of(text), static_cast<std::uint64_t>(kind))};
}

// By XUID, else by user hash.
UserNumber user_of_call(const Call& call) {
  if (!call.user_id.empty()) return numbered(UserNumber::Kind::xuid, call.user_id);
  if (!call.user_hash.empty()) return numbered(UserNumber::Kind::hash, call.user_hash);
  return {};
}

// As name_user names it.
UserNumber user_of_name(std::string_view name) {
  const auto hash = hash_in_name(name);
  return hash ? numbered(UserNumber::Kind::hash, *hash) : numbered(UserNumber::Kind::xuid, name);
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

void LimitUsage::expect(const Call& call) {
  expected_ = user_of_call(call).hash();
  index_.prefetch(expected_);
}

void LimitUsage::expect_user() const {
  const std::uint32_t number = index_.guess(expected_);
  if (number == FlatIndex::kNone) return;
  __builtin_prefetch(&users_[number].name);
  __builtin_prefetch(&users_[number].first);
}

void LimitUsage::expect_entries() const {
  const std::uint32_t number = index_.guess(expected_);
  if (number == FlatIndex::kNone) return;
  const Series& series = users_[number].first;
  const std::size_t size = series.entries.size();
  // Those that may be over, and those of the last 15 s.
  for (const std::size_t i : {std::size_t{series.begin}, size - std::min<std::size_t>(size, 2)}) {
    __builtin_prefetch(series.entries.data() + i);
  }
  __builtin_prefetch(series.entries.data() + size);
}

const LimitUse* LimitUsage::count(const Call& call) {
  const Exchange& exchange = *call.exchange;
  const CaptureTime before = clock_.now();
  clock_.take(exchange);
  settled_ = std::min(before, clock_.now());
  forget_old();
  if (!call.bucket || !is_call(exchange)) return nullptr;
  const CaptureTime begin = begin_of(exchange);
  if (begin < settled_ - kKept || clock_.is_ahead(begin)) return nullptr;
  const UserNumber name = user_of_call(call);
  if (name.kind == UserNumber::Kind::unknown) return nullptr;
  const CaptureTime last = std::max(begin, settled_);
  User& user = user_of(name, last);
  user.last = last;
  Series& series = series_of(user, call.title_id.value_or(0), *call.bucket);
  use_.bucket = *call.bucket;
  use_.within_said_period.reset();
  const auto said = said_limit(call);
  if (said) {
    series.said[said->first <= kLongestBurst ? 0 : 1] = {
        static_cast<std::uint16_t>(said->first / std::chrono::seconds(1)),
        static_cast<std::uint16_t>(said->second)};
  }
  const Entry entry{begin, {exchange.conn, exchange.stream, exchange.completed()}};
  if (asks_in_order(exchange)) restart_if_set_back(series, entry);
  const std::size_t at = insert(series, entry);
  for (std::size_t i = 0; i < kMeasures; ++i) {
    measure(series, at, static_cast<Measure>(i));
    find_news(series, at, static_cast<Measure>(i));
  }
  if (said) use_.within_said_period = calls_within(series, said->first, begin);
  return &use_;
}

std::uint32_t LimitUsage::find_user(const UserNumber& name) const {
  return index_.find(name.hash(), [&](std::uint32_t user) { return users_[user].name == name; });
}

// `time`: when it is seen, if it is new.
LimitUsage::User& LimitUsage::user_of(const UserNumber& name, CaptureTime time) {
  if (const std::uint32_t known = find_user(name); known != FlatIndex::kNone) return users_[known];
  if (users_.used() > 0 && users_.used() >= limits_.max_users) forget_for_room();
  const std::uint32_t number = users_.take();
  User& user = users_[number];
  user.name = name;
  user.last = time;
  index_.insert(name.hash(), number);
  enqueue(number, time);
  return user;
}

LimitUsage::Series& LimitUsage::series_of(User& user, std::uint32_t title, LimitBucket bucket) {
  const auto is_it = [&](const Series& series) {
    return series.bucket == bucket && series.title == title;
  };
  if (is_it(user.first) && !user.first.entries.empty()) return user.first;
  const auto found = std::find_if(user.further.begin(), user.further.end(), is_it);
  if (found != user.further.end()) return *found;
  if (!user.first.entries.empty() && user.further.size() + 1 >= limits_.max_series_per_user) {
    ++forgotten_;
    entries_ -= user.first.entries.size();
    user.first = Series();
    if (!user.further.empty()) {
      user.first = std::move(user.further.front());
      user.further.erase(user.further.begin());
    }
  }
  Series& series = user.first.entries.empty() ? user.first : user.further.emplace_back();
  series.title = title;
  series.bucket = bucket;
  return series;
}

void LimitUsage::enqueue(std::uint32_t number, CaptureTime time) {
  User& user = users_[number];
  user.queued = time;
  user.newer = FlatIndex::kNone;
  user.older = newest_;
  (newest_ == FlatIndex::kNone ? oldest_ : users_[newest_].newer) = number;
  newest_ = number;
}

void LimitUsage::dequeue(std::uint32_t number) {
  const User& user = users_[number];
  (user.newer == FlatIndex::kNone ? newest_ : users_[user.newer].older) = user.older;
  (user.older == FlatIndex::kNone ? oldest_ : users_[user.older].newer) = user.newer;
}

void LimitUsage::requeue(std::uint32_t number) {
  dequeue(number);
  enqueue(number, std::max(users_[number].last, settled_));
}

void LimitUsage::forget(std::uint32_t number) {
  User& user = users_[number];
  entries_ -= user.first.entries.size();
  for (const Series& series : user.further) entries_ -= series.entries.size();
  dequeue(number);
  index_.erase(user.name.hash(), number);
  user = User();
  users_.give_back(number);
}

// The one that was not seen for longest, of those that were seen since they were queued about so.
void LimitUsage::forget_for_room() {
  while (users_[oldest_].last > users_[oldest_].queued) requeue(oldest_);
  forgotten_ += 1 + users_[oldest_].further.size();
  forget(oldest_);
}

// Those of whom no call counts any more; then, at the limit of memory, those not seen for longest.
void LimitUsage::forget_old() {
  const CaptureTime over = settled_ - kKept;
  while (oldest_ != FlatIndex::kNone && users_[oldest_].queued < over) {
    users_[oldest_].last < over ? forget(oldest_) : requeue(oldest_);
  }
  while (users_.used() > 1 && entries_ > limits_.max_entries) forget_for_room();
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
  if (entries.size() - series.begin >= most_entries(series)) ++series.begin;
  // Those that are over go when they are many, or rather than to grow for them.
  const std::size_t many = entries.size() / (entries.size() == entries.capacity() ? 4 : 2);
  if (series.begin == 0 || series.begin < many) return;
  entries_ -= series.begin;
  entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(series.begin));
  series.begin = 0;
}

std::size_t LimitUsage::most_entries(const Series& series) const {
  return std::max<std::size_t>(kLeastEntries, table_[series.bucket].certification() + 1);
}

// HTTP/1 asks in order, so that a request dated before one that its connection asked first shows a
// clock set back too little for SteppingClock: the calls before it stand on another clock.
void LimitUsage::restart_if_set_back(Series& series, const Entry& entry) {
  const auto first = series.entries.begin() + static_cast<std::ptrdiff_t>(series.begin);
  for (auto at = series.entries.end(); at != first && std::prev(at)->time > entry.time + kStep;) {
    if ((--at)->ref.conn != entry.ref.conn) continue;
    entries_ -= series.entries.size();
    series.entries.clear();
    series.begin = 0;
    series.told = {};
    series.over_at = {};
    return;
  }
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
      use.period = std::chrono::seconds(said.period_s);
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
  use.at_least =
      entries.size() - series.begin >= most_entries(series) && begin->time > use.end - use.period;
}

void LimitUsage::find_news(Series& series, std::size_t at, Measure measure) {
  MeasuredUse& use = use_.measures[static_cast<std::size_t>(measure)];
  Excess& told = series.told[static_cast<std::size_t>(measure)];
  CaptureTime& over_at = series.over_at[static_cast<std::size_t>(measure)];
  use.news = Excess::none;
  use.earlier.clear();
  const Excess excess = excess_of(measure, use);
  if (excess == Excess::none) return;
  const CaptureTime time = series.entries[at].time;
  if (time - over_at > use.period || clock_.is_ahead(over_at)) {
    over_at = {};
    told = Excess::none;
  }
  over_at = std::max(over_at, use.end);
  if (excess <= told) return;
  told = use.news = excess;
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
  const auto later = [](CaptureTime time, const Entry& entry) { return time < entry.time; };
  const auto begin = series.entries.begin() + static_cast<std::ptrdiff_t>(series.begin);
  const auto first = std::upper_bound(begin, series.entries.end(), end - period, later);
  return static_cast<std::uint32_t>(std::upper_bound(first, series.entries.end(), end, later) -
                                    first);
}

std::uint32_t LimitUsage::calls(std::string_view name, std::optional<std::uint32_t> title_id,
                                LimitBucket bucket, Duration period, CaptureTime now) const {
  const std::uint32_t number = find_user(user_of_name(name));
  if (number == FlatIndex::kNone) return 0;
  const User& user = users_[number];
  const auto is_it = [&](const Series& series) {
    return series.bucket == bucket && series.title == title_id.value_or(0);
  };
  now = SteppingClock::within_range(now);
  if (is_it(user.first)) return calls_within(user.first, period, now);
  const auto found = std::find_if(user.further.begin(), user.further.end(), is_it);
  return found == user.further.end() ? 0 : calls_within(*found, period, now);
}

// Adds the calls of one to those of the other, which may have none.
void LimitUsage::join(Series& series, Series& joined) {
  if (series.entries.empty()) {
    series = std::move(joined);
    return;
  }
  std::vector<Entry> merged;
  merged.reserve(series.entries.size() + joined.entries.size());
  std::merge(series.entries.begin(), series.entries.end(), joined.entries.begin(),
             joined.entries.end(), std::back_inserter(merged),
             [](const Entry& a, const Entry& b) { return a.time < b.time; });
  series.entries = std::move(merged);
  series.begin = 0;
}

void LimitUsage::join_user(std::string_view user_hash, std::string_view xuid) {
  const std::uint32_t from = find_user(numbered(UserNumber::Kind::hash, user_hash));
  if (from == FlatIndex::kNone) return;
  Series first = std::move(users_[from].first);
  std::vector<Series> further = std::move(users_[from].further);
  const CaptureTime last = users_[from].last;
  users_[from].first = Series();
  users_[from].further.clear();
  forget(from);
  User& user = user_of(numbered(UserNumber::Kind::xuid, xuid), last);
  user.last = std::max(user.last, last);
  further.insert(further.begin(), std::move(first));
  for (Series& joined : further) {
    join(series_of(user, joined.title, joined.bucket), joined);
  }
}

}  // namespace mpsdscope
