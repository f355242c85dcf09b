// SOCKS greetings: no bytes crash it, what comes of them does not depend on how they were cut, and
// with a password set nothing but the password leads on. First byte: 1 if there is one.
#include <cstdint>
#include <cstdlib>

#include "capture/proxy/http_target.h"
#include "capture/proxy/socks_greeting.h"
#include "tests/capture/proxy/greeting_transcript.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mpsdscope;  // NOLINT(google-build-using-namespace)
  static const ProxyAuth none;
  static const ProxyAuth secret = *ProxyAuth::parse("user:zq9");
  if (size == 0) return 0;
  const ProxyAuth& auth = data[0] % 2 == 1 ? secret : none;
  const std::string_view said = as_text({data + 1, size - 1});
  SocksGreeting whole(auth), pieces(auth);
  const testing::Greeted expected = testing::greet(whole, said, size);
  if (!(testing::greet(pieces, said, 1) == expected)) std::abort();
  if (whole.state() != Greeting::State::connect) return 0;
  if (!is_host(whole.destination().host) || whole.destination().port == 0) std::abort();
  if (auth.required() && said.find("zq9") == std::string_view::npos) std::abort();
  ByteQueue out;
  whole.connected(out);
  if (out.size() != 10) std::abort();
  return 0;
}
