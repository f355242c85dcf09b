// Websockets and the messages of RTA: no input crashes them, what they hold is bounded, and what
// they tell does not depend on how the bytes were cut. The first byte: what was agreed on.
#include "decode/rta_message.h"
#include "decode/websocket.h"
#include "tests/fuzz/http_fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mpsdscope;  // NOLINT(google-build-using-namespace)
  if (size == 0) return 0;
  const std::uint8_t agreed = data[0];
  const auto make = [agreed](DecodeContext& context, ConnectionInfo& info) {
    WebsocketUpgrade upgrade;
    upgrade.authority = "rta.example";
    upgrade.compression = {(agreed & 1) != 0, (agreed & 2) != 0, (agreed & 4) != 0};
    return make_websocket_connection(context, info, std::move(upgrade));
  };
  const Bytes input(data + 1, size - 1);
  const fuzz::Run whole = fuzz::run(make, input, size);
  const fuzz::Run pieces = fuzz::run(make, input, 1);
  if (whole.exchanges != pieces.exchanges) std::abort();
  if (whole.report.counters != pieces.report.counters) std::abort();
  for (const bool server : {true, false}) {
    RtaMessage message;
    read_rta_message(as_text(input), server, message);
  }
  return 0;
}
