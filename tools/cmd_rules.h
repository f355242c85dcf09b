// mpsdscope rules [ID]: the status table and the rules, for people and for scripts.
#pragma once

#include <string>
#include <string_view>

#include "tools/options.h"
#include "tools/pretty_line.h"

namespace mpsdscope {

int cmd_rules(const RulesOptions& options);

void append_rule_listing(std::string& out, const PrettyOptions& options);
void append_rules_jsonl(std::string& out, std::string_view id);  // id "": all
// False when there is no rule or row of that name.
bool append_explanation(std::string& out, const PrettyOptions& options, std::string_view id);

}  // namespace mpsdscope
