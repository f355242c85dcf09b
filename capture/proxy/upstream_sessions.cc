#include "capture/proxy/upstream_sessions.h"

#include <utility>

namespace mpsdscope {
namespace {

constexpr std::size_t kMostOfOne = 64;  // about as many as handshakes go on with it at once

}  // namespace

std::optional<KeptSession> UpstreamSessions::take(const std::string& key, CaptureTime now) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  const auto server = found->second;
  servers_.splice(servers_.begin(), servers_, server);
  std::optional<KeptSession> taken;
  while (!taken && !server->sessions.empty()) {
    if (server->sessions.back().until > now) taken = std::move(server->sessions.back());
    server->sessions.pop_back();
    --size_;
  }
  if (server->sessions.empty()) {
    by_key_.erase(found);
    servers_.erase(server);
  }
  return taken;
}

void UpstreamSessions::put(const std::string& key, KeptSession kept) {
  if (most_ == 0) return;
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    servers_.push_front({key, {}});
    by_key_.emplace(servers_.front().key, servers_.begin());
  } else {
    servers_.splice(servers_.begin(), servers_, found->second);
  }
  auto& sessions = servers_.front().sessions;
  if (sessions.size() == kMostOfOne) {
    sessions.erase(sessions.begin());
    --size_;
  }
  sessions.push_back(std::move(kept));
  ++size_;
  while (size_ > most_) drop_oldest();
}

void UpstreamSessions::drop_oldest() {
  auto& sessions = servers_.back().sessions;
  sessions.erase(sessions.begin());
  --size_;
  if (sessions.empty()) {
    by_key_.erase(servers_.back().key);
    servers_.pop_back();
  }
}

std::size_t UpstreamSessions::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

}  // namespace mpsdscope
