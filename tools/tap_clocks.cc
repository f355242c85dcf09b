#include "tools/tap_clocks.h"

#include <algorithm>
#include <cstdio>

#include "tools/escape.h"

namespace mpsdscope {
namespace {

std::string seconds_text(Duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", std::chrono::duration<double>(duration).count());
  return text;
}

}  // namespace

void TapClocks::note(const TcpSegment& segment, std::uint16_t input) {
  if (!(segment.flags & TcpFlags::syn)) return;
  const bool answer = (segment.flags & TcpFlags::ack) != 0;
  const Handshake handshake =
      answer ? Handshake{segment.destination, segment.source, segment.acknowledgment - 1}
             : Handshake{segment.source, segment.destination, segment.sequence};
  auto [at, added] = seen_.try_emplace(handshake);
  if (added) {
    order_.push_back(handshake);
    if (order_.size() > kMostHandshakes) {
      seen_.erase(order_.front());
      order_.pop_front();
    }
  }
  std::vector<Seen>& seen = at->second;
  const bool known = std::any_of(seen.begin(), seen.end(),
                                 [input](const Seen& other) { return other.input == input; });
  if (known) return;
  const Seen now{input, segment.time};
  for (const Seen& other : seen) compare(other, now);
  seen.push_back(now);
}

void TapClocks::compare(const Seen& one, const Seen& other) {
  if (one.input > other.input) return compare(other, one);
  const Duration offset = other.time - one.time;
  const std::pair pair{one.input, other.input};
  const auto found = offsets_.find(pair);
  if (found != offsets_.end()) {
    if (std::chrono::abs(offset) < std::chrono::abs(found->second)) found->second = offset;
  } else if (offsets_.size() < kMostPairs) {
    offsets_.emplace(pair, offset);
  }
}

std::vector<std::string> TapClocks::problems(const std::vector<std::string>& names,
                                             Duration most) const {
  std::vector<std::string> problems;
  for (const auto& [pair, offset] : offsets_) {
    if (std::chrono::abs(offset) <= most || pair.second >= names.size()) continue;
    const bool behind = offset < Duration::zero();
    const std::string& late = names[behind ? pair.first : pair.second];
    const std::string& early = names[behind ? pair.second : pair.first];
    problems.push_back(
        "the clock of " + printable(late) + " seems to be " +
        seconds_text(std::chrono::abs(offset)) + " ahead of that of " + printable(early) +
        ": both saw the same connections, but so far apart exchanges are lost; shift "
        "one of them, `editcap -t SECONDS IN OUT`");
  }
  return problems;
}

}  // namespace mpsdscope
