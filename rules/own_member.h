// What a call says of its caller's own member of the session.
#pragma once

#include <optional>
#include <string_view>

#include "rules/call.h"

namespace mpsdscope {

// members/me, or what lies below it.
bool is_own_member(const Target& target);

// Does its caller's membership end, if it succeeds?
bool leaves_session(const Call& call);

// The websocket connection that the caller's member is told of changes by from now on, if it
// succeeds: "" none any more; nullopt if the request says nothing of it. A view into the call.
std::optional<std::string_view> own_connection(const Call& call);

}  // namespace mpsdscope
