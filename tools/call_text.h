// The parts of a call as both outputs write them: host, URI, endpoints, elapsed time. Secrets are
// redacted here; escaping is the outputs' part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "decode/report.h"
#include "rules/call.h"

namespace mpsdscope {

// Host of an authority: without user information and port, IPv6 without brackets.
std::string_view host_of(std::string_view authority);

// The host of an authority as it is written: redacted, in lower case if nothing is.
std::string host_text(std::string_view authority);

// How the URI of a request for a path begins: scheme://authority, secrets redacted.
void append_origin(std::string& out, const HttpRequest& request);

// scheme://authority + target, secrets redacted; the target alone where no authority is known, and
// for CONNECT.
void append_uri(std::string& out, const HttpRequest& request);

// Writes "192.0.2.1:443", "[2001:db8::1]:443", kLongestEndpoint bytes at most, and returns their
// end.
inline constexpr std::size_t kLongestEndpoint = 64;
char* put_endpoint(char* to, const Endpoint& endpoint);

// Response complete minus request begun; nullopt when either was not seen.
std::optional<Duration> elapsed_of(const Exchange& exchange);

// The report's exchanges by host; hosts that are redacted count together.
std::map<std::string, std::uint64_t> redacted_hosts(const DecodeReport& report);

// False of the report's words for several hosts, or none: "(other)", "(no host)".
bool is_one_host(std::string_view name);

// A user as the rates name one: XUID, "hash:<user hash>" or "", without a credential in its place.
std::string redacted_user(std::string_view user);

// X-XblCorrelationId of the response, by which the service's own logs find the call; redacted, at
// most kMostOfCorrelationId bytes. Nothing without one.
inline constexpr std::size_t kMostOfCorrelationId = 64;
void append_correlation_id(std::string& out, const Call& call);

// What the body of a 429 says about the limit. `type` is a short word, "" if the body's is not.
struct ThrottleLimit {
  std::optional<std::int64_t> current, max, period_s;
  std::string type;
  std::optional<std::uint32_t> counted;  // by us, in that period
};
// nullopt of everything but a 429 whose body says something.
std::optional<ThrottleLimit> throttle_limit_of(const Call& call);

}  // namespace mpsdscope
