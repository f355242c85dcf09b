// What a request path of the session directory addresses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mpsdscope {

enum class TargetKind : std::uint8_t {
  unknown,            // not a path of the service
  session,            // /serviceconfigs/{scid}/sessiontemplates/{template}/sessions/{name}
  element,            // … / {properties|constants|members|servers} …
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

struct Target {
  TargetKind kind = TargetKind::unknown;
  std::string scid;      // percent-decoded, as spelled; compare without case
  std::string template_name;
  std::string session;   // session name
  std::string element;   // path below the session, "" for the session itself
  std::string handle;    // handle id
  bool nocommit = false; // query nocommit=true: a dry run

  // Does success answer with an entire session? (target kinds session, session_by_handle)
  bool answers_session() const;
  // A session or an element of one, directly or by handle.
  bool within_session() const;
};

// `request_target` in origin or absolute form, query allowed. Matched without case.
Target parse_target(std::string_view request_target);

// Space-separated methods that the target supports, "" for unknown.
std::string_view methods_of(TargetKind kind);

}  // namespace mpsdscope
