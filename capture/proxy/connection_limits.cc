#include "capture/proxy/connection_limits.h"

#include <algorithm>

namespace mpsdscope {
namespace {

IpAddress counted_as(const IpAddress& client) {
  if (client.is_v4()) return client;
  std::array<std::uint8_t, 16> network = client.bytes();
  std::fill(network.begin() + 8, network.end(), std::uint8_t{0});
  return IpAddress::from_bytes(network);
}

}  // namespace

std::optional<std::string> ConnectionCounter::admit(const IpAddress& client) {
  const std::lock_guard lock(mutex_);
  if (open_ >= most_) {
    return "all " + std::to_string(most_) +
           " connections are taken: close some, or raise the limit";
  }
  const auto found = clients_.find(counted_as(client));
  if (found != clients_.end() && found->second >= most_per_client_) {
    return client.to_string() + " has all " + std::to_string(most_per_client_) +
           " connections that one client may have: close some, or raise the limit";
  }
  ++clients_[counted_as(client)];
  ++open_;
  return std::nullopt;
}

void ConnectionCounter::release(const IpAddress& client) {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(counted_as(client));
  if (found == clients_.end()) return;
  --open_;
  if (--found->second == 0) clients_.erase(found);
}

std::size_t ConnectionCounter::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

void LoopGuard::remove(const Endpoint& local, const Endpoint& remote) {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find({local, remote});
  if (found != connections_.end()) connections_.erase(found);
}

bool LoopGuard::is_own(const Endpoint& peer, const Endpoint& destination) const {
  const std::lock_guard lock(mutex_);
  return connections_.find({peer, destination}) != connections_.end();
}

}  // namespace mpsdscope
