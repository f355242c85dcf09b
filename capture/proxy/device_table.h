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
#include "decode/time.h"

namespace mpsdscope {

class DeviceTable {
 public:
  void accepted(const IpAddress& client);
  void decrypted(const IpAddress& client, const std::string& host);
  void tunnelled(const IpAddress& client);
  // The client's content came through TLS with our certificate: the host is never pinned again.
  void trusted(const IpAddress& client, const std::string& host);
  // The client refused our certificate in so many words. True: the host is pinned, its next
  // connections are to be tunnelled.
  bool refused(const IpAddress& client, const std::string& host, std::string why, CaptureTime now);
  // The client left without a word when it saw our certificate. True: it always does, the host is
  // pinned.
  bool left(const IpAddress& client, const std::string& host, CaptureTime now);

  bool is_pinned(const IpAddress& client, const std::string& host, CaptureTime now) const;
  // The device asks for our page, likely to install the CA: decryption is tried again.
  void forget_pins(const IpAddress& client);

  DeviceState state(const IpAddress& client) const;

 private:
  struct Host {
    std::string name;
    bool trusts = false;
    unsigned left = 0;         // times in a row
    CaptureTime pinned_until;  // the epoch: not pinned
  };
  struct Device {
    std::string key;  // the address
    DeviceState state;
    std::vector<Host> hosts;  // the one heard of last is first
  };
  Device& find(const IpAddress& client);
  static Host& find(Device& device, const std::string& host);

  mutable std::mutex mutex_;
  std::list<Device> devices_;  // the one seen last is first
  std::unordered_map<std::string_view, std::list<Device>::iterator> by_address_;
};

}  // namespace mpsdscope
