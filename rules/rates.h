// Counts and rates of responses, per title and per user + title beneath it. Capture time only.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "decode/time.h"
#include "rules/rule_table.h"
#include "rules/status_table.h"

namespace mpsdscope {

struct Call;

// 429s and responses within a sliding window.
struct WindowRate {
  std::uint64_t responses = 0;
  std::uint64_t throttled = 0;       // 429s
  std::uint64_t peak_throttled = 0;  // most 429s in any window so far
  CaptureTime peak_at{};             // when that peak was reached
};

// A snapshot for output.
struct RateSummary {
  std::array<std::uint64_t, kRowCount> by_row{};
  std::uint64_t requests = 0;
  std::uint64_t responses = 0;
  std::uint64_t throttled = 0;   // 429s in all
  WindowRate burst;              // last 15 s
  WindowRate sustained;          // last 300 s
  std::array<std::uint64_t, 4> violations{};  // by Severity
};

struct TitleRates {
  std::optional<std::uint32_t> title_id;  // nullopt: unknown
  RateSummary total;
  std::map<std::string, RateSummary> users;  // by XUID, else "hash:<user hash>", else ""; bounded
};

class Rates {
 public:
  void count(const Call& call);
  // The state at `now` (capture time), sorted by title id, unknown last.
  std::vector<TitleRates> snapshot(CaptureTime now) const;
};

}  // namespace mpsdscope
