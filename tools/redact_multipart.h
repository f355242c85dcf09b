// Secrets taken out of multipart/form-data (RFC 7578).
#pragma once

#include <string>
#include <string_view>

namespace mpsdscope {

// Does a body begin with a boundary, and has it a part with a Content-Disposition?
bool is_multipart(std::string_view body);

// The content of a part whose name tells a secret becomes REDACTED, that of others is redacted as a
// body of its own.
std::string redacted_multipart(std::string_view body);

}  // namespace mpsdscope
