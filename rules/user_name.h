// The user of a call in one text: XUID, else "hash:<user hash>", else "" where neither is known.
// Rates, stories, notifications and waits name users so.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mpsdscope {

struct Call;

// Overwrites `name`, whose memory it keeps.
void name_user(const Call& call, std::string& name);
std::string name_of_hash(std::string_view user_hash);
// The user hash in a name; nullopt in any other. A view into `name`.
std::optional<std::string_view> hash_in_name(std::string_view name);

}  // namespace mpsdscope
