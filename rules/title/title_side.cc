#include "rules/title/title_side.h"

#include "rules/title/call_rules.h"
#include "rules/title/findings.h"
#include "rules/title/rate_rules.h"

namespace mpsdscope {

void TitleSide::judge(Call& call, const LimitUse* use) {
  conducts_.clear();
  Findings findings(call, settings_);
  if (call.mpsd) contract_version(call, settings_.title, findings);
  if (use != nullptr) rate_rules(*use, settings_.limits, findings);
}

void TitleSide::finish() {
  conducts_.clear();
}

}  // namespace mpsdscope
