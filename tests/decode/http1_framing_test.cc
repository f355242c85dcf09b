// Messages whose end another reader may see elsewhere: flagged, with the reason, never guessed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/http1.h"
#include "tests/decode/testing/http_transcript.h"

namespace mpsdscope {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)
using ::testing::HasSubstr;

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

struct Case {
  std::string message;
  const char* reason;
};

std::string chunked(const std::string& chunks) {
  return "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks;
}
std::string post(const std::string& lines) {
  return "POST /x HTTP/1.1\r\n" + lines + "\r\n\r\n";
}

TEST(Http1Framing, AmbiguousRequestsAreFlaggedWithTheReason) {
  const Case kCases[] = {
      // Lengths.
      {post("Content-Length: 3\r\nTransfer-Encoding: chunked"), "Content-Length"},
      {post("Transfer-Encoding: chunked\r\nContent-Length: 3"), "Content-Length"},
      {post("Content-Length: 3\r\nContent-Length: 4"), "Content-Length"},
      {post("Content-Length: 3\r\nContent-Length: 3"), "Content-Length"},
      {post("Content-Length: 3, 3"), "Content-Length"},
      {post("Content-Length: +3"), "Content-Length"},
      {post("Content-Length: 99999999999999999999999"), "Content-Length"},
      {post("Content-Length:"), "Content-Length"},
      // Transfer codings.
      {post("Transfer-Encoding: chunked, gzip"), "Transfer-Encoding"},
      {post("Transfer-Encoding: chunked, chunked"), "Transfer-Encoding"},
      {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"), "Transfer-Encoding"},
      {post("Transfer-Encoding: xchunked"), "Transfer-Encoding"},
      {post("Transfer-Encoding: \"chunked\""), "Transfer-Encoding"},
      {post("Transfer-Encoding:"), "An empty Transfer-Encoding"},
      {"POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "in HTTP/1.0"},
      // Lines.
      {post("A: x\r\n y"), "obs-fold"},
      {post("A:\r\n y"), "obs-fold"},
      {post("Transfer-Encoding:\r\n chunked"), "obs-fold"},
      {"GET /x HTTP/1.1\r\n A: b\r\n\r\n", "space after start line"},
      {post("A: x\ry"), "LF"},
      {"GET /x HTTP/1.1\rA: b\r\n\r\n", "CRLF after version"},
      {"GET /x HTTP/1.1\nA: b\r\n\r\n", "does not end with CR LF"},
      {"GET /x HTTP/1.1\n\n", "does not end with CR LF"},
      {"GET /x HTTP/1.1\r\nA: b\n\r\n", "header value char"},
      {"GET /x HTTP/1.1\r\nA: b\r\n\n", "does not end with CR LF"},
      {"\nGET /x HTTP/1.1\r\n\r\n", "before the start line"},
      {"GET  /x HTTP/1.1\r\n\r\n", "Whitespace"},
      {"GET /x  HTTP/1.1\r\n\r\n", "Whitespace"},
      {post("A : x"), "Invalid header token"},
      {post("Transfer Encoding: chunked"), "header token"},
      {post(": x"), "no name"},
      // Chunks.
      {chunked("3\nabc\r\n0\r\n\r\n"), "chunk size"},
      {chunked("3\r\nabc\n0\r\n\r\n"), "chunk"},
      {chunked("3\r\nabcXX0\r\n\r\n"), "chunk"},
      {chunked("3 \r\nabc\r\n0\r\n\r\n"), "chunk size"},
      {chunked("0x3\r\nabc\r\n0\r\n\r\n"), "chunk size"},
      {chunked("-1\r\nabc\r\n0\r\n\r\n"), "chunk size"},
      {chunked("ffffffffffffffffff\r\n"), "Chunk size overflow"},
      {chunked("00000000000000003\r\nabc\r\n0\r\n\r\n"), "more digits than any needs"},
      {chunked("3;\nx\r\nabc\r\n0\r\n\r\n"), "chunk extensions"},
      {chunked("3\r\nabc\r\n0\r\n\n"), "does not end with CR LF"},
      {"CONNECT h:1 HTTP/1.1\r\nContent-Length: 3\r\n\r\n", "CONNECT with content"},
  };
  for (const auto& [message, reason] : kCases) {
    for (const Cut cut : cuts()) {
      Connection connection(make_http1_connection);
      connection.feed({client(message), client_ends(), server_ends()}, cut);
      ASSERT_GE(connection.recorder.exchanges.size(), 1u) << message;
      EXPECT_TRUE(connection[0].defects.has(Defect::request_ambiguous)) << message;
      EXPECT_THAT(connection[0].malformed, HasSubstr(reason)) << message;
      EXPECT_EQ(connection.count(Counter::http_ambiguous), 1u) << message;
    }
  }
}

TEST(Http1Framing, AmbiguousResponsesAreFlaggedWithTheReason) {
  const Case kCases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
       "Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "Content-Length"},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "in HTTP/1.0"},
      {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n", "obs-fold"},
      {"HTTP/1.1 200 OK\r\nA : b\r\nContent-Length: 0\r\n\r\n", "header token"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n", "does not end with CR LF"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokXX0\r\n\r\n", "chunk"},
  };
  for (const auto& [message, reason] : kCases) {
    for (const Cut cut : cuts()) {
      Connection connection(make_http1_connection);
      connection.feed({client("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"), server(message), server_ends(),
                       client_ends()},
                      cut);
      ASSERT_GE(connection.recorder.exchanges.size(), 1u) << message;
      EXPECT_TRUE(connection[0].defects.has(Defect::response_ambiguous)) << message;
      EXPECT_THAT(connection[0].malformed, HasSubstr(reason)) << message;
    }
  }
}

TEST(Http1Framing, WhatIsUnusualButClearIsNotFlagged) {
  const std::string kRequests[] = {
      "\r\n\r\nGET /x HTTP/1.1\r\nA:b\r\nB: \t b \t\r\nC:\r\nD: \r\n\r\n",
      "GET /x HTTP/1.0\r\n\r\n",
      chunked("3\r\nabc\r\n0\r\n\r\n"),
      chunked("0003;name=value\r\nabc\r\n000;x\r\nT: 1\r\nU:\r\n\r\n"),
      post("Transfer-Encoding: gzip\r\nTransfer-Encoding: Chunked \r\nA: b") + "0\r\n\r\n",
      post("Content-Length: 03") + "abc",
      "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n",
  };
  const std::string kResponses[] = {
      "HTTP/1.1 403\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 403 \r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 403 A long reason\r\nA:\r\nContent-Length: 2\r\n\r\nok",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2;a\r\nok\r\n1\r\n!\r\n0\r\nT: 1\r\n\r\n",
      "HTTP/1.1 204 No\r\nA: b\r\n\r\n",
  };
  for (const std::string& request : kRequests) {
    for (const std::string& response : kResponses) {
      for (const Cut cut : cuts()) {
        Connection connection(make_http1_connection);
        connection.feed({client(request), server(response), client(request), server(response),
                         client("GET /y HTTP/1.1\r\n\r\n"), server(kOk)},
                        cut);
        ASSERT_EQ(connection.recorder.exchanges.size(), 3u)
            << request << response << connection[0].malformed;
        EXPECT_EQ(connection.count(Counter::http_ambiguous), 0u)
            << request << response << connection[0].malformed << connection[1].malformed;
      }
    }
  }
}

// Found by fuzzing.
TEST(Http1Framing, ErrorsDoNotDependOnTheCut) {
  const std::string kRequests[] = {"GET /a\r\xf4tn", "GET bbbbb\n",
                                   "CONNECT h HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3"};
  for (const std::string& request : kRequests) {
    std::vector<std::string> whole;
    for (const Cut cut : cuts()) {
      Connection connection(make_http1_connection);
      connection.feed({client(request), client_ends(), server_ends()}, cut);
      if (whole.empty()) whole = connection.fulls();
      EXPECT_EQ(connection.fulls(), whole);
    }
  }
}

TEST(Http1Framing, LostContentIsNoAmbiguity) {
  Connection connection(make_http1_connection);
  connection.feed({client(chunked("4\r\n")), client_lost(2), client("cd\r\n2\r\n"), client_lost(2),
                   client("\r\n0\r\n\r\n"), server(kOk), client(post("Content-Length: 4")),
                   client_lost(4), server(kOk), client("GET /y HTTP/1.1\r\n\r\n"), server(kOk)});
  ASSERT_EQ(connection.recorder.exchanges.size(), 3u);
  EXPECT_EQ(connection.count(Counter::http_ambiguous), 0u) << connection[0].malformed;
}

// A client that was refused by a final answer to Expect: 100-continue need not send its content.
TEST(Http1Framing, ARefusedExpectationMayBeFollowedByARequest) {
  const std::string refused = "HTTP/1.1 412 No\r\nContent-Length: 0\r\n\r\n";
  const std::string next = "DELETE /y HTTP/1.1\r\nHost: h\r\n\r\n";
  for (const char* length : {"Content-Length: 400", "Transfer-Encoding: chunked"}) {
    const std::string put = "PUT /x HTTP/1.1\r\nExpect: 100-Continue\r\n" + std::string(length);
    for (const std::string& last : {std::string("\r\n\r\n"), std::string("\r\nEmpty:\r\n\r\n")}) {
      for (const Cut cut : cuts()) {
        Connection connection(make_http1_connection);
        connection.feed({client(put + last), server(refused), client(next), server(kOk)}, cut);
        EXPECT_THAT(connection.briefs(), ::testing::ElementsAre("PUT /x -> 412 !request-truncated",
                                                                "DELETE /y -> 200 'ok'"));
        EXPECT_EQ(connection.count(Counter::http_bytes_skipped), 0u);
        EXPECT_EQ(connection.count(Counter::http_resynchronised), 0u);
      }
    }
  }
  // Content that came before the answer, content that looks like none, or no expectation.
  for (const Cut cut : cuts()) {
    Connection connection(make_http1_connection);
    const std::string head = "PUT /x HTTP/1.1\r\nContent-Length: ";
    connection.feed(
        {client(head + "10\r\nExpect: 100-continue\r\n\r\nDE"), server(refused), client("LETE / x"),
         client(head + "6\r\nExpect: 100-continue\r\n\r\n"), server(refused), client("{\"a\":}"),
         client(head + "3\r\n\r\n"), server(refused), client("GET")},
        cut);
    EXPECT_THAT(connection.briefs().at(0), HasSubstr("'DELETE / x' -> 412"));
    EXPECT_EQ(connection.briefs().at(1), "PUT /x '{\"a\":}' -> 412");
    EXPECT_EQ(connection.briefs().at(2), "PUT /x 'GET' -> 412");
  }
}

}  // namespace
}  // namespace mpsdscope
