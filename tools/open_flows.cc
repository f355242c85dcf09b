#include "tools/open_flows.h"

#include <limits>

namespace mpsdscope {

OpenFlows::Flow OpenFlows::open(Endpoint client, const Endpoint& server) {
  constexpr int kPorts = std::numeric_limits<std::uint16_t>::max();
  const std::lock_guard lock(mutex_);
  for (int tries = 0; tries < kPorts && !open_.emplace(client, server).second; ++tries) {
    if (++client.port == 0) client.port = 1;
  }
  return {client, server, ++opened_};
}

void OpenFlows::close(const Flow& flow) {
  const std::lock_guard lock(mutex_);
  open_.erase({flow.client, flow.server});
}

}  // namespace mpsdscope
