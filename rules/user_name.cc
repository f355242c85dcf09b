#include "rules/user_name.h"

#include "rules/call.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kHashPrefix = "hash:";

}  // namespace

void name_user(const Call& call, std::string& name) {
  name.clear();
  if (!call.user_id.empty()) {
    name = call.user_id.text();
  } else if (!call.user_hash.empty()) {
    name.append(kHashPrefix).append(call.user_hash.text());
  }
}

std::string name_of_hash(std::string_view user_hash) {
  return std::string(kHashPrefix).append(user_hash);
}

std::optional<std::string_view> hash_in_name(std::string_view name) {
  if (!name.starts_with(kHashPrefix)) return std::nullopt;
  return name.substr(kHashPrefix.size());
}

}  // namespace mpsdscope
