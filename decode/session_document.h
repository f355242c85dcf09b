// The JSON documents of the session directory, read once into facts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mpsdscope {

enum class DocumentShape : std::uint8_t {
  none,            // no bytes
  not_json,        // bytes that are not JSON, or JSON that is damaged or cut
  other,           // JSON of no known shape
  session,         // an entire session
  partial_session, // has parts of a session but is not an entire one; `problem` says why
  member,          // a member element: next, joinTime, no membersInfo
  handle,          // id, type, sessionRef, version
  query_results,   // results
  rate_limit,      // maxRequests, periodInSeconds
};
std::string_view name_of(DocumentShape shape);

struct DocumentFacts {
  DocumentShape shape = DocumentShape::none;
  bool json_object = false;    // the body is a JSON object
  std::string problem;         // why it is not an entire session (or not JSON): for a person; "" if fine
  std::string title_id;        // handle's titleId or a member's activeTitleId, decimal as written; "" none
  std::string xuid;            // members.me.constants.system.xuid; "" none
  std::string owner_xuid;      // a handle's ownerXuid; "" none
  std::string handle_id;       // a handle's id; "" none
  std::string ref_scid, ref_template, ref_session;  // sessionRef of a handle
  std::optional<std::int64_t> current_requests, max_requests, period_in_seconds;  // rate limit
  std::string limit_type;
};

// Reads one body. `contract_version` as in the request's x-xbl-contract-version, 0 if unknown: 104
// and later owe further fields. Never throws; any bytes are welcome; deep nesting is refused.
// Thread-safe (parsers are per thread).
DocumentFacts read_document(std::string_view body, int contract_version);

}  // namespace mpsdscope
