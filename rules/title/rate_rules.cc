#include "rules/title/rate_rules.h"

#include <array>
#include <string>

namespace mpsdscope {
namespace {

constexpr std::array<Rule, kMeasures> kRules{Rule::rate_burst, Rule::rate_sustained,
                                             Rule::rate_certification};

std::string seconds(Duration period) {
  return std::to_string(period / std::chrono::seconds(1)) + " s";
}

std::string calls(std::uint32_t count) {
  return std::to_string(count) + (count == 1 ? " call" : " calls");
}

std::string message(Measure measure, const MeasuredUse& use, const std::string& name) {
  std::string text = calls(use.calls) + " of this user with this title within " +
                     seconds(use.period) + " count as " + name;
  if (measure == Measure::certification) {
    return text + ": that is " + std::to_string(kCertificationFactor) +
           " times the sustained limit of " + std::to_string(use.limit / kCertificationFactor) +
           ", at which certification fails";
  }
  text += ", the limit " + std::string(use.said ? "that a 429 told is " : "is ") +
          std::to_string(use.limit);
  return text + (use.news == Excess::certain
                     ? ": certain, more than twice as many are over it in one of the service's "
                       "periods, wherever these begin"
                     : ": at risk, over it if they fall into one of the service's periods");
}

std::string advice(const MeasuredUse& use, LimitBucket bucket) {
  const std::string pace = "at most " + calls(use.limit) + " in any " + seconds(use.period);
  switch (bucket) {
    case kMpsdBucket:
      return "make " + pace +
             ": read a session when a change notification comes, and join writes to it into one";
    case kSearchReadBucket:
      return "search with " + pace + ", and go on with the results meanwhile";
    case kSearchWriteBucket:
      return "create search handles with " + pace + "; one that exists need not be created again";
    default:
      return "make " + pace + ": keep answers, and ask for several users in one call";
  }
}

}  // namespace

void rate_rules(const LimitUse& use, const LimitTable& limits, Findings& findings) {
  for (std::size_t i = 0; i < kMeasures; ++i) {
    const MeasuredUse& measured = use.measures[i];
    if (measured.news == Excess::none || !findings.wanted(kRules[i])) continue;
    findings.report(kRules[i], message(static_cast<Measure>(i), measured, limits[use.bucket].name),
                    advice(i + 1 < kMeasures ? measured : use.of(Measure::sustained), use.bucket),
                    measured.earlier);
  }
}

}  // namespace mpsdscope
