// Rules of the title's side that one call alone shows.
#pragma once

#include "rules/call.h"
#include "rules/rule_settings.h"
#include "rules/title/findings.h"

namespace mpsdscope {

void contract_version(const Call& call, const TitleThresholds& thresholds, Findings& findings);
void small_batch(const Call& call, const TitleThresholds& thresholds, Findings& findings);

}  // namespace mpsdscope
