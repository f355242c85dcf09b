// What runs behind CONNECT and Upgrade.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/http1.h"
#include "tests/decode/testing/http1_messages.h"
#include "tests/decode/testing/http2_peer.h"

namespace mpsdscope {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)
using ::testing::ElementsAre;

const std::string kConnect = "CONNECT in.example:80 HTTP/1.1\r\nHost: in.example:80\r\n\r\n";

TEST(Http1, ReadsWhatRunsInsideAConnectTunnel) {
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    // The client does not wait for the answer.
    connection.feed({client(kConnect + "GET /in HTTP/1.0\r\n\r\n"),
                     server("HTTP/1.1 200 Established\r\nContent-Length: 9\r\n\r\n" + kOk),
                     client(get("/2")), server(ok("2"))},
                    cut);
    EXPECT_THAT(connection.briefs(), ElementsAre("CONNECT in.example:80 -> 200",
                                                 "GET /in -> 200 'ok'", "GET /2 -> 200 '2'"));
    EXPECT_EQ(connection[0].request.authority, "in.example:80");
    EXPECT_EQ(connection[1].request.authority, "in.example:80");
    EXPECT_EQ(connection[2].index, 2u);
    EXPECT_EQ(connection.count(Counter::connect_tunnels), 1u);
    EXPECT_EQ(connection.info.connect_depth, 1u);
  }
}

TEST(Http1, GoesOnAfterARefusedConnectOrUpgrade) {
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    connection.feed(
        {client(kConnect + get("/1")),
         server("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno" + kOk),
         client("GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
         server(ok("plain")), client(get("/2")), server(kOk)},
        cut);
    EXPECT_THAT(connection.briefs(),
                ElementsAre("CONNECT in.example:80 -> 403 'no'", "GET /1 -> 200 'ok'",
                            "GET /ws -> 200 'plain'", "GET /2 -> 200 'ok'"));
  }
}

// What was read of a head stays with its message when the answer comes before the rest.
TEST(Http1, ASwitchWithinARequestHeadKeepsItsWholeLines) {
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    connection.feed({client("GET /ws HTTP/1.1\r\nHost: in.example\r\nConnection: upgrade\r\n"
                            "Upgrade: websocket\r\nAuthorization: XBL3.0 x=1;t \r\nX-Ha"),
                     server("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n"
                            "Connection: upgrade\r\n\r\nbytes")},
                    cut);
    ASSERT_EQ(connection.recorder.exchanges.size(), 1u);
    const FieldLines& fields = connection[0].request.fields;
    EXPECT_EQ(fields.size(), 4u);
    EXPECT_EQ(fields.find(FieldName::authorization), "XBL3.0 x=1;t");
  }
}

TEST(Http1, BoundsTunnelsWithinTunnels) {
  Connection connection(make_http1_connection);
  connection.limits.max_connect_depth = 2;
  for (int i = 0; i < 4; ++i) {
    connection.feed({client(kConnect), server("HTTP/1.1 200 OK\r\n\r\n")});
  }
  EXPECT_EQ(connection.recorder.exchanges.size(), 3u);
  EXPECT_EQ(connection.info.connect_depth, 2u);
}

TEST(Http1, DropsWhatFollowsAWebsocketUpgrade) {
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    connection.feed(
        {client("GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
         server("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: "
                "Upgrade\r\n\r\n\x81\x05hello" +
                kOk),
         client("\x81\x85" + get("/no")), server_ends(), client_ends()},
        cut);
    EXPECT_THAT(connection.briefs(), ElementsAre("GET /ws -> 101"));
    EXPECT_EQ(connection.count(Counter::websockets), 1u);
    EXPECT_EQ(connection.sink->buffered_bytes(), 0u);
  }
}

// RFC 7540 §3.2.
const std::string kUpgrade =
    "PUT /up HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\nhi";
const std::string kSwitching =
    "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" +
    frame(NGHTTP2_SETTINGS, 0, 0, "");
constexpr std::uint8_t kBothEnds = NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM;

std::string get2(std::uint32_t stream) {
  return frame(NGHTTP2_HEADERS, kBothEnds, stream, block(Http2Peers::head("GET", "/2")));
}
std::string ok2(std::uint32_t stream, const std::string& body) {
  return frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream, block({{":status", "200"}})) +
         frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream, body);
}
const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(NGHTTP2_SETTINGS, 0, 0, "");

TEST(Http1, UpgradesToHttp2) {
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    connection.feed({client(get("/1")), server(kOk), client(kUpgrade), server(kSwitching),
                     client(kPreface + get2(3)), server(ok2(3, "three") + ok2(1, "one"))},
                    cut);
    EXPECT_THAT(connection.briefs(), ElementsAre("GET /1 -> 200 'ok'", "GET /2 -> 200 'three'",
                                                 "PUT /up 'hi' -> 200 'one'"));
    EXPECT_EQ(connection[2].stream, 1u);
    EXPECT_EQ(connection[2].request.authority, "h");
    EXPECT_EQ(connection[2].response.version, HttpVersion::http_2);
    EXPECT_EQ(connection.count(Counter::http2_connections), 1u);
    EXPECT_EQ(connection.count(Counter::websockets), 0u);
    EXPECT_EQ(connection.sink->buffered_bytes(), 0u);
  }
}

TEST(Http1, UpgradesThatEndWithoutAResponse) {
  Connection connection(make_http1_connection);
  connection.feed(
      {client(kUpgrade), server(kSwitching), client(kPreface), client_ends(), server_ends()});
  EXPECT_THAT(connection.briefs(), ElementsAre("PUT /up 'hi' -> ? !response-missing"));
}

TEST(Http1, UpgradesWhoseRequestWasLost) {
  Connection connection(make_http1_connection);
  connection.feed({client_lost(kUpgrade.size()), server(kSwitching), client(kPreface + get2(3)),
                   server(ok2(1, "one") + ok2(3, "three"))});
  EXPECT_THAT(connection.briefs(),
              ElementsAre("? -> 200 'one' !request-missing", "GET /2 -> 200 'three'"));
}

TEST(Http1, RefusedUpgradesToHttp2) {
  Connection connection(make_http1_connection);
  connection.feed({client(kUpgrade), server(kOk), client(get("/2")), server(kOk)});
  EXPECT_THAT(connection.briefs(), ElementsAre("PUT /up 'hi' -> 200 'ok'", "GET /2 -> 200 'ok'"));
  EXPECT_EQ(connection.count(Counter::http2_connections), 0u);
}

}  // namespace
}  // namespace mpsdscope
