// The story of a session out of its record in the log (tools/LOG.md): what append_session()
// (tools/pretty_sessions.h) needs of it.
#pragma once

#include <simdjson.h>

#include "rules/stories/story.h"

namespace mpsdscope {

Story read_story(const simdjson::dom::object& record);

}  // namespace mpsdscope
