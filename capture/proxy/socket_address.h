// Endpoints as the system's calls want them.
#pragma once

#include <sys/socket.h>

#include "decode/address.h"

namespace mpsdscope {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);

  SocketAddress() = default;
  // IPv4-mapped addresses become AF_INET.
  explicit SocketAddress(const Endpoint& endpoint);
  Endpoint endpoint() const;
  int family() const { return storage.ss_family; }
  sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

}  // namespace mpsdscope
