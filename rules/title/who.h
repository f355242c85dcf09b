// Whose calls are judged together: those of one user with one title.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rules/call.h"
#include "rules/title/recent_table.h"

namespace mpsdscope {

struct Who {
  std::uint64_t user = 0;   // a number of Users; 0 unknown
  std::uint64_t title = 0;  // title id; 0 unknown
  // 0, or if user or title is unknown the connection plus 1: nothing else tells that two calls come
  // from the same place.
  std::uint64_t conn = 0;

  bool operator==(const Who&) const = default;
  std::uint64_t hash() const { return mix(mix(user, title), conn); }
};

// A number for each user, whom an XUID or a user hash names. Never the same number for another one.
class Users {
 public:
  explicit Users(std::size_t most);

  Who who(const Call& call, CaptureTime now);
  // The user hash and the XUID name the same user from now on.
  void join(std::string_view user_hash, std::string_view xuid, CaptureTime now);

  std::uint64_t evicted() const { return names_.evicted(); }

 private:
  enum class Kind : std::uint8_t { xuid, hash };
  struct Name {
    Kind kind = Kind::xuid;
    std::string text;
    std::uint64_t user = 0;

    void clear() { text.clear(); }
    bool pinned(CaptureTime /*now*/) const { return false; }
  };

  Name& obtain(Kind kind, std::string_view text, CaptureTime now);

  RecentTable<Name> names_;
  std::uint64_t last_ = 0;
};

}  // namespace mpsdscope
