// What the machines of a worker share.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "capture/proxy/device_table.h"
#include "capture/proxy/proxy_auth.h"
#include "capture/proxy/proxy_events.h"
#include "capture/proxy/proxy_options.h"
#include "capture/proxy/relay.h"
#include "capture/proxy/tap.h"

namespace mpsdscope {

class ClientTls;
class DevicePage;
class LeafCache;
class UpstreamTls;

struct RelayCounters {
  std::atomic<std::uint64_t> intercepted = 0, plain = 0, tunnelled = 0;
};

// References outlive the machines. `now`: of what was read last.
struct RelayContext {
  const ProxyOptions& options;
  const ProxyAuth& auth;
  const UpstreamTls& upstream_tls;
  LeafCache& leaves;
  const ClientTls& client_tls;
  const DevicePage& page;
  DeviceTable& devices;
  Tap& tap;
  ProxyEvents& events;
  RelayCounters& counters;
  unsigned worker = 0;
  Scratch scratch;
  CaptureTime now;
};

// What the socket tells of an accepted connection.
struct RelayClient {
  std::uint64_t conn = 0;
  Endpoint peer;
  Endpoint local;            // the address that it reached the proxy at
  Endpoint original;         // mode transparent: where it wanted to go before it was redirected
  bool asks_itself = false;  // mode transparent: to the proxy's own socket
};

}  // namespace mpsdscope
