// What the command line of `mpsdscope proxy` decides about connections.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/proxy/machine.h"
#include "decode/address.h"

namespace mpsdscope {

enum class ProxyMode : std::uint8_t { regular, reverse, transparent, socks5 };

struct ProxyLimits {
  std::size_t connections = 8192;                    // open client connections in all
  std::size_t connections_per_client = 4096;         // of one address
  std::size_t header_bytes = std::size_t{64} << 10;  // of a greeting or a request's head
  std::chrono::seconds handshake{30};                // from acceptance until bytes are relayed
  std::chrono::seconds connect{10};                  // one address of the upstream host
  std::chrono::seconds idle{3600};                   // no byte either way
  std::chrono::seconds drain{5};                     // what stop() gives open connections
};

struct ProxyOptions {
  std::vector<Endpoint> listen;  // port 0: any free one, see ProxyServer::listening()
  ProxyMode mode = ProxyMode::regular;
  Destination reverse_to;   // mode reverse only
  bool reverse_tls = true;  // mode reverse only: reverse:https://

  Destination upstream_proxy;              // host "" for none
  std::string upstream_proxy_credentials;  // "USER:PASS", "" for none
  std::string proxy_credentials;           // --proxy-auth "USER:PASS", "" for none

  std::vector<std::string> allow_clients;       // --allow, see AddressPolicyOptions
  std::vector<std::string> allow_destinations;  // --allow-dest

  // Whether a host (no port, no brackets, lower case) is to be decrypted. Thread-safe. Not asked in
  // mode reverse.
  std::function<bool(std::string_view host)> intercepts;

  unsigned threads = 1;
  ProxyLimits limits;
};

}  // namespace mpsdscope
