// The story of a session for people: what it was, then a line an event.
#pragma once

#include <string>

#include "rules/stories/story.h"
#include "tools/pretty_line.h"

namespace mpsdscope {

void append_session(std::string& out, const PrettyOptions& options, const Story& story);

}  // namespace mpsdscope
