#include "rules/title/who.h"

namespace mpsdscope {
namespace {

void place(const Call& call, Who& who) {
  who.title = call.title_id.value_or(0);
  if (who.user.kind == UserNumber::Kind::unknown || who.title == 0) {
    who.conn = call.exchange->conn + 1;
  }
}

}  // namespace

// Forgotten for want of room alone: what a user is to wait for may lie far ahead.
Users::Users(std::size_t most) : names_(most, Duration::max()), aliases_(most, Duration::max()) {}

UserNumber Users::number_of(UserNumber::Kind kind, const UserText& text, CaptureTime now) {
  if (const auto number = text.number()) return {kind, *number};
  const auto [name, is_new] = names_.obtain(
      mix(hash_of(text.text()), static_cast<std::uint64_t>(kind)), now,
      [&](const Name& known) { return known.kind == kind && known.text == text.text(); });
  if (is_new) {
    name->kind = kind;
    name->text = text.text();
    name->number = ++last_;
  }
  return {UserNumber::Kind::other, name->number};
}

const UserNumber* Users::find_alias(const UserNumber& name, CaptureTime now) {
  const Alias* alias =
      aliases_.find(name.hash(), now, [&](const Alias& known) { return known.name == name; });
  return alias == nullptr ? nullptr : &alias->user;
}

void Users::add_alias(const UserNumber& name, const UserNumber& user, CaptureTime now) {
  Alias& alias =
      *aliases_.obtain(name.hash(), now, [&](const Alias& known) { return known.name == name; })
           .first;
  alias = {name, user};
}

Who Users::who(const Call& call, CaptureTime now) {
  Who who;
  if (!call.user_hash.empty() && !call.hash_shared) {
    who.user = number_of(UserNumber::Kind::hash, call.user_hash, now);
    if (hashes_have_aliases_) {
      if (const UserNumber* user = find_alias(who.user, now)) who.user = *user;
    }
  } else if (!call.user_id.empty()) {
    who.user = number_of(UserNumber::Kind::xuid, call.user_id, now);
    if (const UserNumber* user = find_alias(who.user, now)) who.user = *user;
  }
  place(call, who);
  return who;
}

Who Users::guess(const Call& call) {
  Who who;
  const bool by_hash = !call.user_hash.empty() && !call.hash_shared;
  if (const auto number = (by_hash ? call.user_hash : call.user_id).number()) {
    who.user = {by_hash ? UserNumber::Kind::hash : UserNumber::Kind::xuid, *number};
  }
  place(call, who);
  return who;
}

// The first hash that came with the XUID is the user; what was seen under it stays.
void Users::join(const UserText& user_hash, const UserText& xuid, CaptureTime now) {
  const UserNumber hash = number_of(UserNumber::Kind::hash, user_hash, now);
  const UserNumber name = number_of(UserNumber::Kind::xuid, xuid, now);
  const UserNumber* known = find_alias(name, now);
  if (known == nullptr) return add_alias(name, hash, now);
  if (*known == hash) return;
  const UserNumber user = *known;
  add_alias(hash, user, now);
  hashes_have_aliases_ = true;
}

}  // namespace mpsdscope
