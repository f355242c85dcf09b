#include "decode/stream.h"

#include <gtest/gtest.h>

#include "decode/protocol_selector.h"
#include "tests/decode/testing/http2_peer.h"

namespace mpsdscope {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

constexpr std::uint8_t kEndHeaders = NGHTTP2_FLAG_END_HEADERS;
constexpr std::uint8_t kBothEnds = kEndHeaders | NGHTTP2_FLAG_END_STREAM;
const std::string kGet = "GET / HTTP/1.1\r\n\r\n";

TEST(Stream, KnowsWhetherAnHttp1ExchangeIsUnderWay) {
  Connection connection(make_protocol_selector);
  connection.feed({client(kGet + kGet)});
  EXPECT_TRUE(connection.sink->under_way());
  connection.feed(
      {server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"
              "Content-Length: 2\r\n\r\no")});
  EXPECT_TRUE(connection.sink->under_way());
  connection.feed({server("k")});
  EXPECT_FALSE(connection.sink->under_way());
  connection.feed(
      {client("GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")});
  EXPECT_TRUE(connection.sink->under_way());
  connection.feed({server("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")});
  EXPECT_FALSE(connection.sink->under_way());
}

TEST(Stream, KnowsWhetherAnHttp2ExchangeIsUnderWay) {
  Connection connection(make_protocol_selector);
  connection.feed({client("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(NGHTTP2_SETTINGS, 0, 0, ""))});
  EXPECT_FALSE(connection.sink->under_way());
  connection.feed(
      {client(frame(NGHTTP2_HEADERS, kBothEnds, 1, block(Http2Peers::head("GET", "/"))))});
  EXPECT_TRUE(connection.sink->under_way());
  connection.feed({server(frame(NGHTTP2_HEADERS, kEndHeaders, 1, block({{":status", "200"}})))});
  EXPECT_TRUE(connection.sink->under_way());
  connection.feed({server(frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "ok"))});
  EXPECT_FALSE(connection.sink->under_way());
  connection.feed({client(frame(NGHTTP2_HEADERS, kEndHeaders, 3,
                                block({{":method", "CONNECT"}, {":authority", "in:80"}}))),
                   server(frame(NGHTTP2_HEADERS, kEndHeaders, 3, block({{":status", "200"}})))});
  EXPECT_FALSE(connection.sink->under_way());
}

}  // namespace
}  // namespace mpsdscope
