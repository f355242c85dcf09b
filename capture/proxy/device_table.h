// What the proxy knows of each client address: for its page, and which hosts it refused to be
// decrypted for. Shared by all workers, thread-safe, bounded.
#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "capture/proxy/device_page.h"
#include "decode/address.h"

namespace mpsdscope {

class DeviceTable {
 public:
  void accepted(const IpAddress& client);
  void decrypted(const IpAddress& client, const std::string& host);
  void tunnelled(const IpAddress& client);
  // The client refused our certificate: its next connections to the host are tunnelled.
  void refused(const IpAddress& client, const std::string& host, std::string why);

  // Whether the client has let us decrypt the host before: then it trusts the CA.
  bool has_decrypted(const IpAddress& client, const std::string& host) const;
  bool is_pinned(const IpAddress& client, const std::string& host) const;
  // The device asks for our page, likely to install the CA: decryption is tried again.
  void forget_pins(const IpAddress& client);

  DeviceState state(const IpAddress& client) const;

 private:
  struct Device {
    std::string key;  // the address
    DeviceState state;
    std::vector<std::string> pinned;
  };
  Device& find(const IpAddress& client);

  mutable std::mutex mutex_;
  std::list<Device> devices_;  // the one seen last is first
  std::unordered_map<std::string_view, std::list<Device>::iterator> by_address_;
};

}  // namespace mpsdscope
