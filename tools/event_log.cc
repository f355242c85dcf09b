#include "tools/event_log.h"

#include "tools/diagnostics.h"
#include "tools/pretty_text.h"
#include "tools/redact.h"
#include "tools/unread.h"

namespace mpsdscope {
namespace {

bool keeps_from_decrypting(ProxyEventKind kind) {
  return kind == ProxyEventKind::client_distrusts_ca || kind == ProxyEventKind::tunnelled_pinned;
}

bool keeps_from_connecting(ProxyEventKind kind) {
  return kind == ProxyEventKind::unresolved || kind == ProxyEventKind::upstream_unreachable ||
         kind == ProxyEventKind::upstream_untrusted || kind == ProxyEventKind::upstream_tls_failed;
}

void tell(const ProxyEvent& event) {
  std::string text = redacted_text(event.message);
  if (event.conn > 0) text = event.client.to_string() + ": " + text;
  switch (severity_of(event.kind)) {
    case ProxySeverity::error:
      return report_error(text);
    case ProxySeverity::warning:
      return report_warning(text);
    case ProxySeverity::info:
      return report_note(text);
  }
}

}  // namespace

void EventLog::on_event(const ProxyEvent& event) {
  {
    const std::lock_guard lock(mutex_);
    if (keeps_from_decrypting(event.kind)) {
      report_.add_undecrypted(event.host, TlsFailure::refused_certificate, "");
    }
    if (keeps_from_connecting(event.kind) && is_service_host(event.host, rules_))
      service_failed_ = true;
    if (++told_[static_cast<std::size_t>(event.kind)] > kMostPerSecond) return;
  }
  tell(event);
  recorder_.event(event);
}

void EventLog::every_second() {
  std::array<std::uint64_t, kProxyEventKinds> told{};
  {
    const std::lock_guard lock(mutex_);
    told.swap(told_);
  }
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (told[i] <= kMostPerSecond) continue;
    report_warning(thousands(told[i] - kMostPerSecond) + " more within a second, not told: " +
                   std::string(name_of(static_cast<ProxyEventKind>(i))));
  }
}

void EventLog::summarize(RunSummary& summary) const {
  const std::lock_guard lock(mutex_);
  summary.report.merge(report_);
}

bool EventLog::service_failed() const {
  const std::lock_guard lock(mutex_);
  return service_failed_;
}

}  // namespace mpsdscope
