// Exchanges in, verdicts out. Examining one exchange needs no memory and may run on any thread;
// the engine remembers, and takes the calls of a whole input in order on one thread.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "rules/call.h"
#include "rules/rates.h"

namespace mpsdscope {

struct RuleSettings {
  // Host patterns that are the service's; `*` matches any run of characters, a lone "*" every host.
  std::vector<std::string> mpsd_hosts = {"sessiondirectory.xboxlive.com",
                                         "client-sessiondirectory.xboxlive.com"};
  std::array<Severity, kRuleCount> severities;  // off: the rule is not reported
  bool keep_bodies = false;                     // else bodies are dropped when they have been read

  RuleSettings();  // default severities from the rule table
};

// True if the exchange is one of the service's: by host pattern; with no host known, by its path.
bool is_mpsd(const Exchange& exchange, const RuleSettings& settings);

// Reads one exchange: target, row, documents, identity as far as the exchange itself tells, and the
// rules of the service's side. Thread-safe.
CallPtr examine(ExchangePtr exchange, const RuleSettings& settings);

// Single-threaded. Calls in order of completion.
class Engine {
 public:
  explicit Engine(const RuleSettings& settings);
  // Completes the identity from what earlier calls taught, then counts the call in the rates.
  void judge(Call& call);

  const Rates& rates() const { return rates_; }

 private:
  const RuleSettings& settings_;
  Rates rates_;
  // Memory of handles and users is added by the implementation.
};

}  // namespace mpsdscope
