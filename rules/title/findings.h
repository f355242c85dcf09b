// Where the rules of the title's side put what they find.
#pragma once

#include <string>
#include <vector>

#include "rules/call.h"
#include "rules/rule_settings.h"

namespace mpsdscope {

// The call as the log names it.
ExchangeRef ref_of(const Exchange& exchange);

// The violations of one call. Appends in the order of the rule table, if the rules run in it.
class Findings {
 public:
  // Both outlive it.
  Findings(Call& call, const RuleSettings& settings) : call_(call), settings_(settings) {}

  // False: nobody wants to know, so that no message need be made.
  bool wanted(Rule rule) const { return settings_.severity_of(rule) != Severity::off; }

  // `earlier`: what it rests on besides this call, in order of completion; of more than
  // kMostNamedExchanges the first and the last ones are kept. Where it is not known that they are
  // the same user's, the severity is info at most.
  void report(Rule rule, std::string message, std::string advice,
              std::vector<ExchangeRef> earlier = {});

 private:
  Call& call_;
  const RuleSettings& settings_;
};

}  // namespace mpsdscope
