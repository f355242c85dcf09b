// Plain HTTP through the explicit proxy: requests in absolute form (RFC 9112 §3.2.2), several hosts
// on one connection, one exchange at a time. Only the request line is rewritten, to origin form,
// and Proxy-Authorization and Proxy-Connection are left out; every other byte passes as it came.
// What two parsers could read differently is refused, never guessed.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "capture/proxy/greeting.h"
#include "capture/proxy/http_body.h"
#include "capture/proxy/machine.h"
#include "capture/proxy/proxy_auth.h"
#include "decode/stream.h"

namespace mpsdscope {

// A request for the proxy's own page: in origin form, or to a name or address that is its own.
struct PageRequest {
  std::string_view method;
  std::string_view target;  // origin form: path and query
  std::string_view host;    // the Host field, "" if none
};

struct ForwarderOptions {
  const ProxyAuth& auth;  // asked of every request to other hosts; must outlive the Forwarder
  std::size_t max_head_bytes = std::size_t{64} << 10;
  // A whole response, with Content-Length; the body is left out for HEAD by the Forwarder.
  std::function<std::string(const PageRequest&)> page;
  // Whether the destination is the address that the client reached the proxy at.
  std::function<bool(const Destination&)> is_self;
  // Content for the tap: the request as the client sent it, in absolute form (without
  // Proxy-Authorization); the response as upstream sent it. Called when the bytes have been queued.
  std::function<void(Direction, Bytes)> content;
  // A sentence for the log: what was refused or failed.
  std::function<void(std::string_view)> problem;
};

// The owner calls on_sent() after it took bytes from a queue of the MachineIo, and looks at the
// MachineIo after every call.
class Forwarder {
 public:
  // `io` must outlive it.
  Forwarder(MachineIo& io, ForwarderOptions options);
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  void on_client_data(Bytes bytes);
  void on_client_end(StreamEnd end);
  // After io.connect was taken up: one of the two.
  void on_connected();
  void on_connect_failed(ConnectFailure failure, std::string_view sentence);
  void on_upstream_data(Bytes bytes);
  void on_upstream_end(StreamEnd end);
  void on_sent();

  // Nothing is being asked or answered: only the idle time applies.
  bool idle() const { return phase_ == Phase::head && input_.empty() && !io_.close; }
  // 101 was answered: bytes pass both ways (RFC 9110 §7.8).
  bool tunnelling() const { return phase_ == Phase::tunnel; }

 private:
  enum class Phase : std::uint8_t { head, connecting, exchange, tunnel, closed };

  MachineIo& io_;
  ForwarderOptions options_;
  Phase phase_ = Phase::head;
  std::string input_;  // of the client, not yet passed on
};

}  // namespace mpsdscope
