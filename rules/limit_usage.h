// How much of each limit every user used up with every title, in sliding windows.
//
// The service counts in fixed periods whose phase an observer does not know. More calls than the
// limit within a window as long as the period are a risk; more than twice the limit are over it for
// certain, because such a window touches two periods at most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "decode/flat_index.h"
#include "rules/call.h"
#include "rules/limit_series.h"
#include "rules/limits.h"
#include "rules/stepping_clock.h"
#include "rules/user_number.h"

namespace mpsdscope {

struct UsageLimits {
  std::size_t max_users = 131'072;
  std::size_t max_series_per_user = 64;            // title and bucket
  std::size_t max_entries = std::size_t{1} << 20;  // of all, 32 bytes each
};

// Single-threaded. Calls in order of completion; they count when their requests began. Calls of
// users that are not known are not counted, for nobody can say whose limit they use.
class LimitUsage {
 public:
  explicit LimitUsage(LimitTable table, const UsageLimits& limits = {});

  const LimitTable& table() const { return table_; }

  // Ask for the memory that counting a call will need, one after the other and with other work in
  // between. They change no count.
  static std::uint64_t key_of(const Call& call);
  void prefetch(std::uint64_t key) const { index_.prefetch(key); }
  void prefetch_user(std::uint64_t key) const;
  void prefetch_entries(std::uint64_t key) const;
  // nullptr: it counts against nothing. Valid until the next call.
  const LimitUse* count(const Call& call);
  // What was counted under a user hash is the user's of that XUID from now on.
  void join_user(const UserText& user_hash, const UserText& xuid);
  // Calls that began within the last `period`, at most 300 s.
  std::uint32_t calls(std::string_view user, std::optional<std::uint32_t> title_id,
                      LimitBucket bucket, Duration period, CaptureTime now) const;

  // Users and titles forgotten at the limits of memory while they still counted.
  std::uint64_t forgotten() const { return forgotten_; }
  std::size_t users() const { return users_.used(); }

 private:
  // Two lines of the cache.
  struct alignas(64) User {
    UserNumber name;
    CaptureTime last{};
    // Forms a queue. Users stay in it where they are until they come to its end: to move them with
    // each call would touch two others.
    CaptureTime queued{};
    std::uint32_t newer = FlatIndex::kNone;
    std::uint32_t older = FlatIndex::kNone;
    LimitSeries first;  // hardly any user has more; none: it is empty
    std::unique_ptr<std::vector<LimitSeries>> others;  // none of them empty

    std::span<LimitSeries> further() const {
      return others ? std::span(*others) : std::span<LimitSeries>();
    }
  };
  static_assert(sizeof(User) <= 2 * alignof(User));

  std::uint32_t find_user(const UserNumber& name) const;
  User& user_of(const UserNumber& name, CaptureTime time);
  LimitSeries& series_of(User& user, std::uint32_t title, LimitBucket bucket);
  void forget(std::uint32_t user);
  void forget_for_room();
  void forget_old();
  void enqueue(std::uint32_t number, CaptureTime time);
  void dequeue(std::uint32_t number);
  void requeue(std::uint32_t number);

  LimitTable table_;
  UsageLimits limits_;
  SteppingClock clock_;
  Slab<User> users_;
  FlatIndex index_;
  std::uint32_t newest_ = FlatIndex::kNone;
  std::uint32_t oldest_ = FlatIndex::kNone;
  std::size_t entries_ = 0;
  std::uint64_t forgotten_ = 0;
  LimitUse use_;
};

}  // namespace mpsdscope
