// What a title did after it was told to come back later.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/target.h"
#include "rules/violation.h"

namespace mpsdscope {

enum class ConductEnd : std::uint8_t {
  honoured,  // the next request of the same user, title and limit came when the time was over
  ignored,   // it came earlier
  open,      // none came before the input ended
  count_
};
constexpr std::size_t kConductEnds = static_cast<std::size_t>(ConductEnd::count_);
std::string_view name_of(ConductEnd end);

// How often each.
using ConductCounts = std::array<std::uint64_t, kConductEnds>;

// How a 429 or 503 with Retry-After ended. A request that began in time but was answered late can
// turn out later to have been the first: then the same answer is told again, and the last one
// holds; `corrects` is what was told before.
struct Conduct {
  ConductEnd end = ConductEnd::open;
  std::optional<ConductEnd> corrects;
  ExchangeRef answer;  // the 429 or 503
  int status = 0;
  std::int64_t retry_after_s = 0;
  std::string method;  // of the call that was answered so
  TargetKind target = TargetKind::unknown;
  std::optional<std::uint32_t> title_id;
  std::string user;  // XUID, else "hash:<user hash>", else "", as in the rates
  // The request that ended it; not of `open`.
  std::optional<ExchangeRef> next;
  Duration after{};               // from the answer's completion to the request's first byte
  bool same_kind = false;         // the same method and kind of target
  std::optional<bool> automatic;  // a retry of the client library itself: the same Signature field;
                                  // nullopt: it is no retry, or there was no such field
};

// Counts it, and takes what it corrects back.
void count_in(ConductCounts& counts, const Conduct& conduct);

}  // namespace mpsdscope
