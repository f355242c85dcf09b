#include "decode/protocol_signature.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

struct Case {
  std::string bytes;
  Protocol protocol;
  bool sender_known;
  Direction sender;
};

std::vector<Case> cases() {
  using std::string_literals::operator""s;
  constexpr auto kServer = Direction::to_server, kClient = Direction::to_client;
  return {
      {"GET / HTTP/1.1\r\n", Protocol::http1, true, kServer},
      {"PUT /serviceconfigs", Protocol::http1, true, kServer},
      {"\r\nGET / HTTP/1.1\r\n", Protocol::http1, true, kServer},
      {"\r\rGET / HTTP/1.1\r\n", Protocol::unknown, false, kServer},
      {"CONNECT a:443 HTTP/1.1", Protocol::http1, true, kServer},
      {"HTTP/1.1 200 OK\r\n", Protocol::http1, true, kClient},
      {"HTTP/1.0 200", Protocol::http1, true, kClient},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Protocol::http2, true, kServer},
      {"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80"s, Protocol::http2, true, kClient},
      {"\x16\x03\x01\x02\0\x01\0\x01\xfc"s, Protocol::tls, true, kServer},
      {"\x16\x03\x03\0\x7a\x02\0\0\x76"s, Protocol::tls, true, kClient},
      {"\x17\x03\x03\x01\0"s, Protocol::tls, false, kServer},
      {"\x15\x03\x03\0\x02\x02\x28"s, Protocol::tls, false, kServer},
      {"GETX / HTTP/1.1", Protocol::unknown, false, kServer},
      {"HTTP/2 200", Protocol::unknown, false, kServer},
      {"SSH-2.0-OpenSSH_9.2", Protocol::unknown, false, kServer},
      {"\x16\x02\x03\0\x7a\x02"s, Protocol::unknown, false, kServer},
      {"\0\0\x12\x05\0\0\0\0\0"s, Protocol::unknown, false, kServer},
      {"\0\0\x11\x04\0\0\0\0\0"s, Protocol::unknown, false, kServer},
      {"{\"results\":[]}", Protocol::unknown, false, kServer},
  };
}

TEST(ProtocolSignature, IsToldByTheFirstBytes) {
  for (const Case& c : cases()) {
    const Signature found = identify(as_bytes(c.bytes));
    EXPECT_EQ(found.protocol, c.protocol) << ::testing::PrintToString(c.bytes);
    EXPECT_EQ(found.sender_known, c.sender_known) << ::testing::PrintToString(c.bytes);
    if (c.sender_known) {
      EXPECT_EQ(found.sender, c.sender) << ::testing::PrintToString(c.bytes);
    }
  }
}

// Fewer bytes say the same or nothing yet; 24 bytes always decide.
TEST(ProtocolSignature, APrefixNeverSaysSomethingElse) {
  for (const Case& c : cases()) {
    for (std::size_t n = 0; n < c.bytes.size(); ++n) {
      const std::vector<std::uint8_t> prefix(c.bytes.begin(),
                                             c.bytes.begin() + static_cast<std::ptrdiff_t>(n));
      const Protocol found = identify(prefix).protocol;
      EXPECT_TRUE(found == Protocol::undecided || found == c.protocol)
          << ::testing::PrintToString(c.bytes) << " after " << n;
    }
  }
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_NE(identify(std::vector<std::uint8_t>(24, static_cast<std::uint8_t>(byte))).protocol,
              Protocol::undecided);
  }
}

}  // namespace
}  // namespace mpsdscope
