// What people must know about the proxy's connections beyond the traffic itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "decode/address.h"
#include "decode/time.h"

namespace mpsdscope {

enum class ProxyEventKind : std::uint8_t {
  client_error,          // a greeting or a ClientHello that cannot be understood
  unauthorized,          // wrong or no --proxy-auth
  policy_refusal,        // client or destination not allowed
  unresolved,            // no such host
  upstream_unreachable,  // refused, timed out, or the upstream proxy said no
  upstream_untrusted,    // its certificate did not verify
  upstream_tls_failed,   // no TLS with it for another reason
  client_distrusts_ca,   // the client refused our certificate
  client_tls_failed,     // no TLS with the client for another reason
  tunnelled_pinned,      // a host that refused before: passed on undecrypted
  handshake_timeout,     // greeting, connecting and handshakes took too long
  idle_timeout,
  limit_reached,  // connections in all, of a client, or files of the process
  internal,       // memory, disk, the system
};
constexpr std::size_t kProxyEventKinds = static_cast<std::size_t>(ProxyEventKind::internal) + 1;

// The name that logs and summaries use, e.g. "upstream_untrusted".
std::string_view name_of(ProxyEventKind kind);

enum class ProxySeverity : std::uint8_t { info, warning, error };
ProxySeverity severity_of(ProxyEventKind kind);

struct ProxyEvent {
  ProxyEventKind kind = ProxyEventKind::internal;
  std::uint64_t conn = 0;  // number of the client connection, 0 if it concerns none
  Endpoint client;
  std::string host;     // whom it is about: the upstream name; "" if not known. Not escaped.
  std::string message;  // what happened and what to do, one line. Not escaped.
  CaptureTime time{};   // when
};

// Called from any worker's thread, also from several at once.
class ProxyEvents {
 public:
  virtual ~ProxyEvents() = default;
  virtual void on_event(const ProxyEvent& event) = 0;
};

}  // namespace mpsdscope
