#include "tools/call_text.h"

#include <algorithm>
#include <array>

#include "decode/ascii.h"
#include "decode/decimal.h"
#include "rules/identity.h"
#include "rules/user_name.h"
#include "tools/personal.h"
#include "tools/redact.h"
#include "tools/utf8.h"

namespace mpsdscope {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::size_t kLongestWord = 24;

// A short word of letters: what a service names a kind, and no place for a credential.
bool is_word(std::string_view text) {
  return text.size() <= kLongestWord && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

}  // namespace

std::string_view host_of(std::string_view authority) {
  if (const std::size_t at = authority.rfind('@'); at != kNone) authority.remove_prefix(at + 1);
  if (!authority.empty() && authority.front() == '[') {
    return authority.substr(1, authority.find(']') - 1);
  }
  const std::size_t colon = authority.rfind(':');
  // More than one colon without brackets: an IPv6 address.
  if (colon == kNone || authority.find(':') != colon) return authority;
  return authority.substr(0, colon);
}

std::string host_text(std::string_view authority) {
  const std::string_view host = host_of(authority);
  std::string text = redacted_host(host);
  return text == host ? lower_case(text) : text;
}

void append_origin(std::string& out, const HttpRequest& request) {
  out.append(request.scheme).append("://");
  append_redacted_host(out, request.authority);
}

void append_uri(std::string& out, const HttpRequest& request) {
  const std::string_view target = request.target;
  const bool origin_form = target.empty() || target.front() == '/' || target == "*";
  if (request.method == "CONNECT") return append_redacted_host(out, target);
  if (!origin_form || request.authority.empty()) return append_redacted_uri(out, target);
  append_origin(out, request);
  if (target != "*") append_redacted_uri(out, target);
}

char* put_endpoint(char* to, const Endpoint& endpoint) {
  if (!endpoint.address.is_v4()) {
    const std::string text = endpoint.to_string();
    return std::copy(text.begin(), text.end(), to);
  }
  for (std::size_t i = 12; i < 16; ++i) {
    to = put_decimal(to, endpoint.address.bytes()[i]);
    *to++ = i < 15 ? '.' : ':';
  }
  return put_decimal(to, endpoint.port);
}

std::optional<Duration> elapsed_of(const Exchange& exchange) {
  if (!exchange.request.present || !exchange.response.present) return std::nullopt;
  return exchange.response.end - exchange.request.begin;
}

std::map<std::string, std::uint64_t> redacted_hosts(const DecodeReport& report) {
  std::map<std::string, std::uint64_t> hosts;
  for (const auto& [host, count] : report.hosts) hosts[redacted_host(host)] += count;
  return hosts;
}

bool is_one_host(std::string_view name) {
  return name != "(no host)" && name != "(other)";
}

std::string redacted_user(std::string_view user) {
  if (is_xuid(user)) return masked_user(user);
  const auto hash = hash_in_name(user);
  if (!hash) return redacted_name(user);
  return name_of_hash(is_user_hash(*hash) ? masked_user(*hash) : kRedacted);
}

void append_correlation_id(std::string& out, const Call& call) {
  if (is_plain_name(call.correlation_id) && call.correlation_id.size() <= kMostOfCorrelationId) {
    out.append(call.correlation_id);
  } else {
    out.append(cut_utf8(redacted_name(call.correlation_id), kMostOfCorrelationId));
  }
}

std::optional<ThrottleLimit> throttle_limit_of(const Call& call) {
  if (!is_throttled(call)) return std::nullopt;
  const DocumentFacts& facts = *call.response_document;
  ThrottleLimit limit{
      facts.current_requests, facts.max_requests, facts.period_in_seconds, {}, call.counted};
  if (is_word(facts.limit_type)) limit.type = facts.limit_type;
  if (!limit.current && !limit.max && !limit.period_s && limit.type.empty()) return std::nullopt;
  return limit;
}

}  // namespace mpsdscope
