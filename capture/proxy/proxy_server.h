// The proxy: listens, runs every client connection on one of its workers, stops gracefully.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "capture/proxy/proxy_events.h"
#include "capture/proxy/proxy_options.h"
#include "capture/proxy/tap.h"
#include "decode/address.h"
#include "decode/result.h"

namespace mpsdscope {

class ClientTls;
class DevicePage;
class LeafCache;
class UpstreamTls;

// What a server works with. All outlive it; all are called from any worker's thread.
struct ProxyParts {
  Tap& tap;
  ProxyEvents& events;
  const UpstreamTls& upstream_tls;
  LeafCache& leaves;
  const ClientTls& client_tls;
  const DevicePage& page;
};

struct ProxyCounters {
  std::uint64_t accepted = 0;         // client connections
  std::uint64_t open = 0;             // of these now
  std::uint64_t intercepted = 0;      // decrypted
  std::uint64_t plain = 0;            // read without TLS
  std::uint64_t tunnelled = 0;        // passed on unread
  std::uint64_t to_server_bytes = 0;  // as received from clients
  std::uint64_t to_client_bytes = 0;  // as received from upstream
  std::uint64_t cut_by_drain = 0;     // connections that stop() closed
  std::array<std::uint64_t, kProxyEventKinds> events{};
};

class ProxyServer {
 public:
  // Binds and listens. Error: port in use, no such address, no rights.
  static Result<std::unique_ptr<ProxyServer>> open(ProxyOptions options, ProxyParts parts);
  ~ProxyServer();
  ProxyServer(const ProxyServer&) = delete;
  ProxyServer& operator=(const ProxyServer&) = delete;

  // The addresses listened at, with their real ports.
  const std::vector<Endpoint>& listening() const;

  // Serves until stopped, on threads of its own; returns when all connections are closed and their
  // taps are destroyed.
  void run();
  // Stops accepting, gives open connections limits.drain; called again: closes them at once. From
  // any thread, not from a signal handler.
  void stop();

  ProxyCounters counters() const;  // from any thread

 private:
  class Impl;
  explicit ProxyServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mpsdscope
