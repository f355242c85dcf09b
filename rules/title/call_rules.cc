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

void small_batch(const Call& call, const TitleThresholds& thresholds, Findings& findings) {
  const TargetKind kind = call.target.kind;
  if (kind != TargetKind::batch_query && kind != TargetKind::handle_query) return;
  const std::optional<std::size_t> users = call.request_document->users;
  if (call.exchange->request.method != "POST" || !users || *users >= thresholds.small_batch) return;
  findings.report(Rule::small_batch,
                  "a " + std::string(name_of(kind)) + " for " +
                      (*users == 0   ? "no user"
                       : *users == 1 ? "one user"
                                     : std::to_string(*users) + " users"),
                  kind == TargetKind::batch_query
                      ? "ask for several users at once, or for one with a session query"
                      : "ask for the handles of several users at once");
}

}  // namespace mpsdscope
