// Patterns that say which hosts are the service's.
#pragma once

#include <string>
#include <string_view>

#include "decode/result.h"

namespace mpsdscope {

// `text` unchanged if it can match a host: a name or an address, with a port or without (matching
// ignores ports), where `*` stands for any run of characters. An Error for anything else, such as
// an empty text, a URL or a list.
Result<std::string> parse_host_pattern(std::string_view text);

// Authority without port, user information and the dot of the root.
std::string_view bare_host(std::string_view authority);

// Does `pattern` match `host`, both as bare_host gives them? Case is ignored. Takes at most
// pattern × host steps.
bool matches_host(std::string_view pattern, std::string_view host);

}  // namespace mpsdscope
