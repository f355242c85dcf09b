// Who called with which title, as far as one exchange tells.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rules/call.h"
#include "rules/known_fields.h"

namespace mpsdscope {

// Decimal digits as a title id; nullopt for anything else and for 0, which no title has.
std::optional<std::uint32_t> parse_title_id(std::string_view decimal);

// The last eight characters of a SCID if they are hex digits: 0x0A6D2730 of "…55580a6d2730".
std::optional<std::uint32_t> title_id_of_scid(std::string_view scid);

// An XUID: 1 to 20 decimal digits.
bool is_xuid(std::string_view text);

// Sets title_id, user_id, user_source and user_hash. Needs target and documents.
//
// Title, best first: X-Xbl-Debug title= of the response; a handle's titleId; a member's
// activeTitleId; the end of the SCID of the path, of a handle's sessionRef or of a query's request.
// User, best first: X-Xbl-Debug user0= of the response; the XUID of members.me of the request; a
// handle's ownerXuid. Of `Authorization: XBL3.0 x=<hash>;<token>` only the hash is kept.
void identify(Call& call, const KnownFields& fields);

}  // namespace mpsdscope
