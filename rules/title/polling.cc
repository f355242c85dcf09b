#include "rules/title/polling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string>
#include <vector>

#include "rules/title/wording.h"

namespace mpsdscope {
namespace {

// With one more regular GET.
std::uint32_t next_regular(const Gets& memory, const TitleThresholds& thresholds) {
  return memory.regular > 0 ? memory.regular + 1
                            : static_cast<std::uint32_t>(polling_calls(thresholds));
}

bool is_told(const Gets& memory, std::uint32_t regular) {
  return memory.regular == 0 || regular >= 2 * memory.told;
}

}  // namespace

std::size_t polling_calls(const TitleThresholds& thresholds) {
  return std::clamp(thresholds.polling_calls, kFewestPollingCalls, kMostPollingCalls);
}

GetRooms::GetRooms(const TitleThresholds& thresholds) : size_(polling_calls(thresholds) - 1) {}

Get* GetRooms::take() {
  if (taken_ == kRooms) {
    pieces_.push_back(std::make_unique<Get[]>(kRooms * size_));
    taken_ = 0;
  }
  return pieces_.back().get() + size_ * taken_++;
}

std::optional<Rhythm> rhythm_of(const Observed& seen, const Gets& memory,
                                const TitleThresholds& thresholds) {
  const std::size_t calls = polling_calls(thresholds);
  if (memory.last().size() + 1 < calls) return std::nullopt;
  std::array<CaptureTime, kMostPollingCalls> begins;
  std::size_t count = 0;
  for (const Get& get : memory.last()) begins[count++] = get.begin;
  // Answers may overtake each other. (std::inplace_merge would allocate.)
  std::size_t at = count++;
  for (; at > 0 && seen.begin < begins[at - 1]; --at) begins[at] = begins[at - 1];
  begins[at] = seen.begin;
  const Duration whole = begins[count - 1] - begins[0];
  const auto distances = static_cast<Duration::rep>(count - 1);
  const Duration mean = whole / distances;
  if (mean <= Duration::zero()) return std::nullopt;
  Rhythm rhythm{mean, {}};
  // Exact: each distance times their number is compared to the whole.
  const double most = thresholds.polling_tolerance * static_cast<double>(whole.count());
  for (std::size_t i = 1; i < count; ++i) {
    const Duration distance = begins[i] - begins[i - 1];
    if (distance > thresholds.polling_longest) return std::nullopt;
    if (std::abs(static_cast<double>((distance * distances - whole).count())) > most) {
      return std::nullopt;
    }
    rhythm.deviation = std::max(rhythm.deviation, std::chrono::abs(distance - mean));
  }
  return rhythm;
}

void forget_ahead(const Observed& seen, Gets& memory) {
  while (memory.count > 0 && seen.is_ahead(memory.entries[memory.count - 1].begin)) --memory.count;
}

void polling(const Observed& seen, const Gets& memory, const Rhythm& rhythm,
             std::optional<CaptureTime> subscribed, const TitleThresholds& thresholds,
             Findings& findings) {
  const std::uint32_t regular = next_regular(memory, thresholds);
  if (!is_told(memory, regular) || !findings.wanted(Rule::polling)) return;
  std::vector<ExchangeRef> earlier;
  for (const Get& get : memory.last()) earlier.push_back(get.ref);
  std::string message = std::to_string(regular) + " GETs of this " +
                        std::string(name_of(seen.call.target.kind)) + " at equal distances of " +
                        seconds_text(rhythm.distance) + " (within " +
                        seconds_text(rhythm.deviation) + ")";
  if (subscribed && *subscribed < seen.begin) {
    message += ", though for " + seconds_text(seen.begin - *subscribed) +
               " the user has been subscribed to its changes";
  }
  findings.report(Rule::polling, std::move(message),
                  subscribed
                      ? "read the session when a notification tells of a change, not by the clock"
                      : "subscribe to the changes of the session and read it when one is told",
                  std::move(earlier));
}

void remember(const Observed& seen, Gets& memory, const std::optional<Rhythm>& rhythm,
              const TitleThresholds& thresholds, GetRooms& rooms) {
  const std::uint32_t regular = rhythm ? next_regular(memory, thresholds) : 0;
  memory.told = !rhythm ? 0 : is_told(memory, regular) ? regular : memory.told;
  memory.regular = regular;
  const std::size_t most = polling_calls(thresholds) - 1;
  if (memory.entries == nullptr) memory.entries = rooms.take();
  Get* const begin = memory.entries;
  if (memory.count == most) {
    // One that began before all of them would be the first to go, if it is not the first after the
    // clock was set back.
    if (seen.begin < begin->begin && !seen.clock.was_set_back()) return;
    std::move(begin + 1, begin + most, begin);
    --memory.count;
  }
  Get* at = begin + memory.count++;
  for (; at > begin && seen.begin < std::prev(at)->begin; --at) *at = *std::prev(at);
  *at = {seen.begin, seen.ref};
}

}  // namespace mpsdscope
