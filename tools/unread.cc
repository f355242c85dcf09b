#include "tools/unread.h"

#include <algorithm>

#include "tools/call_text.h"
#include "tools/escape.h"
#include "tools/pretty_text.h"
#include "tools/proxy_text.h"
#include "tools/redact.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kNamesShown = 5;

std::string and_more(std::size_t count) {
  return count > kNamesShown ? " and " + thousands(count - kNamesShown) + " more" : "";
}

std::string held(const RunSummary& summary) {
  const DecodeReport& report = summary.report;
  if (summary.proxy) {
    return proxy_text(*summary.proxy) + ", " + counted(report[Counter::exchanges], "HTTP exchange");
  }
  if (report[Counter::packets] == 0) return "the input held no packets";
  return "the input held " + counted(report[Counter::packets], "packet") + ", " +
         counted(report[Counter::tcp_connections], "TCP connection") + ", " +
         counted(report[Counter::tls_connections], "TLS connection") + " (" +
         thousands(report[Counter::tls_decrypted]) + " decrypted) and " +
         counted(report[Counter::exchanges], "HTTP exchange");
}

// "" if no exchange had a host.
std::string hosts_text(const DecodeReport& report, const RuleSettings& settings) {
  std::vector<std::pair<std::uint64_t, std::string>> hosts;
  bool others = false;
  for (const auto& [host, count] : redacted_hosts(report)) {
    if (!is_one_host(host)) continue;
    hosts.emplace_back(count, host);
    others = others || !is_service_host(host, settings);
  }
  if (hosts.empty()) return "";
  std::stable_sort(hosts.begin(), hosts.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text;
  for (std::size_t i = 0; i < hosts.size() && i < kNamesShown; ++i) {
    text +=
        (i == 0 ? "" : ", ") + printable(hosts[i].second) + " (" + thousands(hosts[i].first) + ")";
  }
  text = "HTTP exchanges by host: " + text + and_more(hosts.size());
  if (others) text += "; if one of them stands in for the service, name it: --mpsd-host HOST";
  return text;
}

// Undecrypted connections without SNI have their servers' endpoints for names, those beyond many
// share "(other)".
bool names_no_host(std::string_view name) {
  return name.find_first_of(":(") != name.npos;
}

}  // namespace

bool is_service_host(const std::string& name, const RuleSettings& settings) {
  Exchange exchange;
  exchange.request.authority = name;
  return !name.empty() && is_mpsd(exchange, settings);
}

std::string advice_for(TlsFailure failure, std::size_t secrets) {
  switch (failure) {
    case TlsFailure::no_key:
      if (secrets == 1) return "the one secret given is not of this connection";
      if (secrets > 0) {
        return "none of the " + counted(secrets, "secret") +
               " given is of this connection: give the key log of the program that made it, "
               "--keylog FILE";
      }
      return "give the key log of the program that made them, --keylog FILE";
    case TlsFailure::unsupported_suite:
      return "offer one of TLS 1.2's or 1.3's usual suites";
    case TlsFailure::unsupported_version:
      return "use TLS 1.2 or 1.3";
    case TlsFailure::handshake_unseen:
      return "start the capture before the program connects, or make it reconnect";
    case TlsFailure::one_sided:
      return "capture where both directions pass";
    case TlsFailure::gap:
      return "the capture lost packets: capture closer, or with a larger buffer";
    case TlsFailure::damaged:
      return "not TLS after all, or a key log of another connection";
    case TlsFailure::in_http2:
      return "let the program reach its proxy by HTTP/1.1, or capture behind the proxy";
    case TlsFailure::refused_certificate:
      return "install the proxy's CA on the device (`mpsdscope ca` says how); a program that pins "
             "certificates cannot be read this way";
    case TlsFailure::count_:
      break;
  }
  return "";
}

std::string unread_text(const DecodeReport::Undecrypted& connection, std::uint64_t count,
                        std::size_t secrets) {
  std::string text = printable(redacted_host(connection.name)) + ": " +
                     counted(count, "TLS connection") + " not read, ";
  text += name_of(connection.failure);
  if (!connection.detail.empty()) text += " (" + printable(redacted_name(connection.detail)) + ")";
  if (connection.failure == TlsFailure::no_key && connection.detail == kSomeSecrets) {
    return text +
           ": give all of its key log, if what was given is cut; or the handshake ended before "
           "there were more (a certificate that the program refuses)";
  }
  return text + ": " + advice_for(connection.failure, secrets);
}

bool service_unread(const RunSummary& summary, const RuleSettings& settings) {
  const auto& undecrypted = summary.report.undecrypted;
  if (summary.report[Counter::frames_unsupported_link] > 0) return true;
  return std::any_of(undecrypted.begin(), undecrypted.end(), [&](const auto& entry) {
    return names_no_host(entry.first.name) || is_service_host(entry.first.name, settings);
  });
}

std::vector<std::string> warnings_of(const RunSummary& summary, const RuleSettings& settings) {
  std::vector<std::string> warnings;
  const bool no_calls = summary.calls == 0;
  if (no_calls) {
    warnings.push_back("no multiplayer session calls found: " + held(summary));
    std::string hosts = hosts_text(summary.report, settings);
    if (!hosts.empty()) warnings.push_back(std::move(hosts));
  }
  if (const std::uint64_t packets = summary.report[Counter::frames_unsupported_link]; packets > 0) {
    warnings.push_back(counted(packets, "packet") + " not read: link type " +
                       std::to_string(summary.report.unsupported_link.value_or(0)) +
                       "; Ethernet, Linux cooked, raw IP, loopback and null are read");
  }
  if (const std::uint64_t placeless = summary.report[Counter::responses_placeless]; placeless > 0) {
    warnings.push_back(counted(placeless, "HTTP response") +
                       " not judged: the capture lacks their requests, and no other request of "
                       "their connections names a host");
  }
  std::size_t others = 0;
  std::vector<std::string> of_others;
  for (const auto& [connection, count] : summary.report.undecrypted) {
    if (is_service_host(connection.name, settings)) {
      warnings.push_back(unread_text(connection, count, summary.secrets));
    } else if (no_calls && ++others <= kNamesShown) {
      of_others.push_back(unread_text(connection, count, summary.secrets));
    }
  }
  warnings.insert(warnings.end(), of_others.begin(), of_others.end());
  if (others > kNamesShown) {
    warnings.push_back("and TLS of " + thousands(others - kNamesShown) +
                       " more: --format pretty -v lists all");
  }
  return warnings;
}

}  // namespace mpsdscope
