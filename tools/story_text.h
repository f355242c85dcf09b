// The events of a session's story in words. Redacted and printable.
#pragma once

#include <string>
#include <string_view>

#include "rules/stories/story.h"

namespace mpsdscope {

// A user as it is shown: an XUID, "#hash", or "-".
std::string user_text(std::string_view user);

// An entity-tag short enough for a line: its beginning and its end.
std::string short_etag(std::string_view etag);

// What happened, in a sentence or two: `wrote members/me; joined: 2814…; 3 members`.
std::string event_text(const StoryEvent& event);

// How a conflict ended: "adopted the returned state and wrote again, 24.0 ms later".
std::string resolution_text(const StoryEvent& conflict);
// The same in short, of many: "adopted and rewritten".
std::string_view short_text(Resolution resolution);

}  // namespace mpsdscope
