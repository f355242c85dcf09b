// What one call means for its session.
#pragma once

#include <string>
#include <string_view>

#include "rules/call.h"
#include "rules/stories/story.h"

namespace mpsdscope {

// The text itself, or of a long one its beginning and its hash: comparable, of bounded size.
std::string bounded_text(std::string_view text);

// Who made the call, as stories name users.
Actor actor_of(const Call& call);

// What a request wants of the session.
struct CallIntent {
  explicit CallIntent(const Call& call);
  bool write = false;
  bool leaves = false;        // its caller's membership ends
  bool unconditional = true;  // no precondition, or If-Match: *
  std::string tag;  // of If-Match; "*" of If-None-Match: *; "" if there is none, or unknown
  CaptureTime begin{};
};

// What became of it. `deleted`: as far as is known the session had been deleted before.
StoryEventKind kind_of(const Call& call, bool deleted);
bool is_success_of_write(StoryEventKind kind);
// Does an answer of the kind show the session as it is?
bool shows_session(StoryEventKind kind);

// The facts that are the call's own; kind, chain and members are left to fill in.
StoryEvent event_of(const Call& call);

}  // namespace mpsdscope
