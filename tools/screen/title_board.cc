#include "tools/screen/title_board.h"

#include <algorithm>

#include "rules/user_name.h"

namespace mpsdscope {
namespace {

constexpr std::uint64_t kUnknown = std::uint64_t{1} << 32;
constexpr std::uint64_t kOther = kUnknown + 1;
constexpr int kThrottled = 429;

std::int64_t slice_of(CaptureTime time) {
  return time.time_since_epoch() / TitleBoard::kSlice;
}

constexpr std::array<Duration, 2> kPeriods{kBurstPeriod, kSustainedPeriod};

void take_busier(BusiestUser& busiest, const std::string& user, std::uint64_t calls) {
  if (calls > busiest.calls || (calls > 0 && calls == busiest.calls && user < busiest.user)) {
    busiest.user = user;
    busiest.calls = calls;
  }
}

// As the screen names one.
std::string user_of(const RecordRates& rates) {
  const auto hash = hash_in_name(rates.user);
  return hash ? "#" + std::string(*hash) : rates.user;
}

// Rates name all users beyond the limits together: none of them.
bool is_one_user(const RecordRates& rates) {
  return !rates.user.empty() && rates.user.front() != '(';
}

}  // namespace

void TitleBoard::tick(CaptureTime now) {
  now_ = std::max(now_, now);
}

void TitleBoard::count(const Record& record) {
  ++totals_.records;
  if (record.time) {
    if (!totals_.newest || *record.time > *totals_.newest) totals_.newest = record.time;
    tick(*record.time);
  }
  for (const Finding& finding : record.findings) {
    ++totals_.findings[static_cast<std::size_t>(finding.severity)];
  }
  if (record.kind == RecordKind::rates) return take_limits(record);
  if (record.kind != RecordKind::exchange || !record.mpsd()) return;
  ++totals_.calls;
  std::uint64_t key = 0;
  Title& title = title_of(record, key);
  ++title.calls;
  if (title.name.empty() && key < kUnknown) title.name = record.title_name;
  for (const Finding& finding : record.findings) {
    ++title.findings[static_cast<std::size_t>(finding.severity)];
  }
  if (record.status == 0) return;
  const bool throttled = record.status == kThrottled;
  if (throttled) ++title.throttled;
  title.window.add(now_, throttled);
  count_slice(title, throttled);
  count_user(record, key);
}

void TitleBoard::take_limits(const Record& rates) {
  if (rates.kind != RecordKind::rates || rates.rates.empty() || !rates.time) return;
  const std::uint64_t key = rates.rates.front().other ? kOther : rates.title_id.value_or(kUnknown);
  const auto found = titles_.find(key);
  if (found == titles_.end()) return;
  Title& title = found->second;
  title.told = {};
  title.told_at = *rates.time;
  for (const RecordRates& of : rates.rates) {
    for (const RecordLimit& limit : of.limits) note_limit(title, of, limit);
  }
}

void TitleBoard::note_limit(Title& title, const RecordRates& rates, const RecordLimit& limit) {
  const std::array<const RecordLimit::Window*, 2> windows{&limit.burst, &limit.sustained};
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const RecordLimit::Window& window = *windows[i];
    if (limit.name == kLimitFacts[kMpsdBucket].name) {
      if (rates.user.empty()) title.limits[i] = window.limit;
      continue;
    }
    const BusiestUser user{user_of(rates), window.calls, window.limit, limit.name,
                           window.at_least && window.calls >= window.peak};
    if (is_one_user(rates) && user.share() > title.told[i].share()) title.told[i] = user;
  }
}

TitleBoard::Title& TitleBoard::title_of(const Record& record, std::uint64_t& key) {
  key = record.title_id ? *record.title_id : kUnknown;
  if (titles_.size() >= kMostTitles && titles_.find(key) == titles_.end()) key = kOther;
  return titles_[key];
}

void TitleBoard::count_slice(Title& title, bool throttled) const {
  const std::int64_t newest = slice_of(now_);
  const auto passed = std::min<std::int64_t>(newest - title.slice, kSlices);
  for (std::int64_t i = 0; i < passed; ++i) {
    title.slices[static_cast<std::size_t>((newest - i) % std::int64_t{kSlices})] = {};
  }
  title.slice = newest;
  Slice& slice = title.slices[static_cast<std::size_t>(newest % std::int64_t{kSlices})];
  ++slice.responses;
  if (throttled) ++slice.throttled;
}

void TitleBoard::count_user(const Record& record, std::uint64_t title) {
  const std::string user =
      record.user_id.empty() && !record.user_hash.empty() ? "#" + record.user_hash : record.user_id;
  if (user.empty()) return;
  const std::string key = std::to_string(title) + ' ' + user;
  auto found = users_.find(key);
  if (found == users_.end()) {
    if (users_.size() >= kMostUsers) forget_idle_users();
    if (users_.size() >= kMostUsers) {
      ++overflowed_;
      return;
    }
    found = users_.try_emplace(key).first;
    found->second.name = user;
    found->second.title = title;
  }
  found->second.window.add(now_, false);
  found->second.last = now_;
}

// Looking for them takes a while: once a second is enough.
void TitleBoard::forget_idle_users() {
  if (now_ - forgot_ < std::chrono::seconds(1)) return;
  forgot_ = now_;
  for (auto user = users_.begin(); user != users_.end();) {
    user = now_ - user->second.last >= kSustainedPeriod ? users_.erase(user) : std::next(user);
  }
}

std::vector<float> TitleBoard::history_of(const Title& title) const {
  std::vector<float> history;
  const std::int64_t newest = slice_of(now_);
  for (auto number = newest - std::int64_t{kSlices} + 1; number <= newest; ++number) {
    float share = -1;
    if (number <= title.slice && title.slice - number < std::int64_t{kSlices}) {
      const Slice& slice = title.slices[static_cast<std::size_t>(number % std::int64_t{kSlices})];
      if (slice.responses > 0) {
        share = static_cast<float>(slice.throttled) / static_cast<float>(slice.responses);
      }
    }
    history.push_back(share);
  }
  return history;
}

std::vector<TitleLine> TitleBoard::lines() const {
  std::vector<TitleLine> lines;
  std::unordered_map<std::uint64_t, std::size_t> places;
  for (const auto& [key, title] : titles_) {
    places[key] = lines.size();
    TitleLine& line = lines.emplace_back();
    if (key < kUnknown) line.title_id = static_cast<std::uint32_t>(key);
    line.other = key == kOther;
    line.name = title.name;
    line.calls = title.calls;
    line.throttled = title.throttled;
    line.burst = title.window.burst_at(now_);
    line.sustained = title.window.sustained_at(now_);
    line.history = history_of(title);
    line.findings = title.findings;
  }
  for (const auto& [key, user] : users_) {
    TitleLine& line = lines[places[user.title]];
    take_busier(line.burst_user, user.name, user.window.burst_at(now_).responses);
    take_busier(line.sustained_user, user.name, user.window.sustained_at(now_).responses);
  }
  for (const auto& [key, title] : titles_) {
    TitleLine& line = lines[places[key]];
    const std::array<BusiestUser*, 2> users{&line.burst_user, &line.sustained_user};
    for (std::size_t i = 0; i < users.size(); ++i) {
      users[i]->limit = title.limits[i];
      const bool holds = now_ - title.told_at < kPeriods[i];
      if (holds && title.told[i].share() > users[i]->share()) *users[i] = title.told[i];
    }
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const TitleLine& a, const TitleLine& b) { return a.calls > b.calls; });
  return lines;
}

}  // namespace mpsdscope
