// Messages that are not as they should be: syntax errors, surplus bytes, unread requests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/http1.h"
#include "tests/decode/testing/http1_messages.h"
#include "tests/decode/testing/http_transcript.h"

namespace mpsdscope {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Http1, TellsWhatIsMalformed) {
  const struct {
    const char* request;
    const char* reason;
  } kRequests[] = {
      {"GET /x HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "obs-fold"},
      {"GET /x HTTP/1.1\r\nHost: a\r\n\rX", "Expected LF after headers"},
      {"GET /x HTTP/1.1\r\nHost: a\rb\r\n\r\n", "Missing expected LF"},
      {"GET /x HTTP/1.1\nHost: a\n\n", "header value char, at byte 23"},
      {"GET /x HTTP/1.1\r\nHost : a\r\n\r\n", "Invalid header token, at byte 21 of the message"},
      {"POST /x HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "Content-Length"},
      {"POST /x HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\nabc", "Content-Length"},
      {"POST /x HTTP/1.1\r\nContent-Length: -3\r\n\r\nabc", "Content-Length"},
      {"POST /x HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "present"},
      {"POST /x HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding"},
      {"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "chunk size"},
      {"GET /x HTTP/1.7\r\n\r\n", "Invalid HTTP version"},
      {"GET /x HTTP/2.0\r\n\r\n", "Invalid HTTP version"},
      {"GET /x\r\n\r\n", "Invalid HTTP version"},
      {"FOO /x HTTP/1.1\r\n\r\n", "Invalid method encountered, in the start line"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2 preface"},
  };
  for (const auto& [request, reason] : kRequests) {
    std::vector<std::string> whole;
    for (const Cut cut : cuts()) {
      Connection connection(make_http1_connection);
      connection.feed({client(request), server_ends()}, cut);
      ASSERT_EQ(connection.recorder.exchanges.size(), 1u) << request;
      EXPECT_TRUE(connection[0].defects.has(Defect::request_malformed)) << request;
      EXPECT_THAT(connection[0].malformed, HasSubstr(reason)) << request;
      EXPECT_EQ(connection.count(Counter::http_malformed), 1u);
      if (whole.empty()) whole = connection.fulls();
      EXPECT_EQ(connection.fulls(), whole);
    }
  }
  for (const char* response :
       {"HTTP/1.1 99 OK\r\n\r\n", "HTTP/1.1 1000 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"}) {
    Connection connection(make_http1_connection);
    connection.feed({client(kGet), server(response)});
    ASSERT_EQ(connection.recorder.exchanges.size(), 1u) << response;
    EXPECT_TRUE(connection[0].defects.has(Defect::response_malformed)) << response;
  }
}

TEST(Http1, BytesAboveAsciiInATargetAreMalformedButRead) {
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    connection.feed({client("\r\nCONNECT n\xc3\xa4me:80 HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n\r\n"),
                     server("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"),
                     client("GET http://h.example/\xe9\xe9/\xe9 HTTP/1.0\r\nX-B: 2\r\n\r\n"),
                     server(kOk), client("GET \xe9 HTTP/1.1\r\nHost: h\r\n\r\n"), server(kOk)},
                    cut);
    EXPECT_THAT(connection.briefs(),
                ElementsAre("CONNECT n\xc3\xa4me:80 -> 403 !request-malformed",
                            "GET http://h.example/\xe9\xe9/\xe9 -> 200 'ok' !request-malformed",
                            "GET \xe9 -> 200 'ok' !request-malformed"));
    EXPECT_EQ(
        connection[0].malformed,
        "Byte above 0x7F in the request target, not percent-encoded, at byte 9 of the message");
    EXPECT_EQ(fields_of(connection[0].request.fields), "Host=h; X-A=1");
    EXPECT_EQ(connection[1].request.authority, "h.example");
    EXPECT_EQ(connection[1].request.version, HttpVersion::http_1_0);
    EXPECT_EQ(connection.count(Counter::http_malformed), 3u);
    EXPECT_EQ(connection.count(Counter::http_bytes_skipped), 0u);
  }
}

TEST(Http1, TargetsAboveAsciiCountForTheLimitToo) {
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    connection.limits.max_head_bytes = 100;
    connection.feed({client("GET /" + std::string(200, '\xe9') + " HTTP/1.1\r\n\r\n")}, cut);
    EXPECT_EQ(connection.count(Counter::http_heads_too_large), 1u);
  }
}

TEST(Http1, FindsARequestWithBytesAboveAsciiAfterAGap) {
  Connection connection(make_http1_connection);
  connection.feed({client_lost(0), server_lost(0), client("tail\r\n" + get("/\xe9")), server(kOk)});
  EXPECT_THAT(connection.briefs(), ElementsAre("GET /\xe9 -> 200 'ok' !request-malformed"));
}

TEST(Http1, NamesWhomAMalformedRequestConcerns) {
  Connection connection(make_http1_connection);
  connection.feed(
      {client("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n"), server_ends()});
  EXPECT_EQ(connection[0].request.method, "PUT");
  EXPECT_EQ(connection[0].request.target, "/x");
  EXPECT_EQ(connection[0].request.authority, "h");
  EXPECT_FALSE(connection[0].request.present);
}

TEST(Http1, KeepsWhatWasReadOfAMalformedHead) {
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    connection.feed({client("PUT /x HTTP/1.1\r\nHost: h\r\nA: 1 \r\nB : 2\r\nC: 3\r\n\r\n"),
                     server("HTTP/1.1 412 Not so\r\nETag: e \r\nF : 2\r\nG: 3\r\n\r\n")},
                    cut);
    ASSERT_EQ(connection.recorder.exchanges.size(), 1u);
    const Exchange& exchange = connection[0];
    EXPECT_EQ(exchange.request.method + exchange.request.target, "PUT/x");
    EXPECT_EQ(fields_of(exchange.request.fields), "Host=h; A=1");
    EXPECT_FALSE(exchange.request.present);
    EXPECT_TRUE(exchange.response.present);
    EXPECT_EQ(exchange.response.status, 412);
    EXPECT_EQ(exchange.response.reason, "Not so");
    EXPECT_EQ(exchange.response.version, HttpVersion::http_1_1);
    EXPECT_EQ(fields_of(exchange.response.fields), "ETag=e");
  }
  // A reason phrase is not needed. What a status would change on the connection, it does not.
  Connection connection(make_http1_connection);
  connection.feed(
      {client(kGet), server("HTTP/1.1 101\r\nA : b\r\n\r\n"), client(get("/b")), server(kOk)});
  EXPECT_THAT(
      connection.briefs(),
      ElementsAre("GET /a -> 101 !response-malformed !response-ambiguous", "GET /b -> 200 'ok'"));
}

// A response that nobody is known to have asked for is judged as what its connection carries.
TEST(Http1, CompletesTheAuthorityOfRequestsThatWereNotRead) {
  const auto last = [](const Transcript& transcript, const auto& set) {
    Connection connection(make_http1_connection);
    set(connection.info);
    connection.feed(transcript);
    const HttpRequest& read = connection.recorder.exchanges.back()->request;
    EXPECT_FALSE(read.present);
    return read.scheme + "://" + read.authority;
  };
  const auto nothing = [](ConnectionInfo&) {};
  const auto tls = [](ConnectionInfo& info) {
    info.tls = true;
    info.sni = "sni.example";
  };
  const auto tunnel = [](ConnectionInfo& info) {
    info.sni = "sni.example";
    info.connect_authority = "c.example:443";
  };
  const Transcript orphan{server(kOk), client_ends()};
  EXPECT_EQ(last(orphan, nothing), "http://");
  EXPECT_EQ(last(orphan, tls), "https://sni.example");
  EXPECT_EQ(last(orphan, tunnel), "http://c.example:443");
  const Transcript after{client(kGet), server(kOk), client_lost(40), server(ok("orphan"))};
  EXPECT_EQ(last(after, tls), "https://h");
  EXPECT_EQ(last({client("GET https://a.example/ HTTP/1.1\r\n\r\n"), server(kOk), client_lost(40),
                  server(kOk)},
                 nothing),
            "https://a.example");
  for (const char* head : {"PUT /x HTTP/1.1\r\nA : b\r\n\r\n", "PUT /x", "\x01"}) {
    EXPECT_EQ(last({client(head), client_ends(), server(kOk)}, tls), "https://sni.example") << head;
    EXPECT_EQ(last({client(kGet), server(kOk), client(head), client_ends(), server(kOk)}, tls),
              "https://h")
        << head;
  }
  // What a request says of itself comes first, also if its response began before it was read.
  Connection connection(make_http1_connection);
  connection.feed({client(kGet), server(kOk), client("GET /b HTTP/1.1\r\n"),
                   server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"),
                   client("Host: other\r\n\r\n"), server("ok")});
  EXPECT_EQ(connection[1].request.authority, "other");
}

TEST(Http1, MarksAResponseWithSurplusBytesBehindIt) {
  const std::string no_content = "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello";
  const struct {
    std::string response;
    const char* brief;
    const char* reason;
  } kCases[] = {
      {ok("1") + "garbage\r\n", "GET /a -> 200 '1'", "9 bytes after the end of the response"},
      {ok("1") + "}", "GET /a -> 200 '1'", "1 byte after the end of the response"},
      {no_content, "GET /a -> 204", "5 bytes after the end of the response"},
      {"HTTP/1.1 304 N\r\n\r\nhello", "GET /a -> 304", "5 bytes after the end of the response"},
      {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n12", "GET /a -> 200 '1'",
       "1 byte after the end of the response"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n0\r\n\r\n", "GET /a -> 200",
       "5 bytes after the end of the response"},
  };
  for (const auto& [response, brief, reason] : kCases) {
    Connection connection(make_http1_connection);
    connection.feed({client(kGet), server(response), client(get("/b")), server(kOk)});
    EXPECT_THAT(connection.briefs(),
                ElementsAre(std::string(brief) + " !response-malformed", "GET /b -> 200 'ok'"));
    EXPECT_EQ(connection[0].malformed, reason);
    EXPECT_EQ(connection.count(Counter::http_malformed), 1u);
  }
}

TEST(Http1, SurplusBytesThatComeLaterAreAnExchangeOfTheirOwn) {
  Connection connection(make_http1_connection);
  connection.feed({client(kGet), server(ok("1")), server("garb"), server("age\r\n"),
                   client(get("/b")), server(kOk)});
  EXPECT_THAT(connection.briefs(),
              ElementsAre("GET /a -> 200 '1'", "? -> ? !request-missing !response-malformed",
                          "GET /b -> 200 'ok'"));
  const Exchange& surplus = connection[1];
  EXPECT_EQ(surplus.malformed, "9 bytes after the end of the previous response");
  EXPECT_EQ(surplus.conn, 7u);
  EXPECT_EQ(surplus.stream, 1u);
  EXPECT_EQ(surplus.request.authority, "h");
  EXPECT_EQ(connection[2].stream, 2u);
  EXPECT_EQ(connection.sink->buffered_bytes(), 0u);
}

TEST(Http1, AllSurplusBytesAreCounted) {
  const std::string begin = ok("1") + "garb", more = "more\nand HTTP/1.1 more\n";
  const auto after = [&](const Transcript& rest) {
    Connection connection(make_http1_connection);
    connection.feed({client(kGet), server(begin), server(more), server("the end")});
    connection.feed(rest);
    EXPECT_EQ(connection.briefs().front(), "GET /a -> 200 '1' !response-malformed");
    EXPECT_EQ(connection[0].stream, 1u);
    EXPECT_EQ(connection.count(Counter::http_bytes_skipped), 4 + more.size() + 7);
    EXPECT_EQ(connection.sink->buffered_bytes(), 0u);
    return connection[0].malformed;
  };
  const std::string all =
      std::to_string(4 + more.size() + 7) + " bytes after the end of the response";
  EXPECT_EQ(after({client(get("/b")), server(kOk)}), all);
  EXPECT_EQ(after({server_lost(20), client(get("/b")), server(kOk)}), all);
  EXPECT_EQ(after({server_ends()}), all);
  EXPECT_EQ(after({client_ends(), server_ends(StreamEnd::unknown)}), all);
}

TEST(Http1, SurplusBytesBetweenPipelinedResponsesAreNobodysAnswer) {
  Connection connection(make_http1_connection);
  connection.feed({client(get("/1") + get("/2")), server(ok("1") + "xyz\n" + ok("2")),
                   client_ends(), server_ends()});
  EXPECT_EQ(connection.briefs().front(), "GET /1 -> 200 '1' !response-malformed");
  EXPECT_EQ(connection[0].malformed, "4 bytes after the end of the response");
  for (const ExchangePtr& exchange : connection.recorder.exchanges) {
    EXPECT_FALSE(exchange->request.target == "/2" &&
                 exchange->defects.has(Defect::response_malformed));
  }
}

TEST(Http1, SurplusBytesBehindAnEarlyResponse) {
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    connection.feed({client("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nhi"),
                     server("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"), server("?"),
                     client("ho"), server_ends()},
                    cut);
    EXPECT_THAT(connection.briefs(), ElementsAre("PUT /a 'hiho' -> 403 !response-malformed"));
    EXPECT_EQ(connection[0].malformed, "1 byte after the end of the response");
  }
}

TEST(Http1, AResponsesHeadOverTheLimitIsNotTheServersFault) {
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    connection.limits.max_head_bytes = 100;
    connection.feed(
        {client(get("/a")),
         server("HTTP/1.1 503 Busy\r\nX: " + std::string(200, 'x') + "\r\nRetry-After: 1\r\n\r\n"),
         server_ends()},
        cut);
    ASSERT_EQ(connection.recorder.exchanges.size(), 1u);
    EXPECT_EQ(connection[0].response.status, 503);
    EXPECT_TRUE(connection[0].response.head_cut);
    EXPECT_TRUE(connection[0].defects.has(Defect::response_head_over_limit));
    EXPECT_FALSE(connection[0].defects.has(Defect::request_head_over_limit));
  }
}

}  // namespace
}  // namespace mpsdscope
