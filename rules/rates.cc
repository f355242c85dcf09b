#include "rules/rates.h"

#include <algorithm>
#include <utility>

#include "rules/call.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kOtherUsers = "(other)";
constexpr std::string_view kHashPrefix = "hash:";
// Windows of this many entries stay when the memory of all of them is used up.
constexpr std::size_t kSmallWindow = 64;

// Not before 1970, and short of the end of time: no difference or window overflows.
CaptureTime within_range(CaptureTime time) {
  return std::clamp(time, CaptureTime{}, CaptureTime::max() - std::chrono::hours(1));
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
  key_.clear();
  if (!call.user_id.empty()) {
    key_ = call.user_id;
  } else if (!call.user_hash.empty()) {
    key_ = kHashPrefix;
    key_ += call.user_hash;
  }
  const auto found = title.users.find(key_);
  if (found != title.users.end()) return found->second;
  if (title.users.size() >= limits_.max_users_per_title || users_ >= limits_.max_users) {
    ++overflowed_;
    key_ = kOtherUsers;
  }
  const auto [at, is_new] = title.users.try_emplace(key_, limits_.max_user_entries);
  if (is_new) ++users_;
  return at->second;
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
  counts.window.add(now_, throttled);
  entries_ = entries_ + counts.window.entries() - before;
}

void Rates::count(const Call& call) {
  if (!call.mpsd) return;
  now_ = std::max(now_, within_range(call.exchange->completed()));
  Title& title = title_of(call);
  add(title.total, call);
  add(user_of(call, title), call);
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
  const std::size_t before = counts.window.entries() + other.window.entries();
  counts.window.merge(other.window);
  entries_ = entries_ + counts.window.entries() - before;
}

void Rates::join_user(std::string_view user_hash, std::string_view xuid) {
  const std::string hashed = std::string(kHashPrefix).append(user_hash);
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
  now = std::max(now_, within_range(now));
  std::vector<TitleRates> rates;
  rates.reserve(titles_.size());
  for (const auto& [key, title] : titles_) {
    TitleRates& entry = rates.emplace_back();
    if (key < kUnknown) entry.title_id = static_cast<std::uint32_t>(key);
    entry.other = key == kOther;
    entry.total = summary_at(title.total, now);
    for (const auto& [name, counts] : title.users) {
      entry.users.emplace(name, summary_at(counts, now));
    }
  }
  return rates;
}

}  // namespace mpsdscope
