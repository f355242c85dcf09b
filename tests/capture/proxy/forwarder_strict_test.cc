// What the Forwarder refuses, and what it holds back.
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/proxy/forwarder.h"
#include "tests/capture/proxy/forwarder_player.h"

namespace mpsdscope {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::ForwarderPlayer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

const std::string kGet = "GET http://a/x?y HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const std::string kBegin = "POST http://a/ HTTP/1.1\r\nHost: a\r\n";

struct Refused {
  std::string said;
  std::string sentence;
};

TEST(ForwarderStrict, AmbiguousRequestsAreNeverPassedOn) {
  const std::string chunked = kBegin + "Transfer-Encoding: chunked\r\n";
  for (const Refused& c : {
           Refused{kBegin + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "both"},
           Refused{chunked + "Content-Length: 3\r\n\r\n", "both"},
           Refused{kBegin + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", "several"},
           Refused{kBegin + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", "several"},
           Refused{kBegin + "Content-Length: 3, 3\r\n\r\n", "not a number"},
           Refused{kBegin + "Content-Length: +3\r\n\r\n", "not a number"},
           Refused{kBegin + "Content-Length: -3\r\n\r\n", "not a number"},
           Refused{kBegin + "Content-Length: -0\r\n\r\n", "not a number"},
           Refused{kBegin + "Content-Length: 0x3\r\n\r\n", "not a number"},
           Refused{kBegin + "Content-Length:\r\n\r\n", "not a number"},
           Refused{kBegin + "Content-Length: 9223372036854775808\r\n\r\n", "not a number"},
           Refused{kBegin + "Transfer-Encoding: identity\r\n\r\n", "chunked"},
           Refused{kBegin + "Transfer-Encoding: xchunked\r\n\r\n", "chunked"},
           Refused{kBegin + "Transfer-Encoding: chunked, gzip\r\n\r\n", "chunked"},
           Refused{kBegin + "Transfer-Encoding: chunked, chunked\r\n\r\n", "chunked"},
           Refused{kBegin + "Transfer-Encoding: \"chunked\"\r\n\r\n", "chunked"},
           Refused{kBegin + "Transfer-Encoding: , chunked\r\n\r\n", "chunked"},
           Refused{kBegin + "Transfer-Encoding:\r\n\r\n", "chunked"},
           Refused{chunked + "Transfer-Encoding: chunked\r\n\r\n", "chunked"},
           Refused{"POST http://a/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.0"},
           Refused{kBegin + "X: y\r\n z\r\n\r\n", "obs-fold"},
           Refused{kBegin + "\tX: y\r\n\r\n", "obs-fold"},
           Refused{kBegin + "Content-Length : 3\r\n\r\n", "token"},
           Refused{kBegin + "X Y: z\r\n\r\n", "token"},
           Refused{kBegin + ": z\r\n\r\n", "token"},
           Refused{kBegin + "X\r\n\r\n", "no colon"},
           Refused{kBegin + "X: a\rb\r\n\r\n", "control"},
           Refused{kBegin + std::string("X: a\0b\r\n\r\n", 10), "control"},
           Refused{kBegin + "X: a\r\r\n\r\n", "control"},
           Refused{kBegin + "X: a\n\r\n", "without CR"},
           Refused{"GET http://a/ HTTP/1.1\nHost: a\n\n", "without CR"},
           Refused{"GET http://a/ HTTP/1.1\r\nHost: a\r\n\n", "without CR"},
           Refused{"\r\n\r\nGET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "first line"},
           Refused{"GET http://a/  HTTP/1.1\r\nHost: a\r\n\r\n", "no URI"},
           Refused{"GET  http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "no URI"},
           Refused{"GET\thttp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "METHOD TARGET"},
           Refused{"GET http://a/\x80 HTTP/1.1\r\nHost: a\r\n\r\n", "no URI"},
           Refused{"G(T http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "method"},
           Refused{"GET http://a/ HTTP/1.2\r\nHost: a\r\n\r\n", "version"},
           Refused{"GET http://a/ HTTP/2\r\nHost: a\r\n\r\n", "version"},
           Refused{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "version"},
           Refused{"GET http://a/\r\nHost: a\r\n\r\n", "METHOD TARGET"},
           Refused{"GET http://a/#x HTTP/1.1\r\nHost: a\r\n\r\n", "fragment"},
           Refused{"GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n", "user name"},
           Refused{"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", "empty"},
           Refused{"GET http://a:99999/ HTTP/1.1\r\nHost: a\r\n\r\n", "65535"},
           Refused{"GET http://a%00/ HTTP/1.1\r\nHost: a\r\n\r\n", "no host has"},
           Refused{"GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "must use CONNECT"},
           Refused{"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "neither"},
           Refused{"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "neither"},
           Refused{"GET http://a/ HTTP/1.1\r\n\r\n", "no Host"},
           Refused{"GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "or several"},
           Refused{"GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", "differ"},
           Refused{"GET http://a/ HTTP/1.1\r\nHost: a:81\r\n\r\n", "differ"},
           Refused{"GET http://a/ HTTP/1.1\r\nHost: a, b\r\n\r\n", "differ"},
           Refused{"GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n", "differ"},
       }) {
    for (const std::size_t piece : {1'000U, 7U, 1U}) {
      ForwarderPlayer p(piece);
      p.client(c.said + "GET http://smuggled/ HTTP/1.1\r\nHost: smuggled\r\n\r\n");
      ASSERT_THAT(p.log, ElementsAre(StartsWith("< HTTP/1.1 400 Bad Request\r\n"), "close"))
          << c.said;
      EXPECT_THAT(p.problems, ElementsAre(AllOf(StartsWith("client: "), HasSubstr(c.sentence))));
      EXPECT_THAT(p.log[0], HasSubstr(c.sentence));
      EXPECT_EQ(p.tapped, "");
    }
  }
}

TEST(ForwarderStrict, BrokenChunksEndTheConnection) {
  const std::string head = kBegin + "Transfer-Encoding: chunked\r\n\r\n";
  const std::string good = "2\r\nab\r\n";
  for (const std::string bad : {"\r\n",
                                "g\r\n",
                                " 2\r\nab\r\n",
                                "2 \r\nab\r\n",
                                "+2\r\nab",
                                "0x2\r\nab",
                                "-1\r\n",
                                "2\nab\r\n",
                                "2\r\nabc\r\n",
                                "2\r\nab\n",
                                "2\r\nab\rx",
                                "10000000000000000\r\n",
                                "0000000000000002\r\nab",
                                ";x\r\n",
                                "2;a\rb\r\n",
                                "2;a\nb\r\n",
                                "0\r\n X: y\r\n\r\n",
                                "0\r\nX : y\r\n\r\n",
                                "0\r\n: y\r\n\r\n",
                                "0\r\nX: y\n\r\n",
                                "0\r\n\rx",
                                "0\r\nX: \x01\r\n"}) {
    for (const std::size_t piece : {1'000U, 1U}) {
      ForwarderPlayer p(piece);
      p.client(head + good + bad + kGet);
      ASSERT_THAT(p.log, UnorderedElementsAre("connect a:80", HasSubstr("\r\n\r\n" + good),
                                              StartsWith("< HTTP/1.1 400 "), "close"))
          << bad;
      EXPECT_THAT(p.log, Each(Not(HasSubstr("GET"))));
      // No room for an answer in the middle of another.
      ForwarderPlayer q(piece);
      q.client(head + good);
      q.upstream(kOk);
      q.client(bad + kGet);
      EXPECT_THAT(q.log.back(), "close") << bad;
      EXPECT_THAT(q.log, Each(Not(HasSubstr("HTTP/1.1 400"))));
      EXPECT_THAT(q.problems, SizeIs(1));
    }
  }
}

TEST(ForwarderStrict, AmbiguousResponsesAreNotPassedOn) {
  for (const Refused& c : {
           Refused{"200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "both"},
           Refused{"200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", "several"},
           Refused{"200 OK\r\nContent-Length: 3;\r\n\r\n", "not a number"},
           Refused{"200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "chunked"},
           Refused{"204 No Content\r\nContent-Length: 3\r\n\r\nabc", "declares content"},
           Refused{"204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", "declares content"},
           Refused{"100 Continue\r\nContent-Length: 3\r\n\r\nabc", "declares content"},
           Refused{"200 OK\r\nX: y\r\n z\r\n\r\n", "obs-fold"},
           Refused{"200 OK\r\nX : y\r\n\r\n", "token"},
           Refused{"200 OK\nX: y\r\n\r\n", "without CR"},
           Refused{"2000 OK\r\n\r\n", "first line"},
           Refused{"099 OK\r\n\r\n", "first line"},
           Refused{"20 OK\r\n\r\n", "first line"},
           Refused{"200 O\rK\r\n\r\n", "first line"},
       }) {
    for (const std::size_t piece : {1'000U, 1U}) {
      ForwarderPlayer p(piece);
      p.client(kGet);
      p.upstream("HTTP/1.1 " + c.said);
      ASSERT_THAT(p.log, ElementsAre("connect a:80", StartsWith("> GET"),
                                     StartsWith("< HTTP/1.1 502 Bad Gateway\r\n"), "close"))
          << c.said;
      EXPECT_THAT(p.problems, ElementsAre(AllOf(StartsWith("upstream: the response of a "),
                                                HasSubstr(c.sentence))));
    }
  }
}

TEST(ForwarderStrict, MoreThanOneResponseIsNotPassedOn) {
  ForwarderPlayer more(1'000);
  more.client(kGet);
  more.upstream(kOk + kOk);
  EXPECT_THAT(more.log, ElementsAre("connect a:80", StartsWith("> "), "< " + kOk, "close"));
  // Poison for the next request.
  ForwarderPlayer early(1'000);
  early.client(kGet);
  early.upstream(kOk);
  early.upstream("HTTP/1.1 408 Timeout\r\n\r\n");
  EXPECT_THAT(early.log, ElementsAre("connect a:80", StartsWith("> "), "< " + kOk, "close"));
  EXPECT_THAT(early.problems, ElementsAre(HasSubstr("nobody asked")));
}

TEST(ForwarderStrict, ConnectAfterPlainRequestsIsRefused) {
  ForwarderPlayer p(1'000);
  p.client("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
  EXPECT_THAT(p.log,
              ElementsAre(AllOf(StartsWith("< HTTP/1.1 400 "), HasSubstr("another")), "close"));
}

TEST(ForwarderStrict, PatienceEnds) {
  ForwarderPlayer head(1'000);
  EXPECT_NE(head.forwarder().errand(), 0u);
  head.client("GET http://a/ HT");
  EXPECT_NE(head.forwarder().errand(), 0u);
  head.times_out("the request did not come in time");
  EXPECT_THAT(head.log, ElementsAre(StartsWith("< HTTP/1.1 408 "), "close"));
  ForwarderPlayer connecting(1'000);
  connecting.connects = false;
  connecting.client(kGet);
  connecting.times_out("a did not connect in time");
  EXPECT_THAT(connecting.log, ElementsAre("connect a:80", StartsWith("< HTTP/1.1 504 "), "close"));
}

TEST(ForwarderStrict, HeadsAreBounded) {
  for (const std::size_t piece : {10'000U, 100U, 1U}) {
    ForwarderPlayer p(piece);
    p.client(kBegin + "X: " + std::string(1'000, 'y'));
    EXPECT_THAT(p.log, ElementsAre(StartsWith("< HTTP/1.1 431 "), "close"));
    ForwarderPlayer q(piece);
    q.client(kGet);
    q.upstream("HTTP/1.1 200 OK\r\nX: " + std::string(1'000, 'y'));
    EXPECT_THAT(q.log.at(2), StartsWith("< HTTP/1.1 502 "));
  }
}

TEST(ForwarderStrict, EveryRequestNeedsTheRightCredentials) {
  const ProxyAuth auth = *ProxyAuth::parse("player:open sesame");
  const std::string right = "Proxy-Authorization: Basic cGxheWVyOm9wZW4gc2VzYW1l\r\n";
  ForwarderPlayer p(1'000, auth);
  p.client("GET http://a/ HTTP/1.1\r\nHost: a\r\n" + right + "\r\n");
  p.upstream(kOk);
  p.client("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_THAT(p.log, SizeIs(4));
  EXPECT_EQ(p.log[1], "> GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(p.log[2], AllOf(StartsWith("< " + kOk + "HTTP/1.1 407 "),
                              HasSubstr("\r\nProxy-Authenticate: Basic ")));
  EXPECT_EQ(p.log[3], "close");
  EXPECT_THAT(p.problems, ElementsAre(StartsWith("unauthorized: ")));
  EXPECT_THAT(p.tapped, Not(HasSubstr("cGxh")));
  // The page tells a device how to get on: it asks for nothing.
  ForwarderPlayer page(1'000, auth);
  page.client("GET http://mpsdscope/ HTTP/1.1\r\nHost: mpsdscope\r\n\r\n");
  EXPECT_THAT(page.log, ElementsAre(StartsWith("< HTTP/1.1 200 ")));
}

TEST(ForwarderStrict, ASlowUpstreamHoldsTheClient) {
  ForwarderPlayer p(kHighWater / 2);
  p.sends = false;
  p.client("PUT http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n");
  p.settle();
  EXPECT_TRUE(p.io().client.read);
  p.client(std::string(kHighWater, 'x'));
  EXPECT_FALSE(p.io().client.read);
  p.io().upstream.out.consume(kHighWater / 4);
  p.forwarder().on_sent();
  EXPECT_FALSE(p.io().client.read);
  p.io().upstream.out.consume(kHighWater / 4);
  p.forwarder().on_sent();
  EXPECT_TRUE(p.io().client.read);
}

TEST(ForwarderStrict, ASlowClientHoldsUpstream) {
  ForwarderPlayer p(kHighWater / 2);
  p.client(kGet);
  p.sends = false;
  p.upstream("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_TRUE(p.io().upstream.read);
  p.upstream(std::string(kHighWater, 'x'));
  EXPECT_FALSE(p.io().upstream.read);
  p.settle();
  EXPECT_TRUE(p.io().upstream.read);
}

TEST(ForwarderStrict, PipelinedRequestsAreBounded) {
  ForwarderPlayer p(512);
  std::string many;
  while (many.size() < 1'500) many += kGet;
  std::string_view rest = many;
  while (!rest.empty() && p.io().client.read) {
    p.client(rest.substr(0, 512));
    rest.remove_prefix(std::min<std::size_t>(512, rest.size()));
  }
  EXPECT_FALSE(p.io().client.read);
  EXPECT_GT(rest.size(), 0U);
  while (!p.io().client.read) p.upstream(kOk);
  EXPECT_FALSE(p.over());
}

TEST(ForwarderStrict, ManyPagesWaitForASlowClient) {
  ForwarderPlayer p(1'000'000, *std::make_unique<ProxyAuth>(), 1'000'000);
  p.sends = false;
  std::string many;
  for (int i = 0; i < 8'000; ++i) many += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  p.client(many);
  EXPECT_LT(p.io().client.out.size(), kHighWater + 200);
  p.client_ends();
  p.settle();
  std::size_t pages = 0;
  for (std::size_t at = 0; (at = p.log[0].find("page /", at)) != std::string::npos; ++at) ++pages;
  EXPECT_EQ(pages, 8'000U);
  EXPECT_EQ(p.log.back(), "close");
}

}  // namespace
}  // namespace mpsdscope
