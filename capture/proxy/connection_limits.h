// What keeps the proxy from serving too many, or itself: shared by all workers, thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "decode/address.h"

namespace mpsdscope {

// Connections in all and per client. An IPv6 client counts with its /64, which it may roam in.
class ConnectionCounter {
 public:
  ConnectionCounter(std::size_t most, std::size_t most_per_client)
      : most_(most), most_per_client_(most_per_client) {}

  // nullopt: counted, call release() when it is closed. Otherwise which limit is reached, a
  // sentence; not counted.
  std::optional<std::string> admit(const IpAddress& client);
  void release(const IpAddress& client);
  std::size_t open() const;

 private:
  const std::size_t most_;
  const std::size_t most_per_client_;
  mutable std::mutex mutex_;
  std::map<IpAddress, std::size_t> clients_;
  std::size_t open_ = 0;
};

// The connections that the proxy made itself: an accepted connection that is one of them is a loop,
// through whatever redirection it came. The local endpoint alone does not tell: the system gives
// the same one to connections with different destinations.
class LoopGuard {
 public:
  // `connect` begins the connection to `remote` and gives its local endpoint, nullopt if it failed.
  // None is asked about meanwhile: it may be accepted here before its maker knows its endpoint.
  template <class Connect>
  std::optional<Endpoint> connect(const Endpoint& remote, Connect&& connect) {
    const std::lock_guard lock(mutex_);
    const std::optional<Endpoint> local = connect();
    if (local) connections_.emplace(*local, remote);
    return local;
  }
  void remove(const Endpoint& local, const Endpoint& remote);
  // `destination`: of the accepted connection, before it was redirected.
  bool is_own(const Endpoint& peer, const Endpoint& destination) const;

 private:
  mutable std::mutex mutex_;
  std::multiset<std::pair<Endpoint, Endpoint>> connections_;
};

}  // namespace mpsdscope
