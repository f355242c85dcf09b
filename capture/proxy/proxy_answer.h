// The proxy's own HTTP answers: a status and a sentence that says what to do.
#pragma once

#include <string>
#include <string_view>

#include "capture/proxy/greeting.h"

namespace mpsdscope {

// A whole response that ends the connection. 407 asks for Basic credentials (RFC 9110 §11.7.1).
// `with_body` false: to HEAD.
std::string proxy_answer(int status, std::string_view sentence, bool with_body = true);

// The status of a failure to connect: 403, 502, 503, 504.
int status_of(ConnectFailure failure);

}  // namespace mpsdscope
