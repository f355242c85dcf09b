// Values of the options of `mpsdscope proxy`. An Error is a clause about the value for a person.
#pragma once

#include <string>
#include <string_view>

#include "capture/proxy/proxy_options.h"
#include "capture/proxy/upstream_tls.h"
#include "decode/result.h"

namespace mpsdscope {

constexpr std::uint16_t kDefaultProxyPort = 8888;
inline constexpr std::string_view kDefaultIntercept = "*.xboxlive.com";

// "ADDRESS:PORT", "[V6]:PORT", an address or a port alone. Port 0: any free one. "localhost" is
// 127.0.0.1, "*" all of IPv4.
Result<Endpoint> parse_listen(std::string_view text,
                              std::uint16_t default_port = kDefaultProxyPort);

// "regular", "transparent", "socks5" or "reverse:https://HOST[:PORT]" (or http); sets mode,
// reverse_to and reverse_tls.
Result<Done> parse_mode(std::string_view text, ProxyOptions& proxy);

// "http://[USER:PASS@]HOST[:PORT]"; user and password percent-decoded (RFC 3986 §3.2.1).
Result<Done> parse_upstream_proxy(std::string_view text, ProxyOptions& proxy);

// "HOST=FILE"
Result<UpstreamTlsOptions::ClientCertificate> parse_client_certificate(std::string_view text);

// "USER:PASS", or "@FILE" with that in its first line, which keeps it out of lists of processes.
Result<std::string> parse_credentials(const std::string& text);

}  // namespace mpsdscope
