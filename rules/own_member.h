// What a call says of its caller's own member of the session.
#pragma once

#include "rules/call.h"

namespace mpsdscope {

// members/me, or what lies below it.
bool is_own_member(const Target& target);

// Does its caller's membership end, if it succeeds?
bool leaves_session(const Call& call);

// Is what the request says of a connection (DocumentFacts::connection) said of its caller's member?
bool tells_own_connection(const Call& call);

}  // namespace mpsdscope
