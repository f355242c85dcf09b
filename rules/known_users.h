// Which XUID belongs to which user hash, as far as calls told.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "decode/flat_index.h"
#include "rules/bounded_map.h"
#include "rules/user_text.h"

namespace mpsdscope {

// Forgets the hash that came first when it is full. User hashes of the service are decimal numbers,
// of which as many are kept as of those that are not.
class KnownUsers {
 public:
  explicit KnownUsers(std::size_t most) : most_(most), texts_(most) {}

  // The XUID of the hash, "" if it is not known. Valid until the next call of learn().
  std::string_view find(const UserText& user_hash) const;
  // `xuid`: 1 to 20 digits. False: it was known, or there is room for nothing.
  bool learn(const UserText& user_hash, std::string_view xuid);
  // Ask for the memory that finding it will need, one some time after the other.
  void prefetch(std::uint64_t user_hash) const;
  void prefetch_entry(std::uint64_t user_hash) const;

  std::uint64_t evicted() const { return evicted_ + texts_.evicted(); }

 private:
  static constexpr std::size_t kLongestXuid = 20;

  struct User {
    std::uint64_t hash = 0;  // as a number
    std::array<char, kLongestXuid> xuid{};
    std::uint8_t length = 0;
  };

  std::uint32_t number_of(std::uint64_t hash) const;
  std::uint32_t add(std::uint64_t hash);

  std::size_t most_;
  std::uint64_t evicted_ = 0;
  FlatIndex index_;
  Slab<User> users_;               // in the order in which they came, round and round
  std::uint32_t next_ = 0;         // which is the next to be forgotten when it is full
  BoundedMap<std::string> texts_;  // of hashes that are no numbers
};

}  // namespace mpsdscope
