// What a rule found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "decode/time.h"
#include "rules/rule_table.h"

namespace mpsdscope {

// An exchange as the log names it.
struct ExchangeRef {
  std::uint64_t conn = 0;
  std::uint32_t stream = 0;
  CaptureTime ts{};  // Exchange::completed()

  bool operator==(const ExchangeRef&) const = default;
};

// A finding names the first of them and the last ones, never more.
inline constexpr std::size_t kMostNamedExchanges = 16;

struct Violation {
  Rule rule;
  Severity severity;
  std::string message;  // what was found, with the numbers; from traffic, so escape before printing
  // The title's side only. What to do instead, one sentence; escape it too.
  std::string advice = {};
  // The exchanges that it rests on, in order of completion; the last is the one it was found at.
  std::vector<ExchangeRef> exchanges = {};
};

}  // namespace mpsdscope
