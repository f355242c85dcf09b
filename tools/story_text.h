// The events of a session's story in words. Redacted and printable.
#pragma once

#include <string>
#include <string_view>

#include "rules/rta/notification.h"
#include "rules/stories/story.h"

namespace mpsdscope {

// A user as it is shown: an XUID, "#hash", or "-".
std::string user_text(std::string_view user);

// What happened, in a sentence or two: `wrote members/me; joined: 2814…; 3 members`.
std::string event_text(const StoryEvent& event);

// How a conflict ended: "adopted the returned state and wrote again, 24.0 ms later".
std::string resolution_text(const StoryEvent& conflict);
// The same in short, of many: "adopted and rewritten".
std::string_view short_text(Resolution resolution);

// What a client was told, and of which session: "session harbour, change 5".
std::string notification_text(const Notification& told);

}  // namespace mpsdscope
