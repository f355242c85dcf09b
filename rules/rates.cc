#include "rules/rates.h"

#include <algorithm>
#include <utility>

#include "rules/call.h"
#include "rules/digest.h"
#include "rules/user_name.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kOtherUsers = "(other)";
// Windows of this many entries stay when the memory of all of them is used up.
constexpr std::size_t kSmallWindow = 64;

LimitShare& share_of(std::vector<LimitShare>& shares, LimitBucket bucket) {
  const auto at = std::lower_bound(
      shares.begin(), shares.end(), bucket,
      [](const LimitShare& share, LimitBucket wanted) { return share.bucket < wanted; });
  if (at != shares.end() && at->bucket == bucket) return *at;
  LimitShare share;
  share.bucket = bucket;
  return *shares.insert(at, std::move(share));
}

// Is `a` more of its limit than `b`?
bool is_more(std::uint32_t a, std::uint32_t limit_of_a, std::uint32_t b, std::uint32_t limit_of_b) {
  return std::uint64_t{a} * std::max(limit_of_b, 1U) > std::uint64_t{b} * std::max(limit_of_a, 1U);
}

// Takes over the peak that is the greater part of its limit.
void keep_peak(LimitShare::Window& window, const LimitShare::Window& other) {
  if (window.period == Duration{} || is_more(other.peak, other.limit, window.peak, window.limit)) {
    const std::uint32_t now = window.now;
    window = other;
    window.now = now;
  }
}

// What is added up of two users becomes that of one, or of their title.
void join_share(LimitShare& share, const LimitShare& other) {
  share.calls += other.calls;
  share.throttled += other.throttled;
  share.told += other.told;
  if (other.told > 0 && other.last_told.at >= share.last_told.at) {
    share.last_told = other.last_told;
  }
  for (std::size_t i = 0; i < share.windows.size(); ++i) {
    keep_peak(share.windows[i], other.windows[i]);
  }
}

void join_shares(RateSummary& summary, const RateSummary& other) {
  for (const LimitShare& share : other.limits) {
    join_share(share_of(summary.limits, share.bucket), share);
  }
}

// What the body of the 429 says, if anything.
void note_told(LimitShare& share, const Call& call) {
  const DocumentFacts& body = *call.response_document;
  if (!body.current_requests && !body.max_requests && !body.period_in_seconds) return;
  ++share.told;
  share.last_told = {body.current_requests, body.max_requests, body.period_in_seconds, call.counted,
                     call.exchange->completed()};
}

}  // namespace

Rates::Rates(const RateLimits& limits) : limits_(limits) {}

Rates::Title& Rates::title_of(const Call& call) {
  TitleKey key = call.title_id ? TitleKey{*call.title_id} : kUnknown;
  auto found = titles_.find(key);
  if (found != titles_.end()) return found->second;
  if (key != kUnknown && titles_.size() >= limits_.max_titles) {
    ++overflowed_;
    key = kOther;
  }
  return titles_.try_emplace(key, limits_.max_title_entries).first->second;
}

Rates::Counts& Rates::user_of(const Call& call, Title& title) {
  if (const auto xuid = call.user_id.number()) {
    Recent& recent = recent_[mix(*xuid, 0) % recent_.size()];
    if (recent.title == &title && recent.xuid == *xuid) return *recent.counts;
    Counts& counts = look_up_user(call.user_id, title);
    if (&counts != title.other_users) recent = {*xuid, &title, &counts};
    return counts;
  }
  if (!call.user_id.empty()) return look_up_user(call.user_id, title);
  name_user(call, key_);
  return look_up_user(key_, title);
}

Rates::Counts& Rates::look_up_user(std::string_view name, Title& title) {
  const auto found = title.users.find(name);
  if (found != title.users.end()) return found->second;
  if (title.users.size() >= limits_.max_users_per_title || users_ >= limits_.max_users) {
    ++overflowed_;
    if (title.other_users != nullptr) return *title.other_users;
    ++users_;
    const auto others = title.users.try_emplace(std::string(kOtherUsers), limits_.max_user_entries);
    return *(title.other_users = &others.first->second);
  }
  ++users_;
  return title.users.try_emplace(std::string(name), limits_.max_user_entries).first->second;
}

void Rates::add(Counts& counts, const Call& call) {
  RateSummary& summary = counts.summary;
  if (call.exchange->request.present) ++summary.requests;
  for (const Violation& violation : call.violations) {
    ++summary.violations[static_cast<std::size_t>(violation.severity)];
  }
  if (!call.row) return;
  const bool throttled = call.row == Row::r429;
  ++summary.responses;
  ++summary.by_row[static_cast<std::size_t>(*call.row)];
  summary.throttled += throttled ? 1 : 0;
  const std::size_t before = counts.window.entries();
  if (entries_ >= limits_.max_entries && before > kSmallWindow) counts.window.coarsen();
  counts.window.add(clock_.now(), throttled);
  entries_ = entries_ + counts.window.entries() - before;
}

void Rates::add_use(RateSummary& summary, const Call& call, const LimitUse& use) {
  LimitShare& share = share_of(summary.limits, use.bucket);
  ++share.calls;
  if (is_throttled(call)) {
    ++share.throttled;
    note_told(share, call);
  }
  for (std::size_t i = 0; i < share.windows.size(); ++i) {
    const MeasuredUse& measured = use.measures[i];
    LimitShare::Window& window = share.windows[i];
    if (window.period != measured.period) {
      window.peak = 0;
      window.at_least = false;
    }
    window.period = measured.period;
    window.limit = measured.limit;
    window.said = measured.said;
    window.at_least = window.at_least || (measured.at_least && measured.calls >= window.peak);
    if (measured.calls <= window.peak) continue;
    window.peak = measured.calls;
    window.at_least = measured.at_least;
    window.peak_at = measured.end;
  }
}

void Rates::count(const Call& call, const LimitUse* use) {
  if (!call.mpsd && use == nullptr) return;
  clock_.take(*call.exchange);
  Title& title = title_of(call);
  Counts& user = user_of(call, title);
  if (use != nullptr) add_use(user.summary, call, *use);
  if (!call.mpsd) return;
  add(title.total, call);
  add(user, call);
}

void Rates::count(const Conduct& conduct) {
  auto title = titles_.find(conduct.title_id ? TitleKey{*conduct.title_id} : kUnknown);
  if (title == titles_.end()) title = titles_.find(kOther);
  if (title == titles_.end()) return;
  TextMap<Counts>& users = title->second.users;
  auto user = users.find(conduct.user);
  if (user == users.end()) user = users.find(kOtherUsers);
  count_in(title->second.total.summary.conducts, conduct);
  if (user != users.end()) count_in(user->second.summary.conducts, conduct);
}

void Rates::join(Counts& counts, const Counts& other) {
  RateSummary& summary = counts.summary;
  summary.requests += other.summary.requests;
  summary.responses += other.summary.responses;
  summary.throttled += other.summary.throttled;
  for (std::size_t i = 0; i < summary.by_row.size(); ++i) {
    summary.by_row[i] += other.summary.by_row[i];
  }
  for (std::size_t i = 0; i < summary.violations.size(); ++i) {
    summary.violations[i] += other.summary.violations[i];
  }
  join_shares(summary, other.summary);
  for (std::size_t i = 0; i < summary.conducts.size(); ++i) {
    summary.conducts[i] += other.summary.conducts[i];
  }
  const std::size_t before = counts.window.entries() + other.window.entries();
  counts.window.merge(other.window);
  entries_ = entries_ + counts.window.entries() - before;
}

void Rates::join_user(std::string_view user_hash, std::string_view xuid) {
  const std::string hashed = name_of_hash(user_hash);
  for (auto& [key, title] : titles_) {
    const auto from = title.users.find(hashed);
    if (from == title.users.end()) continue;
    const auto to = title.users.find(xuid);
    if (to == title.users.end()) {
      auto node = title.users.extract(from);
      node.key() = xuid;
      title.users.insert(std::move(node));
    } else {
      join(to->second, from->second);
      title.users.erase(from);
      --users_;
    }
  }
}

RateSummary Rates::summary_at(const Counts& counts, CaptureTime now) {
  RateSummary summary = counts.summary;
  summary.burst = counts.window.burst_at(now);
  summary.sustained = counts.window.sustained_at(now);
  summary.exact = counts.window.exact();
  return summary;
}

std::vector<TitleRates> Rates::snapshot(CaptureTime now) const {
  now = std::max(clock_.now(), SteppingClock::within_range(now));
  std::vector<TitleRates> rates;
  rates.reserve(titles_.size());
  for (const auto& [key, title] : titles_) {
    TitleRates& entry = rates.emplace_back();
    if (key < kUnknown) entry.title_id = static_cast<std::uint32_t>(key);
    entry.other = key == kOther;
    entry.total = summary_at(title.total, now);
    for (const auto& [name, counts] : title.users) {
      join_shares(entry.total, entry.users.emplace(name, summary_at(counts, now)).first->second);
    }
  }
  return rates;
}

}  // namespace mpsdscope
