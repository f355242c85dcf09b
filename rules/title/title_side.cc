#include "rules/title/title_side.h"

#include "rules/title/call_rules.h"
#include "rules/title/findings.h"

namespace mpsdscope {

void TitleSide::judge(Call& call) {
  conducts_.clear();
  Findings findings(call, settings_);
  contract_version(call, settings_.title, findings);
}

void TitleSide::finish() {
  conducts_.clear();
}

}  // namespace mpsdscope
