#include "rules/known_users.h"

#include <algorithm>

#include "rules/request_facts.h"

namespace mpsdscope {
namespace {

std::uint64_t spread(std::uint64_t hash) {
  return mix(hash, 0);
}

}  // namespace

std::uint32_t KnownUsers::number_of(std::uint64_t hash) const {
  return index_.find(spread(hash),
                     [&](std::uint32_t number) { return users_[number].hash == hash; });
}

std::string_view KnownUsers::find(const UserText& user_hash) const {
  const auto hash = user_hash.number();
  if (!hash) {
    const std::string* xuid = texts_.find(user_hash.text());
    return xuid == nullptr ? std::string_view() : *xuid;
  }
  const std::uint32_t number = number_of(*hash);
  if (number == FlatIndex::kNone) return {};
  const User& user = users_[number];
  return {user.xuid.data(), user.length};
}

std::uint32_t KnownUsers::add(std::uint64_t hash) {
  std::uint32_t number = 0;
  if (users_.size() < most_) {
    number = users_.take();
  } else {
    number = next_;
    next_ = (next_ + 1) % static_cast<std::uint32_t>(most_);
    index_.erase(spread(users_[number].hash), number);
    ++evicted_;
  }
  users_[number].hash = hash;
  users_[number].length = 0;
  index_.insert(spread(hash), number);
  return number;
}

bool KnownUsers::learn(const UserText& user_hash, std::string_view xuid) {
  if (most_ == 0 || xuid.size() > kLongestXuid) return false;
  const auto hash = user_hash.number();
  if (!hash) {
    std::string& known = *texts_.obtain(user_hash.text());
    if (known == xuid) return false;
    known = xuid;
    return true;
  }
  std::uint32_t number = number_of(*hash);
  if (number == FlatIndex::kNone) number = add(*hash);
  User& user = users_[number];
  if (std::string_view(user.xuid.data(), user.length) == xuid) return false;
  std::copy(xuid.begin(), xuid.end(), user.xuid.begin());
  user.length = static_cast<std::uint8_t>(xuid.size());
  return true;
}

void KnownUsers::prefetch(std::uint64_t user_hash) const {
  index_.prefetch(spread(user_hash));
}

void KnownUsers::prefetch_entry(std::uint64_t user_hash) const {
  const std::uint32_t number = index_.guess(spread(user_hash));
  if (number != FlatIndex::kNone) __builtin_prefetch(&users_[number]);
}

}  // namespace mpsdscope
