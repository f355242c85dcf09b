// What a request path of the session directory addresses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mpsdscope {

enum class TargetKind : std::uint8_t {
  unknown,  // not a path of the service, or one that its grammar does not have
  session,  // /serviceconfigs/{scid}/sessiontemplates/{template}/sessions/{name}
  element,  // … / {properties|constants|members/{index|me|reserve_n}|servers/{name}} …
  session_by_handle,  // /handles/{id}/session
  element_by_handle,  // /handles/{id}/session/…
  handles,            // /handles
  handle,             // /handles/{id}
  handle_query,       // /handles/query
  session_query,      // …/sessions
  batch_query,        // …/batch
  templates,          // /serviceconfigs/{scid}/sessiontemplates[/{template}]
  count_
};
std::string_view name_of(TargetKind kind);  // "session", "element", "session-by-handle", …

// Names are percent-decoded (RFC 3986 §2.1) and otherwise as spelled; compare them without case.
// They may hold any byte. An invalid escape stays as it is.
struct Target {
  TargetKind kind = TargetKind::unknown;
  std::string scid;
  std::string template_name;
  std::string session;    // session name
  std::string element;    // path below the session, "" for the session itself
  std::string handle;     // handle id
  bool nocommit = false;  // query nocommit=true: a dry run

  // Does success answer with an entire session? (target kinds session, session_by_handle)
  bool answers_session() const;
  // A session or an element of one, directly or by handle.
  bool within_session() const;

  // Back to as constructed. Keeps the memory that ordinary names need.
  void clear();
};

// `request_target` in origin or absolute form (RFC 9112 §3.2), query allowed. Matched without case;
// slashes at the end are ignored. Anything else is `unknown`, with nothing but nocommit set, and
// below /serviceconfigs/{scid} what its path names of scid, template and session: a path with a
// typing error still tells whose it is.
Target parse_target(std::string_view request_target);
// The same into a target that is clear.
void parse_target_into(Target& target, std::string_view request_target);

// Space-separated methods that the target supports, "" for unknown.
std::string_view methods_of(TargetKind kind);
// Methods are case-sensitive (RFC 9110 §9.1).
bool supports(TargetKind kind, std::string_view method);

}  // namespace mpsdscope
