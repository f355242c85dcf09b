// HTTP/2: no input crashes it, and the exchanges do not depend on how the bytes were cut.
#include "decode/http2.h"
#include "tests/fuzz/http_fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mpsdscope;  // NOLINT(google-build-using-namespace)
  const fuzz::Run whole = fuzz::run(make_http2_connection, {data, size}, size);
  const fuzz::Run pieces = fuzz::run(make_http2_connection, {data, size}, 1);
  if (whole.exchanges != pieces.exchanges) std::abort();
  if (whole.report.counters != pieces.report.counters) std::abort();
  return 0;
}
