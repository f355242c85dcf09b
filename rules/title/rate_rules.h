// The rules of the rates: does a user with a title call more often than the limits allow?
#pragma once

#include "rules/limit_usage.h"
#include "rules/title/findings.h"

namespace mpsdscope {

// rate-burst, rate-sustained, rate-certification: what is new to say of the call's use of a limit.
void rate_rules(const LimitUse& use, const LimitTable& limits, Findings& findings);

}  // namespace mpsdscope
