// Counts and rates of responses, per title and per user + title beneath it. Capture time only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/time.h"
#include "rules/bounded_map.h"
#include "rules/limit_usage.h"
#include "rules/rule_table.h"
#include "rules/sliding_window.h"
#include "rules/status_table.h"
#include "rules/stepping_clock.h"
#include "rules/title/conduct.h"

namespace mpsdscope {

struct Call;

// What the body of a 429 said about the limit, each of it only if it did, beside what we counted.
struct ToldLimit {
  std::optional<std::int64_t> current, max, period_s;
  std::optional<std::uint32_t> counted;  // our calls in that period
  CaptureTime at{};
};

// How much of a limit one user with one title used; of a title, the most that any of its users did.
struct LimitShare {
  struct Window {
    Duration period{};
    std::uint32_t limit = 0;  // 0: none
    bool said = false;        // by a 429; else by the table
    std::uint32_t now = 0;    // calls within the last period
    std::uint32_t peak = 0;   // most within any period so far
    CaptureTime peak_at{};    // the end of it
    bool at_least = false;    // the peak is at least so high: more than are kept one by one
  };
  LimitBucket bucket = 0;
  std::string name;               // of the limit
  std::uint64_t calls = 0;        // in all
  std::uint64_t throttled = 0;    // 429s among them
  std::array<Window, 2> windows;  // burst, sustained
  std::uint64_t told = 0;         // 429s whose body said something
  ToldLimit last_told;
};

// A snapshot for output.
struct RateSummary {
  std::array<std::uint64_t, kRowCount> by_row{};
  std::uint64_t requests = 0;
  std::uint64_t responses = 0;
  std::uint64_t throttled = 0;  // 429s in all
  WindowRate burst;             // last 15 s
  WindowRate sustained;         // last 300 s
  bool exact = true;            // false: more responses than the windows can hold one by one
  std::array<std::uint64_t, 4> violations{};  // by Severity
  ConductCounts conducts{};                   // how each wait that was asked for ended
  std::vector<LimitShare> limits;             // those that were used, in the order of the table
};

struct TitleRates {
  std::optional<std::uint32_t> title_id;  // nullopt: unknown, or `other`
  bool other = false;                     // all titles beyond the limit of titles
  RateSummary total;
  // By XUID, else "hash:<user hash>", else ""; those beyond the limits under "(other)".
  std::map<std::string, RateSummary> users;
};

struct RateLimits {
  std::size_t max_titles = 256;
  std::size_t max_users_per_title = 1'024;
  std::size_t max_users = 8'192;           // of all titles
  std::size_t max_title_entries = 16'384;  // distinct times within 300 s that are told apart
  std::size_t max_user_entries = 4'096;    // above the 3,000 calls at which certification fails
  std::size_t max_entries = std::size_t{1} << 20;  // of all windows, 16 bytes each
};

// Single-threaded. Times by SteppingClock: what is late counts as of the latest time so far.
class Rates {
 public:
  explicit Rates(const RateLimits& limits = {});

  // `use`: of a limit, nullptr if it counts against none. Calls of other services than the session
  // directory count for their limits alone.
  void count(const Call& call, const LimitUse* use = nullptr);
  // Counted where the calls of the same title and user are.
  void count(const Conduct& conduct);
  // What was counted under a user hash, of any title, is the user's of that XUID from now on.
  void join_user(std::string_view user_hash, std::string_view xuid);
  // The state at `now` (capture time), sorted by title id, then unknown, then other; without what
  // LimitUsage knows (names, calls of the last periods), which the engine adds.
  std::vector<TitleRates> snapshot(CaptureTime now) const;
  // Calls counted under "(other)" because there was no room for their title or user.
  std::uint64_t overflowed() const { return overflowed_; }

 private:
  struct Counts {
    explicit Counts(std::size_t most_entries) : window(most_entries) {}
    RateSummary summary;  // without its windows
    SlidingWindow window;
  };
  struct Title {
    // Most users that are not among them are recognised by an empty bucket.
    explicit Title(std::size_t most_entries) : total(most_entries) { users.max_load_factor(0.25F); }
    Counts total;
    TextMap<Counts> users;
    Counts* other_users = nullptr;  // among them, once there was no room for one
  };
  using TitleKey = std::uint64_t;  // title id, or kUnknown, or kOther: sorted as in the snapshot
  static constexpr TitleKey kUnknown = TitleKey{1} << 32;
  static constexpr TitleKey kOther = kUnknown + 1;

  // Where a user was counted last: nearly all calls are of one of a few. Who is counted under an
  // XUID stays there.
  struct Recent {
    std::uint64_t xuid = 0;
    const Title* title = nullptr;
    Counts* counts = nullptr;
  };

  Title& title_of(const Call& call);
  Counts& user_of(const Call& call, Title& title);
  Counts& look_up_user(std::string_view name, Title& title);
  void add(Counts& counts, const Call& call);
  static void add_use(RateSummary& summary, const Call& call, const LimitUse& use);
  void join(Counts& counts, const Counts& other);
  static RateSummary summary_at(const Counts& counts, CaptureTime now);

  RateLimits limits_;
  std::map<TitleKey, Title> titles_;
  std::size_t users_ = 0;
  std::size_t entries_ = 0;  // of all windows
  std::uint64_t overflowed_ = 0;
  SteppingClock clock_;
  std::string key_;                   // of the user, kept to save allocations
  std::array<Recent, 256> recent_{};  // by a hash of the XUID; none of `other_users`
};

}  // namespace mpsdscope
