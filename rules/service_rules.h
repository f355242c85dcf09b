// The rules of the service's side: what one exchange alone shows.
#pragma once

#include "rules/engine.h"
#include "rules/known_fields.h"

namespace mpsdscope {

// Reads Retry-After, ETag and correlation id of the response into the call.
void read_response_fields(Call& call, const KnownFields& fields);

// Appends the violations of a call whose target, row and documents are set, in the order of the
// rule table, each rule once at most. Rules about the body are judged only if the body is known; a
// rule that needs the method or target only if the request was seen. Messages quote no field that
// may hold a secret.
void judge_service_side(Call& call, const KnownFields& fields, const RuleSettings& settings);

}  // namespace mpsdscope
