// The parts of a call as both outputs write them: host, URI, endpoints, elapsed time. Secrets are
// redacted here; escaping is the outputs' part.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/call.h"

namespace mpsdscope {

// Host of an authority: without user information and port, IPv6 without brackets.
std::string_view host_of(std::string_view authority);

// scheme://authority + target, secrets redacted; the target alone where no authority is known, and
// for CONNECT.
void append_uri(std::string& out, const HttpRequest& request);

// "192.0.2.1:443", "[2001:db8::1]:443"
void append_endpoint(std::string& out, const Endpoint& endpoint);

// Response complete minus request begun; nullopt when either was not seen.
std::optional<Duration> elapsed_of(const Exchange& exchange);

// What the user column and the log's `users` show: XUID, else "hash:<user hash>", else "".
std::string user_of(const Call& call);

// What a call addresses, for a person, within `width` columns: kind and names, the least telling
// part left out first, then cut in the middle. Redacted and printable.
std::string short_target(const Call& call, std::size_t width);

}  // namespace mpsdscope
