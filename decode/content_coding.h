// Content codings (RFC 9110 §8.4.1): gzip, deflate, br, zstd, and lists of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mpsdscope {

struct DecodedContent {
  enum class Outcome : std::uint8_t {
    decoded,
    failed,      // a coding is unknown, the data is damaged or cut
    over_limit,  // there is more than `max_output`; whether the rest is sound nobody knows
  };
  Outcome outcome = Outcome::decoded;
  std::string body;
  std::string reason;          // why not; for a person
  std::uint64_t produced = 0;  // bytes that came out of all passes, also in vain: what it cost
};

// Decodes `body`, coded as the value of Content-Encoding says ("gzip", "gzip, br", "identity", case
// ignored; "deflate" as zlib or, as some servers send it, raw). No pass makes more than a byte
// above `max_output`.
DecodedContent decode_content(std::string_view content_encoding, std::string_view body,
                              std::size_t max_output);

}  // namespace mpsdscope
