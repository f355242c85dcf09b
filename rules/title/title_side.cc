#include "rules/title/title_side.h"

#include "rules/title/call_rules.h"
#include "rules/title/findings.h"

namespace mpsdscope {

void TitleSide::judge(Call& call) {
  Findings findings(call, settings_);
  contract_version(call, settings_.title, findings);
}

}  // namespace mpsdscope
