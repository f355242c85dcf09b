// Numbers and kinds of calls in the messages of the title's side.
#pragma once

#include <string>

#include "rules/title/observed.h"

namespace mpsdscope {

// "3.8 s", "12 s", "0.0004 s": microseconds, zeros at the end left out.
std::string seconds_text(Duration duration);

// "PUT session", "POST handle-query".
std::string kind_text(std::string_view method, TargetKind target);

}  // namespace mpsdscope
