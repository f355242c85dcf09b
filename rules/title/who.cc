#include "rules/title/who.h"

namespace mpsdscope {

// Forgotten for want of room alone: what a user is to wait for may lie far ahead.
Users::Users(std::size_t most) : names_(most, Duration::max()) {}

Users::Name& Users::obtain(Kind kind, std::string_view text, CaptureTime now) {
  const auto [name, is_new] =
      names_.obtain(mix(hash_of(text), static_cast<std::uint64_t>(kind)), now,
                    [&](const Name& known) { return known.kind == kind && known.text == text; });
  if (is_new) {
    name->kind = kind;
    name->text = text;
    name->user = ++last_;
  }
  return *name;
}

Who Users::who(const Call& call, CaptureTime now) {
  Who who;
  if (!call.user_id.empty()) {
    who.user = obtain(Kind::xuid, call.user_id, now).user;
  } else if (!call.user_hash.empty()) {
    who.user = obtain(Kind::hash, call.user_hash, now).user;
  }
  who.title = call.title_id.value_or(0);
  if (who.user == 0 || who.title == 0) who.conn = call.exchange->conn + 1;
  return who;
}

void Users::join(std::string_view user_hash, std::string_view xuid, CaptureTime now) {
  const std::uint64_t before = last_;
  const std::uint64_t by_hash = obtain(Kind::hash, user_hash, now).user;
  Name& by_xuid = obtain(Kind::xuid, xuid, now);
  // Of two that both were somebody the histories cannot be told together: a new one begins.
  const bool both_known = by_hash <= before && by_xuid.user <= before && by_hash != by_xuid.user;
  by_xuid.user = both_known ? ++last_ : std::min(by_hash, by_xuid.user);
  const std::uint64_t joined = by_xuid.user;
  obtain(Kind::hash, user_hash, now).user = joined;
}

}  // namespace mpsdscope
