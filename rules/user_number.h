// Users as numbers, so that most calls need no text to tell whose they are.
#pragma once

#include <cstdint>

#include "rules/digest.h"

namespace mpsdscope {

// XUIDs and the user hashes of the service are decimal numbers, which are their own identity.
struct UserNumber {
  enum class Kind : std::uint8_t { unknown, hash, xuid, other };
  Kind kind = Kind::unknown;
  std::uint64_t value = 0;

  bool operator==(const UserNumber&) const = default;
  std::uint64_t hash() const { return mix(value, static_cast<std::uint64_t>(kind)); }
};

}  // namespace mpsdscope
