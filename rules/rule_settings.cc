#include "rules/rule_settings.h"

namespace mpsdscope {

RuleSettings::RuleSettings() {
  for (const RuleInfo& info : rule_table()) {
    severities[static_cast<std::size_t>(info.rule)] = info.severity;
  }
}

}  // namespace mpsdscope
