// Whose calls are judged together: those of one user with one title.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rules/call.h"
#include "rules/digest.h"
#include "rules/title/recent_table.h"
#include "rules/user_number.h"

namespace mpsdscope {

struct Who {
  UserNumber user;
  std::uint32_t title = 0;  // 0 unknown
  // 0, or if user or title is unknown the connection plus 1: nothing else tells that two calls come
  // from the same place.
  std::uint64_t conn = 0;

  bool operator==(const Who&) const = default;
  std::uint64_t hash() const { return mix(mix(user.hash(), title), conn); }
  void add_to(Digest& digest) const {
    digest.add(user.value);
    digest.add(std::uint64_t{title} << 8 | static_cast<std::uint64_t>(user.kind));
    digest.add(conn);
  }
};

// Tells users apart; a name that is no number gets one. Almost every request carries the user hash,
// so the user goes by it; the XUID is asked only without one.
class Users {
 public:
  // `most`: names that are no numbers of 64 bits, and XUIDs and hashes that mean the same user.
  explicit Users(std::size_t most);

  Who who(const Call& call, CaptureTime now);
  // The same as far as the call tells itself: nobody else is asked whom a name means.
  static Who guess(const Call& call);
  // The user hash and the XUID name the same user from now on.
  void join(const UserText& user_hash, const UserText& xuid, CaptureTime now);

  std::uint64_t evicted() const { return names_.evicted() + aliases_.evicted(); }

 private:
  struct Name {
    UserNumber::Kind kind{};
    std::string text;
    std::uint64_t number = 0;

    void clear() { text.clear(); }
    bool pinned(CaptureTime /*now*/) const { return false; }
  };
  struct Alias {
    UserNumber name;
    UserNumber user;

    void clear() {}
    bool pinned(CaptureTime /*now*/) const { return false; }
  };

  UserNumber number_of(UserNumber::Kind kind, const UserText& text, CaptureTime now);
  const UserNumber* find_alias(const UserNumber& name, CaptureTime now);
  void add_alias(const UserNumber& name, const UserNumber& user, CaptureTime now);

  RecentTable<Name> names_;
  RecentTable<Alias> aliases_;
  bool hashes_have_aliases_ = false;
  std::uint64_t last_ = 0;
};

}  // namespace mpsdscope
