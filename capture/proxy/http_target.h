// Where a request goes: the authority of CONNECT, the absolute form of a plain request (RFC 9112
// §3.2), and what a host looks like.
#pragma once

#include <cstdint>
#include <string_view>

#include "capture/proxy/machine.h"
#include "decode/result.h"

namespace mpsdscope {

// A name of letters, digits, '-', '_' and dots, at most 254 long, or an IPv6 address without
// brackets and zone: what may become a Destination's host.
bool is_host(std::string_view text);

// host:port, [v6]:port (RFC 3986 §3.2 without userinfo). `default_port` 0: the port must be there.
Result<Destination> parse_authority(std::string_view text, std::uint16_t default_port);

// http://host[:port]/path?query. The views are into the target.
struct AbsoluteTarget {
  Destination destination;
  std::string_view path_and_query;  // may be empty, or begin with '?'
};
Result<AbsoluteTarget> parse_absolute_target(std::string_view target);

}  // namespace mpsdscope
