// The calls of one user with one title that count against one limit, in sliding windows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "rules/call.h"
#include "rules/limits.h"
#include "rules/stepping_clock.h"

namespace mpsdscope {

// What is measured. Certification: calls within 300 s against ten times the published limit.
enum class Measure : std::uint8_t { burst, sustained, certification };
constexpr std::size_t kMeasures = 3;

enum class Excess : std::uint8_t { none, at_risk, certain };

struct MeasuredUse {
  Duration period{};
  std::uint32_t limit = 0;  // 0: none
  bool said = false;        // the limit is one that a 429 told, not the table's
  std::uint32_t calls = 0;  // within the fullest window that holds the call
  CaptureTime end{};        // of that window
  bool at_least = false;    // they are more than are kept one by one
  // What has not been said yet of this excursion, which lasts until no call for a whole period was
  // over the limit.
  Excess news = Excess::none;
  std::vector<ExchangeRef> earlier;  // of news: the window's other calls, in order of completion

  // Of the same window.
  void take_calls(const MeasuredUse& other) {
    calls = other.calls;
    end = other.end;
    at_least = other.at_least;
  }
};

struct LimitUse {
  LimitBucket bucket = 0;
  std::array<MeasuredUse, kMeasures> measures;
  // Calls within the period that the body of this 429 tells.
  std::optional<std::uint32_t> within_said_period;

  const MeasuredUse& of(Measure measure) const {
    return measures[static_cast<std::size_t>(measure)];
  }
};

// A limit that the body of a 429 told, if it can be counted.
struct SaidLimit {
  std::uint16_t period_s = 0;
  std::uint16_t max = 0;  // 0: none
};
std::optional<SaidLimit> said_limit(const Call& call);

// Calls count when their requests began, and are kept as long as one that is late may need them;
// the oldest go when they are many more than a limit.
class LimitSeries {
 public:
  // How long: what came a period before a call that is late.
  static constexpr Duration kKept = kSustainedPeriod + SteppingClock::kLateness;

  LimitSeries() = default;
  LimitSeries(std::uint32_t title, LimitBucket bucket) : title_(title), bucket_(bucket) {}

  std::uint32_t title() const { return title_; }  // 0 unknown
  LimitBucket bucket() const { return bucket_; }
  bool empty() const { return entries_.empty(); }
  std::size_t entries() const { return entries_.size(); }  // in memory

  // Asks for the memory that the next call needs.
  void prefetch() const;
  // Counts the call and measures the windows that hold it; of `use` all but the bucket is set.
  // `limit`: the table's.
  void count(const Call& call, const RateLimit& limit, const SteppingClock& clock, LimitUse& use);
  // Calls that began within the last `period`, at most 300 s.
  std::uint32_t calls_within(Duration period, CaptureTime end) const;
  // Takes over the calls of another one, of the same limit.
  void join(LimitSeries& other);

 private:
  struct Entry {
    CaptureTime time;  // the request began
    ExchangeRef ref;
  };
  using Entries = std::vector<Entry>;

  Entries::const_iterator begin() const {
    return entries_.begin() + static_cast<std::ptrdiff_t>(begin_);
  }
  // `near`: the index of an entry where it may be.
  Entries::const_iterator first_after(CaptureTime time, std::size_t near) const;
  void drop_old(const SteppingClock& clock, std::size_t most);
  void restart_if_set_back(const Exchange& exchange, CaptureTime time);
  std::size_t insert(const Entry& entry);
  void take_limit(Measure measure, const RateLimit& limit, MeasuredUse& use) const;
  void measure(std::size_t at, std::size_t most, std::uint32_t& first_of_window,
               MeasuredUse& use) const;
  void find_news(Measure measure, Excess excess, std::size_t at, const SteppingClock& clock,
                 MeasuredUse& use);

  Entries entries_;  // ascending; those before begin_ are over
  std::uint32_t begin_ = 0;
  std::uint32_t title_ = 0;
  LimitBucket bucket_ = 0;
  // Where the windows of the last call begin, of burst and of sustained: those of the next one
  // begin near there.
  std::array<std::uint32_t, 2> firsts_{};
  std::array<Excess, kMeasures> told_{};          // of excursions
  std::array<SaidLimit, 2> said_;                 // in place of burst and sustained
  std::array<CaptureTime, kMeasures> over_at_{};  // ends of the last windows over the limits
};

// When a call begins to count.
CaptureTime begin_of(const Exchange& exchange);

}  // namespace mpsdscope
