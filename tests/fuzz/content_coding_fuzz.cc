// Content codings: no input crashes them or exceeds the cap. The first byte picks the coding.
#include <cstdint>
#include <cstdlib>

#include "decode/content_coding.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kCodings[] = {"gzip", "deflate", "br", "zstd", "gzip, br", "identity"};
  constexpr std::size_t kCap = 10'000;
  if (size == 0) return 0;
  const std::string_view coding = kCodings[data[0] % std::size(kCodings)];
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto decoded = mpsdscope::decode_content(coding, body, kCap);
  if (decoded.body.size() > kCap + 1) std::abort();
  if (decoded.outcome == mpsdscope::DecodedContent::Outcome::decoded &&
      decoded.body.size() > kCap) {
    std::abort();
  }
  // "deflate" may be tried in two formats, two codings are two passes.
  if (decoded.produced > 2 * (kCap + 1)) std::abort();
  return 0;
}
