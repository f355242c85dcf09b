#include "rules/title/findings.h"

#include <utility>

namespace mpsdscope {

ExchangeRef ref_of(const Exchange& exchange) {
  return {exchange.conn, exchange.stream, exchange.completed()};
}

void Findings::report(Rule rule, std::string message, std::string advice,
                      std::vector<ExchangeRef> earlier) {
  Severity severity = settings_.severity_of(rule);
  if (severity == Severity::off) return;
  if (!earlier.empty() && call_.user_id.empty() && call_.user_hash.empty()) {
    severity = Severity::info;
    message += "; the user is unknown: calls that name none are taken for one user's";
  }
  // The first, and as many of the last as there is room for besides this call.
  if (earlier.size() >= kMostNamedExchanges) {
    const std::size_t surplus = earlier.size() - (kMostNamedExchanges - 1);
    earlier.erase(earlier.begin() + 1, earlier.begin() + 1 + static_cast<std::ptrdiff_t>(surplus));
  }
  earlier.push_back(ref_of(*call_.exchange));
  call_.violations.push_back(
      {rule, severity, std::move(message), std::move(advice), std::move(earlier)});
}

}  // namespace mpsdscope
