// What the screen counts of each title: calls, 429s now and over the last minutes, how much of the
// limits the busiest user takes, findings.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "rules/limits.h"
#include "rules/sliding_window.h"
#include "tools/record.h"

namespace mpsdscope {

// The user who takes the greatest share of a limit.
struct BusiestUser {
  std::string user;  // XUID, "#<user hash>"; "" : none
  std::uint64_t calls = 0;
  std::uint64_t limit = 0;  // 0: there is none
  std::string limit_name;   // "": that of the session directory
  bool at_least = false;    // the calls: more than are kept one by one

  double share() const {
    return limit == 0 ? 0 : static_cast<double>(calls) / static_cast<double>(limit);
  }
};

struct TitleLine {
  std::optional<std::uint32_t> title_id;  // nullopt: unknown, or `other`
  bool other = false;                     // all titles beyond the limit of titles
  std::string name;                       // "" : none is known
  std::uint64_t calls = 0;
  std::uint64_t throttled = 0;
  WindowRate burst, sustained;
  // Share of 429s of each of the last slices of time, oldest first, 0 to 1; below 0: no response.
  std::vector<float> history;
  BusiestUser burst_user, sustained_user;
  std::array<std::uint64_t, 4> findings{};  // by Severity
};

struct Totals {
  std::uint64_t records = 0;
  std::uint64_t calls = 0;                  // of the session directory
  std::array<std::uint64_t, 4> findings{};  // by Severity
  std::optional<CaptureTime> newest;        // time of the latest record
};

// Single-threaded. Capture time only; time that steps back counts as the latest so far.
//
// Calls of the session directory are counted here, by user, record by record. Rates records say
// what its limits are (configured, or said by a 429), and how much was used of other limits, about
// once a minute: that holds for as long as the limit's period.
class TitleBoard {
 public:
  static constexpr std::size_t kMostTitles = 256;
  static constexpr std::size_t kMostUsers = 4'096;  // with calls within 300 s
  static constexpr Duration kSlice = std::chrono::seconds(10);
  static constexpr std::size_t kSlices = 30;

  void count(const Record& record);
  // Only what a rates record says of limits; it is no record of the log here.
  void take_limits(const Record& rates);
  // Time goes on without records.
  void tick(CaptureTime now);

  const Totals& totals() const { return totals_; }
  // Titles with the most calls first.
  std::vector<TitleLine> lines() const;
  // Calls of users for which there was no room.
  std::uint64_t overflowed() const { return overflowed_; }

 private:
  struct Slice {
    std::uint32_t responses = 0, throttled = 0;
  };
  struct Title {
    std::string name;
    std::uint64_t calls = 0, throttled = 0;
    SlidingWindow window{2'048};
    std::array<Slice, kSlices> slices{};
    std::int64_t slice = 0;  // number of the newest since 1970
    std::array<std::uint64_t, 4> findings{};
    std::array<std::uint64_t, 2> limits{kLimitFacts[kMpsdBucket].burst,
                                        kLimitFacts[kMpsdBucket].sustained};
    std::array<BusiestUser, 2> told;  // of other limits, by the last rates record
    CaptureTime told_at{};
  };
  struct User {
    std::string name;
    std::uint64_t title = 0;
    SlidingWindow window{512};
    CaptureTime last{};
  };

  Title& title_of(const Record& record, std::uint64_t& key);
  void count_slice(Title& title, bool throttled) const;
  void count_user(const Record& record, std::uint64_t title);
  static void note_limit(Title& title, const RecordRates& rates, const RecordLimit& limit);
  void forget_idle_users();
  std::vector<float> history_of(const Title& title) const;

  std::map<std::uint64_t, Title> titles_;  // by title id, kUnknown, kOther
  std::unordered_map<std::string, User> users_;
  CaptureTime now_{};
  CaptureTime forgot_{};
  Totals totals_;
  std::uint64_t overflowed_ = 0;
};

}  // namespace mpsdscope
