#include "capture/proxy/proxy_events.h"

namespace mpsdscope {
namespace {

struct KindText {
  std::string_view name;
  ProxySeverity severity;
};

// By ProxyEventKind.
constexpr std::array<KindText, kProxyEventKinds> kKinds{{
    {"client_error", ProxySeverity::warning},
    {"unauthorized", ProxySeverity::warning},
    {"policy_refusal", ProxySeverity::warning},
    {"unresolved", ProxySeverity::warning},
    {"upstream_unreachable", ProxySeverity::warning},
    {"upstream_untrusted", ProxySeverity::error},
    {"upstream_tls_failed", ProxySeverity::warning},
    {"client_distrusts_ca", ProxySeverity::error},
    {"client_tls_failed", ProxySeverity::warning},
    {"tunnelled_pinned", ProxySeverity::info},
    {"handshake_timeout", ProxySeverity::warning},
    {"idle_timeout", ProxySeverity::info},
    {"limit_reached", ProxySeverity::error},
    {"internal", ProxySeverity::error},
}};

}  // namespace

std::string_view name_of(ProxyEventKind kind) {
  return kKinds[static_cast<std::size_t>(kind)].name;
}
ProxySeverity severity_of(ProxyEventKind kind) {
  return kKinds[static_cast<std::size_t>(kind)].severity;
}

}  // namespace mpsdscope
