// Sessions with upstream servers, to be resumed. A session is handed out to one connection at a
// time (RFC 8446 appendix C.4) and comes back, or its successors do.
#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "capture/proxy/openssl_ptr.h"
#include "decode/time.h"

namespace mpsdscope {

struct KeptSession {
  SessionPtr session;
  CaptureTime until;  // what was verified then is to be verified again
};

// Thread-safe. `key` says whom a session is with and how that was verified.
class UpstreamSessions {
 public:
  // Keeps at most `most` sessions in all.
  explicit UpstreamSessions(std::size_t most) : most_(most) {}

  std::optional<KeptSession> take(const std::string& key, CaptureTime now);
  void put(const std::string& key, KeptSession kept);
  std::size_t size() const;

 private:
  struct Server {
    std::string key;
    std::vector<KeptSession> sessions;  // the newest last
  };
  void drop_oldest();

  std::size_t most_;
  mutable std::mutex mutex_;
  std::list<Server> servers_;  // the one used last is first
  std::unordered_map<std::string_view, std::list<Server>::iterator> by_key_;
  std::size_t size_ = 0;
};

}  // namespace mpsdscope
