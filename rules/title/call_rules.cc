#include "rules/title/call_rules.h"

#include <string>

namespace mpsdscope {

void contract_version(const Call& call, const TitleThresholds& thresholds, Findings& findings) {
  if (!request_head_known(*call.exchange) || call.target.kind == TargetKind::unknown) return;
  if (call.contract_version.value_or(0) >= thresholds.contract_version) return;
  const std::string least = std::to_string(thresholds.contract_version);
  findings.report(Rule::contract_version,
                  call.contract_version
                      ? "x-xbl-contract-version is " + std::to_string(*call.contract_version) +
                            ", below " + least
                      : std::string("x-xbl-contract-version is missing or no number"),
                  "send x-xbl-contract-version: " + least + " or later with every request");
}

}  // namespace mpsdscope
