#include "rules/limit_series.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace mpsdscope {
namespace {

// Periods of a 429 up to this stand in for the burst's, longer ones for the sustained one.
constexpr std::uint16_t kLongestBurst = 60;    // s
constexpr std::size_t kLeastEntries = 16'384;  // of one series, before its oldest are dropped
// Captures may show packets a little out of order; more on one connection is a clock set back.
constexpr Duration kStep = std::chrono::seconds(1);

constexpr auto kIsLater = [](CaptureTime time, const auto& entry) { return time < entry.time; };

std::size_t most_entries(const RateLimit& limit) {
  return std::max<std::size_t>(kLeastEntries, limit.certification() + 1);
}

// Were the requests that a connection told of so far asked before this one?
bool asked_before(const ExchangeRef& earlier, const Exchange& exchange) {
  switch (exchange.request.version) {
    case HttpVersion::http_1_0:
    case HttpVersion::http_1_1:
      return true;
    case HttpVersion::http_2:  // streams are opened in the order of their numbers
      return earlier.stream < exchange.stream;
    default:
      return false;
  }
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

CaptureTime begin_of(const Exchange& exchange) {
  return SteppingClock::within_range(exchange.request.present ? exchange.request.begin
                                                              : exchange.response.begin);
}

std::optional<SaidLimit> said_limit(const Call& call) {
  if (!is_throttled(call)) return std::nullopt;
  const DocumentFacts& body = *call.response_document;
  if (!body.max_requests || !body.period_in_seconds) return std::nullopt;
  const std::int64_t max = *body.max_requests;
  const std::int64_t seconds = *body.period_in_seconds;
  if (max < 1 || max > kMostCalls || seconds < 1 ||
      seconds > kSustainedPeriod / std::chrono::seconds(1)) {
    return std::nullopt;
  }
  return SaidLimit{static_cast<std::uint16_t>(seconds), static_cast<std::uint16_t>(max)};
}

void LimitSeries::prefetch() const {
  // Those that may be over, those at which the windows begin, and the end.
  const Entry* const entries = entries_.data();
  __builtin_prefetch(entries + begin_);
  for (const std::uint32_t first : firsts_) __builtin_prefetch(entries + first);
  const std::size_t size = entries_.size();
  __builtin_prefetch(entries + size - std::min<std::size_t>(size, 1));
  __builtin_prefetch(entries + size);
}

void LimitSeries::count(const Call& call, const RateLimit& limit, const SteppingClock& clock,
                        LimitUse& use) {
  const Exchange& exchange = *call.exchange;
  const Entry entry{begin_of(exchange), {exchange.conn, exchange.stream, exchange.completed()}};
  const std::size_t most = most_entries(limit);
  const auto said = said_limit(call);
  if (said) said_[said->period_s <= kLongestBurst ? 0 : 1] = *said;
  restart_if_set_back(exchange, entry.time);
  drop_old(clock, most);
  const std::size_t at = insert(entry);
  for (std::size_t i = 0; i < kMeasures; ++i) {
    const auto what = static_cast<Measure>(i);
    MeasuredUse& measured = use.measures[i];
    take_limit(what, limit, measured);
    if (i > 0 && measured.period == use.measures[i - 1].period) {
      measured.take_calls(use.measures[i - 1]);
    } else {
      measure(at, most, firsts_[std::min(i, firsts_.size() - 1)], measured);
    }
    measured.news = Excess::none;
    measured.earlier.clear();
    const Excess excess = excess_of(what, measured);
    if (excess != Excess::none) find_news(what, excess, at, clock, measured);
  }
  use.within_said_period.reset();
  if (said) {
    use.within_said_period = calls_within(std::chrono::seconds(said->period_s), entry.time);
  }
}

void LimitSeries::drop_old(const SteppingClock& clock, std::size_t most) {
  // From before the clock was set back.
  while (entries_.size() > begin_ && clock.is_ahead(entries_.back().time)) entries_.pop_back();
  const CaptureTime oldest = clock.settled() - kKept;
  while (begin_ < entries_.size() && entries_[begin_].time < oldest) ++begin_;
  if (entries_.size() - begin_ >= most) ++begin_;
  // Those that are over go when they are many, or rather than to grow for them.
  const std::size_t many = entries_.size() / (entries_.size() == entries_.capacity() ? 4 : 2);
  if (begin_ == 0 || begin_ < many) return;
  entries_.erase(entries_.begin(), begin());
  for (std::uint32_t& first : firsts_) first -= std::min(first, begin_);
  begin_ = 0;
}

// A request dated before one that its connection asked first shows a clock set back too little for
// SteppingClock: the calls before it stand on another clock.
void LimitSeries::restart_if_set_back(const Exchange& exchange, CaptureTime time) {
  for (auto at = entries_.cend(); at != begin() && std::prev(at)->time > time + kStep;) {
    const ExchangeRef& earlier = (--at)->ref;
    if (earlier.conn != exchange.conn || !asked_before(earlier, exchange)) continue;
    entries_.clear();
    begin_ = 0;
    told_ = {};
    over_at_ = {};
    return;
  }
}

std::size_t LimitSeries::insert(const Entry& entry) {
  auto at = entries_.cend();
  // From the end: hardly any call is late.
  while (at != begin() && std::prev(at)->time > entry.time) --at;
  const auto inserted = entries_.insert(at, entry);
  return static_cast<std::size_t>(inserted - entries_.begin());
}

void LimitSeries::take_limit(Measure measure, const RateLimit& limit, MeasuredUse& use) const {
  const bool burst = measure == Measure::burst;
  use.period = burst ? kBurstPeriod : kSustainedPeriod;
  use.limit = burst ? limit.burst : limit.sustained;
  use.said = false;
  if (measure == Measure::certification) {
    use.limit = limit.certification();
    return;
  }
  const SaidLimit& said = said_[static_cast<std::size_t>(measure)];
  if (said.max == 0) return;
  use.period = std::chrono::seconds(said.period_s);
  use.limit = said.max;
  use.said = true;
}

// The fullest window, half-open (end - period, end], among those that hold the call.
// `first_of_window`: where the first of them begins; before, of the call before.
void LimitSeries::measure(std::size_t at, std::size_t most, std::uint32_t& first_of_window,
                          MeasuredUse& use) const {
  const CaptureTime time = entries_[at].time;
  auto first = first_after(time - use.period, first_of_window);
  first_of_window = static_cast<std::uint32_t>(first - entries_.begin());
  use.calls = 0;
  for (auto last = entries_.begin() + static_cast<std::ptrdiff_t>(at);
       last != entries_.end() && last->time < time + use.period; ++last) {
    while (last->time - first->time >= use.period) ++first;
    const auto calls = static_cast<std::uint32_t>(last - first + 1);
    if (calls <= use.calls) continue;
    use.calls = calls;
    use.end = last->time;
  }
  use.at_least = entries_.size() - begin_ >= most && begin()->time > use.end - use.period;
}

void LimitSeries::find_news(Measure measure, Excess excess, std::size_t at,
                            const SteppingClock& clock, MeasuredUse& use) {
  Excess& told = told_[static_cast<std::size_t>(measure)];
  CaptureTime& over_at = over_at_[static_cast<std::size_t>(measure)];
  if (entries_[at].time - over_at > use.period || clock.is_ahead(over_at)) {
    over_at = {};
    told = Excess::none;
  }
  over_at = std::max(over_at, use.end);
  if (excess <= told) return;
  told = use.news = excess;
  for (std::size_t i = begin_; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (i == at || entry.time <= use.end - use.period || entry.time > use.end) continue;
    use.earlier.push_back(entry.ref);
  }
  std::sort(use.earlier.begin(), use.earlier.end(), [](const ExchangeRef& a, const ExchangeRef& b) {
    return std::tie(a.ts, a.conn, a.stream) < std::tie(b.ts, b.conn, b.stream);
  });
}

// Looked for in steps that double, from where it was last: it is hardly ever far from there, and
// the entries further away are likely to be in no cache.
//
// J. L. Bentley and A. C. Yao, "An almost optimal algorithm for unbounded searching", 1976.
auto LimitSeries::first_after(CaptureTime time, std::size_t near) const -> Entries::const_iterator {
  auto low = begin();
  auto high = entries_.end();
  const auto from = entries_.begin() + static_cast<std::ptrdiff_t>(
                                           std::clamp<std::size_t>(near, begin_, entries_.size()));
  const bool is_behind = from != high && from->time <= time;
  (is_behind ? low : high) = from;
  for (std::ptrdiff_t step = 1; step < high - low; step *= 2) {
    const auto at = is_behind ? low + step : high - step;
    const bool is_later = at->time > time;
    (is_later ? high : low) = at;
    if (is_later == is_behind) break;
  }
  return std::upper_bound(low, high, time, kIsLater);
}

std::uint32_t LimitSeries::calls_within(Duration period, CaptureTime end) const {
  const auto first = first_after(end - period, begin_);
  return static_cast<std::uint32_t>(std::upper_bound(first, entries_.end(), end, kIsLater) - first);
}

void LimitSeries::join(LimitSeries& other) {
  if (entries_.empty()) {
    *this = std::move(other);
    return;
  }
  Entries merged;
  merged.reserve(entries_.size() + other.entries_.size());
  std::merge(entries_.begin(), entries_.end(), other.entries_.begin(), other.entries_.end(),
             std::back_inserter(merged),
             [](const Entry& a, const Entry& b) { return a.time < b.time; });
  entries_ = std::move(merged);
  begin_ = 0;
}

}  // namespace mpsdscope
