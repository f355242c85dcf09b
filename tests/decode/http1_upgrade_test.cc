// What runs behind CONNECT and Upgrade.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/http1.h"
#include "tests/decode/testing/http1_messages.h"
#include "tests/decode/testing/http_transcript.h"

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

}  // namespace
}  // namespace mpsdscope
