// Numbers and kinds of calls in the messages of the title's side.
#pragma once

#include <string>
#include <string_view>

#include "rules/title/observed.h"

namespace mpsdscope {

// "3.8 s", "12 s", "0.0004 s": microseconds, zeros at the end left out.
std::string seconds_text(Duration duration);

// "PUT session", "POST handle-query".
std::string kind_text(std::string_view method, TargetKind target);

// An entity-tag as it stands, as its quotes are its own; one that is not plain or long as quoted().
std::string etag_text(std::string_view etag);

}  // namespace mpsdscope
