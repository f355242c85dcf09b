// What shape a JSON document of the session directory has, decided from the parts that the reader
// met. Internal to session_document.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "decode/session_document.h"

namespace mpsdscope {

enum class FieldKind : std::uint8_t { absent, null, object, other };

// One numbered member: its index and the index of the one after it.
struct MemberLink {
  std::int64_t index;
  std::optional<std::int64_t> next;
};

// The three numbers that say how the member list is to be walked.
struct MemberListInfo {
  std::optional<std::int64_t> first, next, count;
};

// The top level of an object, as far as the decision needs it.
struct DocumentParts {
  FieldKind constants{}, properties{}, members{}, members_info{}, servers{};
  FieldKind results{}, session_ref{}, current_requests{};
  FieldKind next{}, join_time{};
  FieldKind contract_version{}, correlation_id{}, branch{}, change_number{};
  MemberListInfo info;      // of membersInfo
  MemberListInfo old_info;  // of members in the older shape: first, end, count
};

// Sets shape, problem and missing_fields of `facts` for an object. `links` are the numbered members
// in document order; they may be reordered. Takes n log n in their number at most, and ends for any
// links, cycles too.
void decide_shape(const DocumentParts& parts, std::vector<MemberLink>& links, int contract_version,
                  DocumentFacts& facts);

}  // namespace mpsdscope
