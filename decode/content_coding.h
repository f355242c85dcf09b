// Content codings (RFC 9110 §8.4.1): gzip, deflate, br, zstd, and lists of them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "decode/result.h"

namespace mpsdscope {

// Decodes `body`, coded as the value of Content-Encoding says ("gzip", "gzip, br", "identity", case
// ignored; "deflate" as zlib or, as some servers send it, raw). An Error when a coding is unknown,
// the data is damaged or cut, or the output would exceed `max_output` bytes.
Result<std::string> decode_content(std::string_view content_encoding, std::string_view body,
                                   std::size_t max_output);

}  // namespace mpsdscope
