#include "rules/limit_usage.h"

#include <algorithm>
#include <utility>

#include "rules/user_name.h"

namespace mpsdscope {
namespace {

// Did the service get it and act on it?
bool is_call(const Exchange& exchange) {
  return !exchange.defects.has(Defect::pushed) && !exchange.defects.has(Defect::request_refused);
}

// A text that is no number goes by its hash.
UserNumber numbered(UserNumber::Kind kind, const UserText& text) {
  if (const auto number = text.number()) return {kind, *number};
  return {UserNumber::Kind::other, mix(hash_of(text.text()), static_cast<std::uint64_t>(kind))};
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
  return hash ? numbered(UserNumber::Kind::hash, UserText(*hash))
              : numbered(UserNumber::Kind::xuid, UserText(name));
}

}  // namespace

LimitUsage::LimitUsage(LimitTable table, const UsageLimits& limits)
    : table_(std::move(table)), limits_(limits) {}

std::uint64_t LimitUsage::key_of(const Call& call) {
  return user_of_call(call).hash();
}

void LimitUsage::prefetch_user(std::uint64_t key) const {
  const std::uint32_t number = index_.guess(key);
  if (number == FlatIndex::kNone) return;
  __builtin_prefetch(&users_[number].name);
  __builtin_prefetch(&users_[number].others);
}

void LimitUsage::prefetch_entries(std::uint64_t key) const {
  const std::uint32_t number = index_.guess(key);
  if (number != FlatIndex::kNone) users_[number].first.prefetch();
}

const LimitUse* LimitUsage::count(const Call& call) {
  const Exchange& exchange = *call.exchange;
  clock_.take(exchange);
  forget_old();
  if (!call.bucket || !is_call(exchange)) return nullptr;
  const CaptureTime begin = begin_of(exchange);
  if (begin < clock_.settled() - LimitSeries::kKept || clock_.is_ahead(begin)) return nullptr;
  const UserNumber name = user_of_call(call);
  if (name.kind == UserNumber::Kind::unknown) return nullptr;
  const CaptureTime last = std::max(begin, clock_.settled());
  User& user = user_of(name, last);
  user.last = last;
  LimitSeries& series = series_of(user, call.title_id.value_or(0), *call.bucket);
  use_.bucket = *call.bucket;
  const std::size_t before = series.entries();
  series.count(call, table_[use_.bucket], clock_, use_);
  entries_ = entries_ + series.entries() - before;
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

LimitSeries& LimitUsage::series_of(User& user, std::uint32_t title, LimitBucket bucket) {
  const auto is_it = [&](const LimitSeries& series) {
    return series.bucket() == bucket && series.title() == title;
  };
  if (is_it(user.first) && !user.first.empty()) return user.first;
  const std::span<LimitSeries> further = user.further();
  const auto found = std::find_if(further.begin(), further.end(), is_it);
  if (found != further.end()) return *found;
  if (!user.first.empty() && further.size() + 1 >= limits_.max_series_per_user) {
    ++forgotten_;
    entries_ -= user.first.entries();
    user.first = LimitSeries();
    if (!further.empty()) {
      user.first = std::move(further.front());
      user.others->erase(user.others->begin());
    }
  }
  LimitSeries series(title, bucket);
  if (user.first.empty()) return user.first = std::move(series);
  if (!user.others) user.others = std::make_unique<std::vector<LimitSeries>>();
  return user.others->emplace_back(std::move(series));
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
  enqueue(number, std::max(users_[number].last, clock_.settled()));
}

void LimitUsage::forget(std::uint32_t number) {
  User& user = users_[number];
  entries_ -= user.first.entries();
  for (const LimitSeries& series : user.further()) entries_ -= series.entries();
  dequeue(number);
  index_.erase(user.name.hash(), number);
  user = User();
  users_.give_back(number);
}

// The one that was not seen for longest, of those that were seen since they were queued about so.
void LimitUsage::forget_for_room() {
  while (users_[oldest_].last > users_[oldest_].queued) requeue(oldest_);
  forgotten_ += 1 + users_[oldest_].further().size();
  forget(oldest_);
}

// Those of whom no call counts any more; then, at the limit of memory, those not seen for longest.
void LimitUsage::forget_old() {
  const CaptureTime over = clock_.settled() - LimitSeries::kKept;
  while (oldest_ != FlatIndex::kNone && users_[oldest_].queued < over) {
    users_[oldest_].last < over ? forget(oldest_) : requeue(oldest_);
  }
  while (users_.used() > 1 && entries_ > limits_.max_entries) forget_for_room();
}

std::uint32_t LimitUsage::calls(std::string_view name, std::optional<std::uint32_t> title_id,
                                LimitBucket bucket, Duration period, CaptureTime now) const {
  const std::uint32_t number = find_user(user_of_name(name));
  if (number == FlatIndex::kNone) return 0;
  const User& user = users_[number];
  const auto is_it = [&](const LimitSeries& series) {
    return series.bucket() == bucket && series.title() == title_id.value_or(0);
  };
  now = SteppingClock::within_range(now);
  if (is_it(user.first)) return user.first.calls_within(period, now);
  const std::span<LimitSeries> further = user.further();
  const auto found = std::find_if(further.begin(), further.end(), is_it);
  return found == further.end() ? 0 : found->calls_within(period, now);
}

void LimitUsage::join_user(const UserText& user_hash, const UserText& xuid) {
  const std::uint32_t from = find_user(numbered(UserNumber::Kind::hash, user_hash));
  if (from == FlatIndex::kNone) return;
  LimitSeries first = std::move(users_[from].first);
  const auto others = std::move(users_[from].others);
  const CaptureTime last = users_[from].last;
  users_[from].first = LimitSeries();
  forget(from);
  User& user = user_of(numbered(UserNumber::Kind::xuid, xuid), last);
  user.last = std::max(user.last, last);
  const auto join = [&](LimitSeries& series) {
    series_of(user, series.title(), series.bucket()).join(series);
  };
  join(first);
  if (others) std::for_each(others->begin(), others->end(), join);
}

}  // namespace mpsdscope
