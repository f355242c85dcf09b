// HTTP/1.x: no input crashes it, llhttp alone reads all of it in the same way, and where nothing
// had to be searched for, the exchanges do not depend on how the bytes were cut.
#include "decode/http1.h"
#include "tests/fuzz/http_fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mpsdscope;  // NOLINT(google-build-using-namespace)
  const fuzz::Run whole = fuzz::run(make_http1_connection, {data, size}, size);
  const fuzz::Run llhttp = fuzz::run(make_llhttp_connection, {data, size}, size);
  if (whole.exchanges != llhttp.exchanges || whole.report.counters != llhttp.report.counters) {
    std::abort();
  }
  const fuzz::Run pieces = fuzz::run(make_http1_connection, {data, size}, 1);
  for (const fuzz::Run* run : {&whole, &pieces}) {
    const DecodeReport& report = run->report;
    if (report[Counter::http_resynchronised] + report[Counter::http_bytes_skipped] > 0) return 0;
    // What runs inside a tunnel may be told from noise only where a chunk begins.
    if (report[Counter::connect_tunnels] > 0) return 0;
  }
  if (whole.exchanges != pieces.exchanges) std::abort();
  return 0;
}
