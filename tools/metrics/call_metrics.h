// What a live run counts of calls for Prometheus: by title and row, by rule, how long they took.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/call.h"
#include "rules/rule_table.h"
#include "rules/sliding_window.h"
#include "rules/stepping_clock.h"
#include "tools/metrics/exposition.h"
#include "tools/record.h"

namespace mpsdscope {

// Thread-safe. Of what traffic and logs say only ids of titles get into labels, and names that the
// program itself knows: their number is bounded, and nothing of them is secret or personal.
class CallMetrics {
 public:
  static constexpr std::size_t kMostTitles = 100;  // the rest is one, "other"
  // Upper bounds of the histogram, in seconds, as they are written.
  static constexpr std::array<std::pair<Duration, std::string_view>, 13> kBounds{
      {{std::chrono::milliseconds(5), "0.005"},
       {std::chrono::milliseconds(10), "0.01"},
       {std::chrono::milliseconds(25), "0.025"},
       {std::chrono::milliseconds(50), "0.05"},
       {std::chrono::milliseconds(100), "0.1"},
       {std::chrono::milliseconds(250), "0.25"},
       {std::chrono::milliseconds(500), "0.5"},
       {std::chrono::seconds(1), "1"},
       {std::chrono::milliseconds(2'500), "2.5"},
       {std::chrono::seconds(5), "5"},
       {std::chrono::seconds(10), "10"},
       {std::chrono::seconds(30), "30"},
       {std::chrono::seconds(60), "60"}}};

  // `now`: of the wall clock, as in append_to(). `fresh`: it has just happened, so that how long it
  // took to get here means something; of a record of an old log it does not.
  void count(const Call& call, CaptureTime now);
  void count(const Record& record, CaptureTime now, bool fresh);

  // All of it as of `now`. Rates fall while nothing comes.
  void append_to(Exposition& out, CaptureTime now) const;

 private:
  static constexpr std::uint64_t kUnknown = std::uint64_t{1} << 32;
  static constexpr std::uint64_t kOther = kUnknown + 1;

  struct Facts;
  struct Counts {
    std::string label, name;                            // name "": none is known
    std::array<std::uint64_t, kRowCount + 1> by_row{};  // the last: a row that is not known here
    std::uint64_t unanswered = 0;
    std::array<std::uint64_t, kBounds.size() + 1> durations{};  // of each bucket alone
    Duration duration_sum{};
    WindowRate burst, sustained;  // of a snapshot
  };
  struct Title {
    Counts counts;
    SlidingWindow window{2'048};
  };
  struct Totals {
    // By rule and Severity; the last: a rule that is not known here.
    std::array<std::array<std::uint64_t, 4>, kRuleCount + 1> violations{};
    std::uint64_t waits = 0;
    Duration waited{};
  };
  struct Snapshot {
    Totals totals;
    std::vector<Counts> titles;
    std::optional<CaptureTime> newest;
  };

  void count(const Facts& facts, CaptureTime now);
  void note_wait(Duration wait);
  Title& title_of(std::optional<std::uint32_t> id, std::string_view name);
  Snapshot snapshot(CaptureTime now) const;
  static void append_titles(Exposition& out, const std::vector<Counts>& titles);
  static void append_durations(Exposition& out, const std::vector<Counts>& titles);
  static void append_totals(Exposition& out, const Totals& totals);

  mutable std::mutex mutex_;
  std::map<std::uint64_t, Title> titles_;  // by id, kUnknown, kOther
  Totals totals_;
  SteppingClock clock_;                    // of calls
  std::optional<CaptureTime> counted_at_;  // the latest, by the wall clock
};

}  // namespace mpsdscope
