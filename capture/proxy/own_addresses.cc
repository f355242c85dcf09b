#include "capture/proxy/own_addresses.h"

#include <cstring>
#include <memory>

#include <ifaddrs.h>
#include <netinet/in.h>

namespace mpsdscope {

Result<std::vector<IpAddress>> own_addresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) {
    return Error{"the addresses of this machine's interfaces cannot be listed: " +
                 std::string(std::strerror(errno))};
  }
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
  std::vector<IpAddress> addresses;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    if (entry->ifa_addr->sa_family == AF_INET) {
      sockaddr_in v4{};
      std::memcpy(&v4, entry->ifa_addr, sizeof v4);
      addresses.push_back(IpAddress::from_bytes(
          Bytes(reinterpret_cast<const std::uint8_t*>(&v4.sin_addr), sizeof v4.sin_addr)));
    } else if (entry->ifa_addr->sa_family == AF_INET6) {
      sockaddr_in6 v6{};
      std::memcpy(&v6, entry->ifa_addr, sizeof v6);
      addresses.push_back(IpAddress::from_bytes(
          Bytes(reinterpret_cast<const std::uint8_t*>(&v6.sin6_addr), sizeof v6.sin6_addr)));
    }
  }
  return addresses;
}

}  // namespace mpsdscope
