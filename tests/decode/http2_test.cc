#include "decode/http2.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/decode/testing/http2_peer.h"

namespace mpsdscope {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

const Headers kOk{{":status", "200"}, {"server", "s"}};
const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(NGHTTP2_SETTINGS, 0, 0, "");
constexpr std::uint8_t kEndHeaders = NGHTTP2_FLAG_END_HEADERS;
constexpr std::uint8_t kEndStream = NGHTTP2_FLAG_END_STREAM;
constexpr std::uint8_t kBothEnds = kEndHeaders | kEndStream;

Headers request_head(const std::string& path, const std::string& method = "GET") {
  return Http2Peers::head(method, path);
}
std::string request(std::uint32_t stream, const Headers& headers, std::uint8_t flags = kBothEnds) {
  return frame(NGHTTP2_HEADERS, flags, stream, block(headers));
}
std::string response(std::uint32_t stream, const Headers& headers, std::uint8_t flags = kBothEnds) {
  return frame(NGHTTP2_HEADERS, flags, stream, block(headers));
}

// However it is cut, the same exchanges come out: these.
std::vector<std::string> decode(const Transcript& transcript) {
  std::vector<std::string> whole, briefs;
  for (const Cut cut : cuts()) {
    Connection connection(make_http2_connection);
    connection.feed(transcript, cut);
    if (cut.kind == Cut::Kind::whole) {
      whole = connection.fulls();
      briefs = connection.briefs();
    }
    EXPECT_EQ(connection.fulls(), whole);
  }
  return briefs;
}

class Http2Padding : public ::testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Sizes, Http2Padding, ::testing::Values(0, 1, 7, 255));

TEST_P(Http2Padding, ReadsWhatRealPeersSay) {
  Http2Peers peers(GetParam());
  peers.settings(peers.client);
  peers.settings(peers.server, {{NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 100}});
  peers.exchange();
  const auto a = peers.get("/a");
  const auto b = peers.request(request_head("/b", "PUT"), std::string(40'000, 'b'), {{"x-t", "1"}});
  const auto c = peers.request(request_head("/c", "HEAD"));
  peers.exchange();
  peers.interim(a, {{":status", "103"}, {"link", "l"}});
  peers.respond(c, {{":status", "200"}, {"content-length", "99"}});
  peers.respond(b, kOk, "done", {{"x-sum", "5"}});
  peers.exchange();
  peers.respond(a, kOk, std::string(100, 'a'));
  peers.exchange();
  const Transcript transcript = peers.take();
  EXPECT_THAT(decode(transcript),
              UnorderedElementsAre("GET /a -> 200 '" + std::string(100, 'a') + "'",
                                   "PUT /b '" + std::string(40'000, 'b') + "' -> 200 'done'",
                                   "HEAD /c -> 200"));
  Connection connection(make_http2_connection);
  connection.feed(transcript);
  for (const ExchangePtr& exchange : connection.recorder.exchanges) {
    EXPECT_EQ(exchange->request.authority, "h.example");
    EXPECT_EQ(exchange->request.scheme, "https");
    EXPECT_EQ(exchange->request.version, HttpVersion::http_2);
    if (exchange->request.target != "/b") continue;
    EXPECT_EQ(exchange->stream, static_cast<std::uint32_t>(b));
    EXPECT_EQ(fields_of(exchange->response.fields), "server=s");
    EXPECT_EQ(fields_of(exchange->response.trailers), "x-sum=5");
  }
}

TEST(Http2, ReadsHeadersThatNeedContinuation) {
  Http2Peers peers;
  peers.exchange();
  Headers headers = request_head("/big");
  for (int i = 0; i < 40; ++i) {
    headers.emplace_back("x-" + std::to_string(i),
                         std::string(1'500, static_cast<char>('a' + i % 26)));
  }
  const auto id = peers.request(headers);
  peers.exchange();
  peers.respond(id, kOk);
  peers.exchange();
  const Transcript transcript = peers.take();
  EXPECT_THAT(decode(transcript), ElementsAre("GET /big -> 200"));
  Connection connection(make_http2_connection);
  connection.feed(transcript);
  EXPECT_EQ(connection[0].request.fields.size(), 40u);
}

TEST(Http2, FollowsTheHeaderTableThroughItsSizes) {
  Http2Peers peers;
  peers.exchange();
  std::vector<std::string> expected;
  for (std::uint32_t i = 0; i < 40; ++i) {
    if (i % 5 == 0) {
      const std::uint32_t size = i % 10 == 0 ? 8'192 - 150 * i : 60 * i;
      peers.settings(i % 3 == 0 ? peers.client : peers.server,
                     {{NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, size}});
    }
    const std::string number = std::to_string(i);
    Headers headers = request_head("/" + number);
    headers.emplace_back("x-" + std::to_string(i % 7), "value-" + std::to_string(i % 4));
    const auto id = peers.request(headers);
    peers.exchange();
    peers.respond(id, {{":status", "200"}, {"etag", number}, {"x-same", "same"}}, number);
    peers.exchange();
    expected.push_back("GET /" + number + " -> 200 '" + number + "'");
  }
  EXPECT_EQ(decode(peers.take()), expected);
}

TEST(Http2, MarksPushedExchanges) {
  Http2Peers peers;
  peers.exchange();
  const auto id = peers.get("/page");
  peers.exchange();
  const auto pushed = peers.push(id, request_head("/style"));
  peers.respond(id, kOk, "page");
  peers.exchange();
  peers.respond(pushed, kOk, "style");
  peers.exchange();
  EXPECT_THAT(decode(peers.take()),
              ElementsAre("GET /page -> 200 'page'", "GET /style -> 200 'style' !pushed"));
}

TEST(Http2, EndsStreamsThatAreReset) {
  Http2Peers peers;
  peers.exchange();
  peers.get("/1");
  const auto two = peers.get("/2");
  peers.exchange();
  nghttp2_submit_rst_stream(peers.client, NGHTTP2_FLAG_NONE, 1, NGHTTP2_CANCEL);
  peers.exchange();
  nghttp2_submit_rst_stream(peers.server, NGHTTP2_FLAG_NONE, two, NGHTTP2_REFUSED_STREAM);
  peers.exchange();
  EXPECT_THAT(decode(peers.take()), ElementsAre("GET /1 -> ? !stream-reset",
                                                "GET /2 -> ? !stream-reset !request-refused"));
}

std::string reset(std::uint32_t stream, char error) {
  return frame(NGHTTP2_RST_STREAM, 0, stream, std::string(3, '\0') + error);
}

TEST(Http2, TellsHowTheServerResetAStream) {
  const std::string one = kPreface + request(1, request_head("/1"));
  EXPECT_THAT(decode({client(one), server(reset(1, NGHTTP2_INTERNAL_ERROR))}),
              ElementsAre("GET /1 -> ? !response-missing !stream-reset"));
  Connection connection(make_http2_connection);
  connection.feed(
      {client(one), server(response(1, kOk, kEndHeaders) + frame(NGHTTP2_DATA, 0, 1, "half") +
                           reset(1, NGHTTP2_INTERNAL_ERROR))});
  EXPECT_THAT(connection.briefs(),
              ElementsAre("GET /1 -> 200 'half' !response-truncated !stream-reset"));
  EXPECT_EQ(connection[0].malformed, "the server reset the stream (INTERNAL_ERROR)");
}

TEST(Http2, ClientsThatGiveUpAreNoFaultOfTheServer) {
  const std::string one = kPreface + request(1, request_head("/1"));
  const std::string half = response(1, kOk, kEndHeaders);
  EXPECT_THAT(decode({client(one), server(half), client_ends(), server_ends()}),
              ElementsAre("GET /1 -> 200 !response-unseen"));
  EXPECT_THAT(decode({client(one), client_ends(), server(half), server_ends()}),
              ElementsAre("GET /1 -> 200 !response-truncated"));
  EXPECT_THAT(decode({client(one), server(half), client_ends(),
                      server(frame(NGHTTP2_DATA, kEndStream, 1, "rest")), server_ends()}),
              ElementsAre("GET /1 -> 200 'rest'"));
  EXPECT_THAT(decode({client(one), client_ends(StreamEnd::reset), server_ends(StreamEnd::reset)}),
              ElementsAre("GET /1 -> ? !response-unseen"));
}

TEST(Http2, ContentWhereNoneMayBeIsMalformed) {
  const auto after = [](const std::string& method, const Headers& head) {
    Connection connection(make_http2_connection);
    connection.feed(
        {client(kPreface + request(1, request_head("/1", method))),
         server(response(1, head, kEndHeaders) + frame(NGHTTP2_DATA, kEndStream, 1, "abc"))});
    EXPECT_TRUE(connection[0].defects.has(Defect::response_malformed));
    return connection[0].malformed;
  };
  EXPECT_EQ(after("GET", {{":status", "204"}}), "3 bytes of content in a 204");
  EXPECT_EQ(after("GET", {{":status", "304"}}), "3 bytes of content in a 304");
  EXPECT_EQ(after("HEAD", {{":status", "200"}, {"content-length", "3"}}),
            "3 bytes of content in a response to HEAD");
  EXPECT_THAT(decode({client(kPreface + request(1, request_head("/1"))),
                      server(frame(NGHTTP2_DATA, 0, 1, "early") + response(1, kOk))}),
              ElementsAre("GET /1 -> 200 !response-malformed"));
  EXPECT_THAT(decode({client(kPreface + request(1, request_head("/1"))),
                      server(response(1, {{":status", "304"}, {"content-length", "9"}}) +
                             frame(NGHTTP2_DATA, kEndStream, 3, ""))}),
              ElementsAre("GET /1 -> 304"));
}

TEST(Http2, TellsOnceWhatFollowsTheEndOfAResponse) {
  const std::string put = kPreface + request(1, request_head("/1", "PUT"), kEndHeaders);
  const std::string late = frame(NGHTTP2_DATA, 0, 1, "late");
  // While the request goes on, its exchange is there to be marked.
  EXPECT_THAT(decode({client(put), server(response(1, kOk) + late),
                      client(frame(NGHTTP2_DATA, kEndStream, 1, "x"))}),
              ElementsAre("PUT /1 'x' -> 200 !response-malformed"));
  EXPECT_THAT(decode({client(put), server(response(1, kOk) + response(1, kOk)),
                      client(frame(NGHTTP2_DATA, kEndStream, 1, "x"))}),
              ElementsAre("PUT /1 'x' -> 200 !response-malformed"));
  Connection connection(make_http2_connection);
  connection.feed({client(kPreface + request(1, request_head("/1"))),
                   server(response(1, kOk) + late + late), server(response(1, kOk))});
  EXPECT_THAT(connection.briefs(),
              ElementsAre("GET /1 -> 200", "? -> ? !request-missing !response-malformed"));
  EXPECT_EQ(connection[1].malformed, "DATA after the end of the response");
  EXPECT_EQ(connection[1].stream, 1u);
  EXPECT_EQ(connection[1].request.authority, "h.example");
  // A client that resets a stream must expect more on it (RFC 9113 §5.1).
  EXPECT_THAT(decode({client(kPreface + request(1, request_head("/1"))),
                      server(response(1, kOk, kEndHeaders)), client(reset(1, NGHTTP2_CANCEL)),
                      server(late + frame(NGHTTP2_DATA, kEndStream, 1, "") + late)}),
              ElementsAre("GET /1 -> 200 !stream-reset"));
}

TEST(Http2, CompletesTheAuthorityOfResponsesWithoutARequest) {
  Connection connection(make_http2_connection);
  connection.info.tls = true;
  connection.info.sni = "sni.example";
  connection.feed({client(kPreface), server(response(1, kOk)), client_ends(), server_ends()});
  EXPECT_EQ(connection[0].request.scheme + "://" + connection[0].request.authority,
            "https://sni.example");
}

TEST(Http2, GoawayLeavesLaterStreamsUnanswered) {
  const std::string goaway = frame(NGHTTP2_GOAWAY, 0, 0, std::string("\0\0\0\x01\0\0\0\0", 8));
  EXPECT_THAT(
      decode({client(kPreface + request(1, request_head("/1")) + request(3, request_head("/3"))),
              server(goaway + response(1, kOk))}),
      ElementsAre("GET /3 -> ? !request-refused", "GET /1 -> 200"));
  // Also what the client sends before it hears of it.
  EXPECT_THAT(
      decode({client(kPreface + request(1, request_head("/1"))), server(goaway + response(1, kOk)),
              client(request(3, request_head("/3"))), client_ends(), server_ends()}),
      ElementsAre("GET /1 -> 200", "GET /3 -> ? !request-refused"));
}

TEST(Http2, EarlyResponsesWaitForTheRequest) {
  const std::string begin = kPreface + request(1, request_head("/1", "PUT"), kEndHeaders);
  EXPECT_THAT(decode({client(begin), server(response(1, {{":status", "403"}})),
                      client(frame(NGHTTP2_DATA, kEndStream, 1, "body"))}),
              ElementsAre("PUT /1 'body' -> 403"));
  EXPECT_THAT(decode({client(begin), server(response(1, {{":status", "403"}})),
                      server(frame(NGHTTP2_RST_STREAM, 0, 1, std::string(4, '\0')))}),
              ElementsAre("PUT /1 -> 403"));
  EXPECT_THAT(decode({client(begin), server(response(1, {{":status", "403"}})),
                      server(reset(1, NGHTTP2_INTERNAL_ERROR))}),
              ElementsAre("PUT /1 -> 403 !stream-reset"));
}

TEST(Http2, ToleratesAResponseBeforeItsRequest) {
  EXPECT_THAT(decode({server(response(1, kOk)), client(kPreface + request(1, request_head("/1")))}),
              ElementsAre("GET /1 -> 200"));
  EXPECT_THAT(decode({server(response(1, kOk)), client_ends(), server_ends()}),
              ElementsAre("? -> 200 !request-missing"));
}

TEST(Http2, EndsOfTheConnection) {
  const std::string one = kPreface + request(1, request_head("/1"));
  EXPECT_THAT(decode({client(one), server_ends()}), ElementsAre("GET /1 -> ? !response-missing"));
  EXPECT_THAT(decode({client(one), server_ends(StreamEnd::unknown)}),
              ElementsAre("GET /1 -> ? !response-unseen"));
  EXPECT_THAT(decode({client(one), server(response(1, kOk, kEndHeaders)), server_ends()}),
              ElementsAre("GET /1 -> 200 !response-truncated"));
  EXPECT_THAT(decode({client(kPreface + request(1, request_head("/1", "PUT"), kEndHeaders)),
                      client_ends(StreamEnd::reset), server_ends(StreamEnd::reset)}),
              ElementsAre("PUT /1 -> ? !response-unseen !request-truncated"));
  EXPECT_THAT(decode({client(kPreface), server_ends(), client(request(1, request_head("/1")))}),
              ElementsAre("GET /1 -> ? !response-missing"));
}

TEST(Http2, GivesUpOnDamagedFraming) {
  const std::string open = request(1, request_head("/1"), 0);
  for (const std::string& damage : {
           std::string("GET / HTTP/1.1\r\n\r\n"),
           frame(NGHTTP2_CONTINUATION, kEndHeaders, 1, ""),
           open + frame(NGHTTP2_DATA, 0, 1, "x"),
           open + frame(NGHTTP2_CONTINUATION, kEndHeaders, 3, ""),
           frame(NGHTTP2_DATA, 0, 0, "x"),
           frame(NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, ""),
           frame(NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1,
                 "\x05"
                 "abcd"),
           frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_PADDED | kEndHeaders, 1,
                 "\x05"
                 "abcd"),
           frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_PRIORITY | kEndHeaders, 1, "abcd"),
           frame(NGHTTP2_HEADERS, kEndHeaders, 1, "\xff\xff\xff\xff\xff\xff"),
           frame(NGHTTP2_HEADERS, kEndHeaders, 1, "\x40"),
           frame(NGHTTP2_SETTINGS, 0, 1, ""),
           frame(NGHTTP2_SETTINGS, 0, 0, "abc"),
           frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, "abcdef"),
           frame(NGHTTP2_RST_STREAM, 0, 1, "abc"),
           frame(NGHTTP2_GOAWAY, 0, 0, "abc"),
           frame(NGHTTP2_PUSH_PROMISE, kEndHeaders, 1, std::string("\0\0\0\2", 4)),
           std::string("\xff\xff\xff\x01\x04\0\0\0\1", 9),
       }) {
    for (const Cut cut : cuts()) {
      Connection connection(make_http2_connection);
      connection.feed({client(kPreface), client(damage), client(request(3, request_head("/3")))},
                      cut);
      EXPECT_EQ(connection.count(Counter::http2_lost), 1u) << ::testing::PrintToString(damage);
      EXPECT_TRUE(connection.recorder.exchanges.empty());
    }
  }
}

TEST(Http2, TellsWhatIsMalformed) {
  const auto with = [](Headers headers, const std::string& name, const std::string& value) {
    headers.emplace_back(name, value);
    return headers;
  };
  const Headers get = request_head("/m");
  const std::pair<Headers, const char*> requests[] = {
      {with(get, "X-Upper", "1"), "Invalid field name"},
      {with(get, "a b", "1"), "Invalid field name"},
      {with(get, "x", "a\nb"), "Invalid field value"},
      {with(get, "x", " a"), "Invalid field value"},
      {with(get, "connection", "close"), "Connection-specific field"},
      {with(get, "te", "gzip"), "Connection-specific field"},
      {with(get, ":path", "/2"), "Repeated pseudo-header field"},
      {with(get, ":foo", "1"), "Unknown pseudo-header field"},
      {with(get, ":status", "200"), "Response pseudo-header field in a request"},
      {with(with({}, "x", "1"), ":method", "GET"), "Pseudo-header field after a field"},
      {{{":method", "GET"}, {":scheme", "https"}}, "No :path"},
      {{{":method", "GET"}, {":path", "/"}}, "No :scheme"},
      {{{":scheme", "https"}, {":path", "/"}}, "No :method"},
      {{{":method", "CONNECT"}, {":path", "/"}}, "CONNECT needs :authority and nothing else"},
      {with(get, "content-length", "x"), "Invalid content-length"},
      {with(get, "content-length", "3"), "content-length 3, but 0 bytes of content"},
  };
  for (const auto& [headers, reason] : requests) {
    Connection connection(make_http2_connection);
    connection.feed({client(kPreface + request(1, headers)), server(response(1, kOk))});
    ASSERT_EQ(connection.recorder.exchanges.size(), 1u) << reason;
    EXPECT_TRUE(connection[0].defects.has(Defect::request_malformed));
    EXPECT_EQ(connection[0].malformed, reason);
    EXPECT_EQ(connection.count(Counter::http_malformed), 1u);
  }
  const std::pair<Headers, const char*> responses[] = {
      {{{"server", "s"}}, "No :status"},
      {{{":status", "2x0"}}, "Invalid :status"},
      {{{":status", "101"}}, "Status 101 in HTTP/2"},
      {with(kOk, ":path", "/"), "Pseudo-header field after a field"},
      {{{":status", "200"}, {":path", "/"}}, "Request pseudo-header field in a response"},
      {with(kOk, "transfer-encoding", "chunked"), "Connection-specific field"},
      {with(kOk, "content-length", "7"), "content-length 7, but 0 bytes of content"},
  };
  for (const auto& [headers, reason] : responses) {
    Connection connection(make_http2_connection);
    connection.feed({client(kPreface + request(1, get)), server(response(1, headers))});
    ASSERT_EQ(connection.recorder.exchanges.size(), 1u) << reason;
    EXPECT_TRUE(connection[0].defects.has(Defect::response_malformed));
    EXPECT_EQ(connection[0].malformed, reason);
  }
}

TEST(Http2, TakesFramesAsLargeAsTheReceiverAllows) {
  const std::string data = frame(NGHTTP2_DATA, kEndStream, 1, std::string(20'000, 'x'));
  const std::string get = request(1, request_head("/1"));
  Connection connection(make_http2_connection);
  connection.feed({client(kPreface + get), server(response(1, kOk, kEndHeaders) + data)});
  EXPECT_THAT(connection.briefs(), ElementsAre("GET /1 -> 200 !response-gap"));
  const std::string allow = frame(NGHTTP2_SETTINGS, 0, 0, std::string("\0\x05\0\x01\0\0", 6));
  EXPECT_THAT(
      decode({client(kPreface + allow + get), server(response(1, kOk, kEndHeaders) + data)}),
      ElementsAre("GET /1 -> 200 '" + std::string(20'000, 'x') + "'"));
}

TEST(Http2, ChecksTrailers) {
  EXPECT_THAT(decode({client(kPreface + request(1, request_head("/1"))),
                      server(response(1, kOk, kEndHeaders) + response(1, {{":status", "200"}}))}),
              ElementsAre("GET /1 -> 200 !response-malformed"));
  EXPECT_THAT(
      decode({client(kPreface + request(1, request_head("/1"))),
              server(response(1, kOk, kEndHeaders) + response(1, {{"t", "1"}}, kEndHeaders) +
                     frame(NGHTTP2_DATA, kEndStream, 1, ""))}),
      ElementsAre("GET /1 -> 200 !response-malformed"));
}

TEST(Http2, IgnoresWhatComesForClosedStreams) {
  EXPECT_THAT(
      decode({client(kPreface + request(1, request_head("/1"))), server(response(1, kOk)),
              server(frame(NGHTTP2_DATA, 0, 1, "late") + response(1, kOk)),
              client(request(1, request_head("/again")) +
                     frame(NGHTTP2_RST_STREAM, 0, 1, std::string(4, '\0')) +
                     frame(0x77, 0xff, 1, "extension") +
                     frame(NGHTTP2_PRIORITY, 0, 9, "\0\0\0\0\0") + request(3, request_head("/3"))),
              server(response(3, kOk))}),
      ElementsAre("GET /1 -> 200", "? -> ? !request-missing !response-malformed", "GET /3 -> 200"));
}

TEST(Http2, ConnectTunnelsAreNotContent) {
  Connection connection(make_http2_connection);
  connection.feed({client(kPreface + request(1, {{":method", "CONNECT"}, {":authority", "in:80"}},
                                             kEndHeaders)),
                   server(response(1, kOk, kEndHeaders)),
                   client(frame(NGHTTP2_DATA, 0, 1, "bytes")),
                   server(frame(NGHTTP2_DATA, 0, 1, "bytes"))});
  EXPECT_THAT(connection.briefs(), ElementsAre("CONNECT in:80 -> 200"));
  EXPECT_EQ(connection.count(Counter::connect_tunnels), 1u);
}

// A tunnel in a stream, and what its client says in it.
void expect_tunnel(const std::string& said, Counter counter, std::uint64_t tls) {
  for (const Cut cut : cuts()) {
    Connection connection(make_http2_connection);
    connection.feed(
        {client(kPreface + request(1, {{":method", "CONNECT"}, {":authority", "in.example:443"}},
                                   kEndHeaders)),
         server(response(1, kOk, kEndHeaders)), client(frame(NGHTTP2_DATA, 0, 1, said)),
         server(frame(NGHTTP2_DATA, 0, 1, "HTTP/1.1 200 OK\r\n\r\n")),
         client(frame(NGHTTP2_DATA, kEndStream, 1, said))},
        cut);
    EXPECT_THAT(connection.briefs(), ElementsAre("CONNECT in.example:443 -> 200"));
    EXPECT_EQ(connection.count(counter), 1u);
    EXPECT_EQ(connection.count(Counter::connect_tunnels), 1u);
    const auto unread =
        connection.report.undecrypted.find({"in.example", TlsFailure::in_http2, ""});
    ASSERT_EQ(connection.report.undecrypted.size(), tls);
    EXPECT_EQ(unread != connection.report.undecrypted.end(), tls == 1);
  }
}

TEST(Http2, TellsWhatTunnelsWithinStreamsHold) {
  expect_tunnel(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
                Counter::tls_undecrypted, 1);
  expect_tunnel("GET / HTTP/1.1\r\n\r\n", Counter::http2_tunnels_unread, 0);
  expect_tunnel(std::string(100, 'x'), Counter::http2_tunnels_unread, 0);
}

TEST(Http2, CountsWebsockets) {  // RFC 8441
  Connection connection(make_http2_connection);
  Headers head = request_head("/ws", "CONNECT");
  head.emplace_back(":protocol", "websocket");
  connection.feed({client(kPreface + request(1, head, kEndHeaders)),
                   server(response(1, kOk, kEndHeaders)),
                   client(frame(NGHTTP2_DATA, 0, 1, "GET / HTTP/1.1\r\n\r\n"))});
  EXPECT_THAT(connection.briefs(), ElementsAre("CONNECT /ws -> 200"));
  EXPECT_EQ(connection.count(Counter::websockets), 1u);
  EXPECT_EQ(connection.count(Counter::connect_tunnels), 0u);
  EXPECT_EQ(connection.count(Counter::http2_tunnels_unread), 0u);
}

TEST(Http2, BoundsStreamsAndKeepsTheNewest) {
  Connection connection(make_http2_connection);
  connection.limits.max_h2_streams = 4;
  connection.feed({client(kPreface)});
  for (std::uint32_t i = 0; i < 10; ++i) {
    connection.feed({client(request(2 * i + 1, request_head("/" + std::to_string(i))))});
  }
  EXPECT_EQ(connection.count(Counter::http2_streams_dropped), 6u);
  EXPECT_EQ(connection.briefs().front(), "GET /0 -> ? !response-unseen");
  connection.feed({server(response(1, kOk) + response(19, kOk))});
  EXPECT_EQ(connection.briefs().back(), "GET /9 -> 200");
  EXPECT_EQ(connection.recorder.exchanges.size(), 7u);
}

TEST(Http2, ARequestWhoseHeadDoesNotEndIsTold) {
  const std::string head = block(request_head("/1"));
  const std::string begun = kPreface + frame(NGHTTP2_HEADERS, kEndStream, 1, head.substr(0, 1)) +
                            frame(NGHTTP2_CONTINUATION, 0, 1, head.substr(1));
  EXPECT_THAT(decode({client(begun), client_ends(), server_ends()}),
              ElementsAre("? -> ? !response-missing !request-truncated"));
  EXPECT_THAT(
      decode({client(begun), client_ends(StreamEnd::unknown), server_ends(StreamEnd::unknown)}),
      ElementsAre("? -> ? !response-unseen !request-gap"));
}

TEST(Http2, RapidResetsHoldNothing) {
  Connection connection(make_http2_connection);
  connection.feed({client(kPreface)});
  const std::size_t before = connection.sink->buffered_bytes();
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    connection.feed({client(request(2 * i + 1, request_head("/")) +
                            frame(NGHTTP2_RST_STREAM, 0, 2 * i + 1, std::string(4, '\0')))});
  }
  EXPECT_EQ(connection.recorder.exchanges.size(), 5'000u);
  EXPECT_EQ(connection.sink->buffered_bytes(), before);
}

TEST(Http2, ContinuationFloodsHoldNoMoreThanTheLimit) {
  Connection connection(make_http2_connection);
  connection.limits.max_h2_header_list = 20'000;
  connection.feed({client(kPreface + request(1, request_head("/1"), kEndStream))});
  for (int i = 0; i < 3'000; ++i) {
    connection.feed(
        {client(frame(NGHTTP2_CONTINUATION, 0, 1, block({{"x", std::string(100, 'x')}})))});
  }
  connection.feed(
      {client(frame(NGHTTP2_CONTINUATION, kEndHeaders, 1, "") + request(3, request_head("/3"))),
       server(response(1, kOk) + response(3, kOk))});
  EXPECT_THAT(
      connection.briefs(),
      ElementsAre("GET /1 -> 200 !request-malformed !request-head-over-limit", "GET /3 -> 200"));
  EXPECT_EQ(connection.count(Counter::http_heads_too_large), 1u);
  EXPECT_LT(connection[0].request.fields.byte_size(), 20'000u);
}

// As curl does when the answer comes before it has sent anything.
TEST(Http2, AnUploadMayBeLeftOffWhenTheWholeAnswerIsThere) {
  Headers put = request_head("/1");
  put.front().second = "PUT";
  put.emplace_back("content-length", "25");
  const std::string begin = kPreface + request(1, put, kEndHeaders);
  const std::string end = frame(NGHTTP2_DATA, kEndStream, 1, "");
  Connection early(make_http2_connection);
  early.feed({client(begin), server(response(1, kOk)), client(end)});
  EXPECT_THAT(early.briefs(), ElementsAre("PUT /1 -> 200 !request-truncated"));
  EXPECT_EQ(early.count(Counter::http_malformed), 0u);
  // Before that, or with too much, it is malformed.
  Connection late(make_http2_connection);
  late.feed({client(begin + end), server(response(1, kOk))});
  EXPECT_THAT(late.briefs(), ElementsAre("PUT /1 -> 200 !request-malformed"));
  Connection more(make_http2_connection);
  more.feed({client(begin), server(response(1, kOk)),
             client(frame(NGHTTP2_DATA, kEndStream, 1, std::string(26, 'x')))});
  EXPECT_THAT(more.briefs(), ElementsAre(::testing::HasSubstr("!request-malformed")));
}

TEST(Http2, AResponsesHeadOverTheLimitIsNotTheServersFault) {
  Connection connection(make_http2_connection);
  connection.limits.max_h2_header_list = 1'000;
  connection.feed({client(kPreface + request(1, request_head("/1")))});
  Headers head{{":status", "503"}};
  for (int field = 0; field < 40; ++field) head.emplace_back("x", "xxx");
  head.emplace_back("retry-after", "1");
  connection.feed({server(frame(NGHTTP2_HEADERS, kEndStream | kEndHeaders, 1, block(head)))});
  ASSERT_EQ(connection.recorder.exchanges.size(), 1u);
  EXPECT_EQ(connection[0].response.status, 503);
  EXPECT_TRUE(connection[0].response.head_cut);
  EXPECT_TRUE(connection[0].defects.has(Defect::response_head_over_limit));
  EXPECT_EQ(connection.count(Counter::http_malformed), 0u);
}

TEST(Http2, KeepsNoMoreOfABodyThanTheLimit) {
  Connection connection(make_http2_connection);
  connection.limits.max_body_bytes = 4;
  connection.feed(
      {client(kPreface + request(1, request_head("/1"))),
       server(response(1, kOk, kEndHeaders) + frame(NGHTTP2_DATA, kEndStream, 1, "abcdefgh"))});
  EXPECT_THAT(connection.briefs(), ElementsAre("GET /1 -> 200 'abcd' !response-body-cut"));
  EXPECT_EQ(connection[0].response.body_length, 8u);
}

// Random conversations between real peers come out as they went in.
TEST(Http2, RandomConversationsComeOutAsTheyWentIn) {
  for (unsigned seed = 1; seed <= 25; ++seed) {
    std::mt19937 random(seed);
    Http2Peers peers(random() % 3 * 20);
    peers.exchange();
    std::vector<std::string> expected;
    std::vector<std::pair<std::int32_t, std::string>> waiting;
    for (int turn = 0; turn < 40; ++turn) {
      if (waiting.empty() || random() % 2 == 0) {
        const std::string path = "/" + std::to_string(turn);
        const std::string body(random() % 3 == 0 ? random() % 2'000 : 0, 'q');
        Headers headers = request_head(path, "POST");
        if (random() % 2 == 0) headers.emplace_back("x-kind", std::to_string(random() % 5));
        const auto id = peers.request(headers, body);
        waiting.emplace_back(id, "POST " + path + (body.empty() ? "" : " '" + body + "'"));
      } else {
        const std::size_t i = random() % waiting.size();
        const std::string body(random() % 3'000, 's');
        if (random() % 3 == 0) peers.interim(waiting[i].first, {{":status", "102"}});
        peers.respond(waiting[i].first, {{":status", "200"}, {"etag", std::to_string(turn)}}, body);
        expected.push_back(waiting[i].second + " -> 200" + (body.empty() ? "" : " '" + body + "'"));
        waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
      }
      peers.exchange();
    }
    EXPECT_EQ(decode(peers.take()), expected) << seed;
  }
}

}  // namespace
}  // namespace mpsdscope
