// GETs of one session by the clock.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "rules/rule_settings.h"
#include "rules/title/findings.h"
#include "rules/title/observed.h"

namespace mpsdscope {

struct Get {
  CaptureTime begin{};
  ExchangeRef ref;
};

// Memory for those of many sessions, taken in large pieces, which all go together.
class GetRooms {
 public:
  explicit GetRooms(const TitleThresholds& thresholds);

  // Room for one GET less than make a finding. It is never given back.
  Get* take();

 private:
  static constexpr std::size_t kRooms = 64;  // in a piece

  std::size_t size_;  // of a room
  std::size_t taken_ = kRooms;
  std::vector<std::unique_ptr<Get[]>> pieces_;
};

// The last GETs of one session, or of one of its elements, by one user of a title.
struct Gets {
  // In the order in which they began, one less at most than make a finding.
  std::span<const Get> last() const { return {entries, count}; }
  // Forgets them and keeps the memory.
  void clear() {
    count = 0;
    regular = told = 0;
  }

  Get* entries = nullptr;     // a room, since the first one
  std::uint32_t regular = 0;  // how many up to the last one stand at equal distances
  std::uint32_t told = 0;     // how many there were when a finding told of them
  std::uint8_t count = 0;
};

// The configured number, within kFewestPollingCalls and kMostPollingCalls.
std::size_t polling_calls(const TitleThresholds& thresholds);

// Whether this GET stands with those before it at equal distances.
struct Rhythm {
  Duration distance{};   // their mean
  Duration deviation{};  // the largest from it
};
std::optional<Rhythm> rhythm_of(const Observed& seen, const Gets& memory,
                                const TitleThresholds& thresholds);

// Drops GETs from before the clock was set back, or with a wrong date: nothing comes after them.
void forget_ahead(const Observed& seen, Gets& memory);

// Told at the threshold, and again when there are twice as many. `subscribed`: since when the user
// is told of changes of this session.
void polling(const Observed& seen, const Gets& memory, const Rhythm& rhythm,
             std::optional<CaptureTime> subscribed, const TitleThresholds& thresholds,
             Findings& findings);

void remember(const Observed& seen, Gets& memory, const std::optional<Rhythm>& rhythm,
              const TitleThresholds& thresholds, GetRooms& rooms);

}  // namespace mpsdscope
