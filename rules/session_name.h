// What names a session: the ids of its path, compared without case.
#pragma once

#include <string>
#include <string_view>

#include "rules/digest.h"
#include "rules/target.h"

namespace mpsdscope {

struct SessionName {
  std::string scid, template_name, session;

  bool known() const { return !scid.empty() && !template_name.empty() && !session.empty(); }
};

// "scid~template~name" in lower case, as change notifications name a session; "" if any of them is
// unknown.
// Appended to `out`.
void append_session_key(std::string& out, std::string_view scid, std::string_view template_name,
                        std::string_view session);
std::string session_key(std::string_view scid, std::string_view template_name,
                        std::string_view session);
inline std::string session_key(const SessionName& name) {
  return session_key(name.scid, name.template_name, name.session);
}
inline std::string session_key(const Target& target) {
  return session_key(target.scid, target.template_name, target.session);
}

// Of what names the session of a call: its name, or, where it is not known, the handle.
Digest digest_of_session(const Target& target);

// The parts of "scid~template~name" as spelled; all of them "" if it is none.
SessionName parse_session_key(std::string_view key);

}  // namespace mpsdscope
