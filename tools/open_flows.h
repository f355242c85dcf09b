// The connections that are open in a saved capture, told apart by their endpoints as every reader
// of captures does it.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <utility>

#include "decode/address.h"

namespace mpsdscope {

// A client may use one port to two listeners of the proxy at once; both connections lead to the
// same service. In a capture, which knows nothing of the proxy, the second one gets another client
// port: the next that is free. Thread-safe.
class OpenFlows {
 public:
  struct Flow {
    Endpoint client;
    Endpoint server;
    std::uint64_t number = 0;  // of all that were ever opened: for TcpPackets
  };

  Flow open(Endpoint client, const Endpoint& server);
  void close(const Flow& flow);

 private:
  std::mutex mutex_;
  std::set<std::pair<Endpoint, Endpoint>> open_;
  std::uint64_t opened_ = 0;
};

}  // namespace mpsdscope
