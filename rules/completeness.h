// How much of a response was seen: what may be judged and what may not.
#pragma once

#include "decode/exchange.h"

namespace mpsdscope {

// Was the content of the response received entirely and understood as sent?
bool response_body_known(const Exchange& exchange);

// Did a final response come that its sender completed? Then the client may stop sending the request
// (RFC 9110 §10.1.1), and the server may close before it has read all of it (RFC 9112 §9.6).
bool answered(const Exchange& exchange);

// Is the body all there and yet not to be decoded, for a coding that is damaged or unknown? Not so
// one that is decoded to more than our limit.
bool coding_damaged(const Exchange& exchange);

// Is the body known but for its end, which its sender did not send?
bool body_truncated_only(const Exchange& exchange);

}  // namespace mpsdscope
