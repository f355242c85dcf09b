// The title's side: did it wait when told to, did it overwrite what it had not read, does it call
// more than it needs to?
#pragma once

#include <vector>

#include "rules/call.h"
#include "rules/rule_settings.h"
#include "rules/title/conduct.h"

namespace mpsdscope {

// Single-threaded. Calls in order of completion.
class TitleSide {
 public:
  explicit TitleSide(const RuleSettings& settings) : settings_(settings) {}

  // Runs the rules over the call and what is remembered, then remembers the call. The identity of
  // the call is complete.
  void judge(Call& call);
  // No more calls come.
  void finish();

  // What the last call, or the end, told of waits that were asked for.
  const std::vector<Conduct>& conducts() const { return conducts_; }
  const ConductCounts& conduct_counts() const { return conduct_counts_; }

 private:
  RuleSettings settings_;
  std::vector<Conduct> conducts_;
  ConductCounts conduct_counts_{};
};

}  // namespace mpsdscope
