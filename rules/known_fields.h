// The fields that the rules read, found once for all of them.
#pragma once

#include <optional>
#include <string_view>

#include "decode/exchange.h"

namespace mpsdscope {

// The first line of each name; nullopt where there is none. Views into the exchange, valid until
// its field lines change.
struct KnownFields {
  using Value = std::optional<std::string_view>;
  Value authorization, contract_version, if_match, if_none_match, signature;  // of the request
  Value content_type, correlation_id, date, debug, etag, retry_after;         // of the response
};

KnownFields find_known_fields(const Exchange& exchange);

}  // namespace mpsdscope
