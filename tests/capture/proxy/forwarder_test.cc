#include "capture/proxy/forwarder.h"

#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/capture/proxy/forwarder_player.h"

namespace mpsdscope {
namespace {

using ::testing::ElementsAre;
using testing::ForwarderPlayer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using Script = std::function<void(ForwarderPlayer&)>;

// Whole, and in pieces of every size up to 200 bytes: the same comes of it.
ForwarderPlayer& play(const Script& script) {
  static std::unique_ptr<ForwarderPlayer> whole;
  whole = std::make_unique<ForwarderPlayer>(1'000'000);
  script(*whole);
  for (std::size_t piece = 1; piece < 200; ++piece) {
    ForwarderPlayer pieces(piece);
    script(pieces);
    EXPECT_EQ(pieces.log, whole->log) << piece;
    EXPECT_EQ(pieces.tapped, whole->tapped) << piece;
    EXPECT_EQ(pieces.problems, whole->problems) << piece;
  }
  return *whole;
}

const std::string kGet = "GET http://a/x?y HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kOrigin = "> GET /x?y HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

TEST(Forwarder, RewritesTheRequestLineOnly) {
  struct Case {
    std::string target;
    std::string connect;
    std::string origin;
  };
  for (const Case& c : {
           Case{"GET http://title.test/a/b?c=d%20e", "title.test:80", "GET /a/b?c=d%20e"},
           Case{"GET http://title.test", "title.test:80", "GET /"},
           Case{"GET http://title.test?q", "title.test:80", "GET /?q"},
           Case{"GET HTTP://title.test:8080/http://x/", "title.test:8080", "GET /http://x/"},
           Case{"GET http://title.test:/", "title.test:80", "GET /"},
           Case{"OPTIONS http://title.test", "title.test:80", "OPTIONS *"},
           Case{"OPTIONS http://title.test/", "title.test:80", "OPTIONS /"},
           Case{"REPORT http://[2001:db8::1]:81/", "2001:db8::1:81", "REPORT /"},
       }) {
    const std::string target = c.target.substr(c.target.find(' ') + 1);
    const std::size_t begin = 7, end = target.find_first_of("/?", begin);
    const std::string host = target.substr(begin, end - begin);
    const std::string fields = "hoSt:  " + host +
                               " \r\nAccept:\t*/*\r\nX-Odd:\r\nConnection: keep-alive\r\n"
                               "Cookie: a\r\nCookie: b\r\n";
    const auto& done = play([&](ForwarderPlayer& p) {
      p.client(c.target + " HTTP/1.1\r\n" + fields +
               "Proxy-Connection: keep-alive\r\nproxy-authorization: Basic eDp5\r\n\r\n");
    });
    EXPECT_THAT(done.log, ElementsAre("connect " + c.connect,
                                      "> " + c.origin + " HTTP/1.1\r\n" + fields + "\r\n"));
    // The tap reads it as it came, but for the secret.
    EXPECT_EQ(done.tapped,
              "[C]" + c.target + " HTTP/1.1\r\n" + fields + "Proxy-Connection: keep-alive\r\n\r\n");
  }
}

// RFC 9112 §3.2.2.
TEST(Forwarder, AsksAnotherProxyInAbsoluteForm) {
  const std::string login = "Proxy-Authorization: Basic b3V0ZXI6eQ==\r\n";
  for (const std::size_t piece : {1, 20, 1000}) {
    const ProxyAuth ours = *ProxyAuth::parse("x:y");
    ForwarderPlayer p(piece, ours, 512, login);
    for (const std::string host : {"a", "a", "b:81"}) {
      p.client("GET http://" + host + "?q HTTP/1.1\r\nHost: " + host +
               "\r\nProxy-Connection: close\r\nProxy-Authorization: Basic eDp5\r\n\r\n");
      p.upstream(kOk);
    }
    const auto asked = [&](const std::string& host) {
      return "> GET http://" + host + "?q HTTP/1.1\r\nHost: " + host + "\r\n" + login + "\r\n";
    };
    EXPECT_THAT(p.log, ElementsAre("connect a:80", asked("a"), "< " + kOk, asked("a"), "< " + kOk,
                                   "connect b:81", asked("b:81"), "< " + kOk));
    EXPECT_THAT(p.tapped, Not(HasSubstr("Authorization")));
  }
}

TEST(Forwarder, AnotherProxyThatWantsCredentialsIsNotTheClients) {
  const ProxyAuth none;
  ForwarderPlayer p(1000, none, 512, "");
  p.client(kGet);
  p.upstream("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(p.log,
              ElementsAre("connect a:80", "> " + kGet, StartsWith("< HTTP/1.1 502 "), "close"));
  EXPECT_THAT(p.problems, ElementsAre(HasSubstr("--upstream-proxy")));
}

TEST(Forwarder, PassesTheResponseAsItIs) {
  const std::string response =
      "HTTP/1.1 299 \xe4h\r\nx-Y:  z \r\nContent-Length: 3\r\n\r\n" + std::string("\0\r\n", 3);
  const auto& done = play([&](ForwarderPlayer& p) {
    p.client(kGet);
    p.upstream(response);
  });
  EXPECT_THAT(done.log, ElementsAre("connect a:80", kOrigin, "< " + response));
  EXPECT_EQ(done.tapped, "[C]" + kGet + "[S]" + response);
}

TEST(Forwarder, SeveralHostsOnOneConnection) {
  const auto& done = play([](ForwarderPlayer& p) {
    p.client(kGet);
    p.upstream(kOk);
    p.client(kGet);
    p.upstream(kOk);
    p.client("GET http://b/ HTTP/1.1\r\nHost: b\r\n\r\n");
    p.upstream("HTTP/1.1 204 No Content\r\n\r\n");
    p.client("GET http://b:81/ HTTP/1.1\r\nHost: b:81\r\n\r\n");
    p.upstream(kOk);
    p.client(kGet);
  });
  EXPECT_THAT(done.log, ElementsAre("connect a:80", kOrigin, "< " + kOk, kOrigin, "< " + kOk,
                                    "connect b:80", "> GET / HTTP/1.1\r\nHost: b\r\n\r\n",
                                    "< HTTP/1.1 204 No Content\r\n\r\n", "connect b:81",
                                    "> GET / HTTP/1.1\r\nHost: b:81\r\n\r\n", "< " + kOk,
                                    "connect a:80", kOrigin));
}

TEST(Forwarder, PipelinedRequestsAreServedInOrder) {
  const auto& done = play([](ForwarderPlayer& p) {
    p.client("POST http://a/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody" + kGet +
             "GET http://b/ HTTP/1.1\r\nHost: b\r\n\r\n");
    p.upstream("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
    p.upstream(kOk);
    p.upstream("HTTP/1.1 304 Not Modified\r\nContent-Length: 70\r\n\r\n");
    p.client_ends();
  });
  EXPECT_THAT(
      done.log,
      ElementsAre("connect a:80", "> POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody",
                  "< HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1", kOrigin, "< " + kOk,
                  "connect b:80", "> GET / HTTP/1.1\r\nHost: b\r\n\r\n",
                  "< HTTP/1.1 304 Not Modified\r\nContent-Length: 70\r\n\r\n", "close"));
}

TEST(Forwarder, AClientThatEndsIsStillAnswered) {
  const auto& done = play([](ForwarderPlayer& p) {
    p.client(kGet + kGet);
    p.client_ends();
    p.upstream(kOk);
    p.upstream(kOk);
  });
  EXPECT_THAT(done.log,
              ElementsAre("connect a:80", kOrigin, "< " + kOk, kOrigin, "< " + kOk, "close"));
}

TEST(Forwarder, AnIncompleteRequestEndsWithItsClient) {
  const auto& done = play([](ForwarderPlayer& p) {
    p.client("POST http://a/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
    p.client_ends();
  });
  EXPECT_EQ(done.log.back(), "close");
  EXPECT_THAT(play([](ForwarderPlayer& p) {
                p.client("GET http");
                p.client_ends();
              }).log,
              ElementsAre("close"));
  EXPECT_THAT(play([](ForwarderPlayer& p) {
                p.client(kGet);
                p.client_ends(StreamEnd::reset);
              }).log,
              ElementsAre("connect a:80", kOrigin, "abort"));
}

TEST(Forwarder, WhereContentEnds) {
  struct Case {
    std::string request;   // method, fields and body
    std::string response;  // after which another request is possible
  };
  for (const Case& c : {
           Case{"GET", "200 OK\r\nContent-Length: 0\r\n\r\n"},
           Case{"GET", "200 OK\r\nContent-Length: 5\r\n\r\n\r\n\r\nx"},
           Case{"HEAD", "200 OK\r\nContent-Length: 5\r\n\r\n"},
           Case{"HEAD", "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
           Case{"HEAD", "200 OK\r\n\r\n"},
           Case{"GET", "204 No Content\r\n\r\n"},
           Case{"GET", "204 No Content\r\nContent-Length: 0\r\n\r\n"},
           Case{"GET", "304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
           Case{"GET", "304\r\n\r\n"},
           Case{"GET", "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
           Case{"GET",
                "200 OK\r\nTRANSFER-encoding: gzip ,\tChunked\r\n\r\n"
                "3\r\nabc\r\n00A;x=\"y z\";q\r\n0123\r\n6789\r\n0\r\nDigest: z\r\nX:\r\n\r\n"},
           Case{"GET",
                "103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 \r\n\r\n"
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"},
           Case{"POST|Content-Length: 3\r\n|abc", "200 OK\r\nContent-Length: 0\r\n\r\n"},
           Case{"POST|Transfer-Encoding: chunked\r\n|2\r\nab\r\n0\r\nX: y\r\n\r\n",
                "200 OK\r\nContent-Length: 0\r\n\r\n"},
       }) {
    const std::string method = c.request.substr(0, c.request.find('|'));
    std::string fields, body;
    if (method != c.request) {
      const std::size_t second = c.request.find('|', method.size() + 1);
      fields = c.request.substr(method.size() + 1, second - method.size() - 1);
      body = c.request.substr(second + 1);
    }
    const auto& done = play([&](ForwarderPlayer& p) {
      p.client(method + " http://a/ HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body);
      p.upstream("HTTP/1.1 " + c.response);
      p.client(kGet);
      p.upstream(kOk);
    });
    EXPECT_THAT(done.log,
                ElementsAre("connect a:80",
                            "> " + method + " / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body,
                            "< HTTP/1.1 " + c.response, kOrigin, "< " + kOk))
        << c.response;
  }
}

TEST(Forwarder, ContentUntilTheEndOfTheConnection) {
  const std::string response = "HTTP/1.0 200 OK\r\n\r\nall of it";
  const auto& done = play([&](ForwarderPlayer& p) {
    p.client(kGet);
    p.upstream(response);
    p.upstream_ends();
  });
  EXPECT_THAT(done.log, ElementsAre("connect a:80", kOrigin, "< " + response, "close"));
  EXPECT_THAT(done.problems, IsEmpty());
  // A reset is not the end of the content, and must not look like it.
  EXPECT_THAT(play([&](ForwarderPlayer& p) {
                p.client(kGet);
                p.upstream(response);
                p.upstream_ends(StreamEnd::reset);
              }).log,
              ElementsAre("connect a:80", kOrigin, "< " + response, "abort"));
}

TEST(Forwarder, KnowsWhenTheConnectionIsOver) {
  struct Case {
    std::string version;
    std::string field;
    std::string response;
    bool over;
  };
  const std::string length = "Content-Length: 0\r\n";
  for (const Case& c : {
           Case{"1.1", "", "1.1 200 OK\r\n" + length, false},
           Case{"1.1", "Connection: x, Close\r\n", "1.1 200 OK\r\n" + length, true},
           Case{"1.1", "", "1.1 200 OK\r\nConnection: close\r\n" + length, true},
           Case{"1.1", "", "1.0 200 OK\r\n" + length, true},
           Case{"1.1", "", "1.0 200 OK\r\nConnection: keep-alive\r\n" + length, false},
           Case{"1.0", "", "1.1 200 OK\r\n" + length, true},
           Case{"1.0", "Connection: Keep-Alive\r\n", "1.1 200 OK\r\n" + length, false},
       }) {
    const auto& done = play([&](ForwarderPlayer& p) {
      p.client("GET http://a/ HTTP/" + c.version + "\r\nHost: a\r\n" + c.field + "\r\n");
      p.upstream("HTTP/" + c.response + "\r\n");
    });
    EXPECT_EQ(done.log.back() == "close", c.over) << c.version << c.field << c.response;
  }
}

TEST(Forwarder, Expect100Continue) {
  const std::string head =
      "http://a/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  const auto& done = play([&](ForwarderPlayer& p) {
    p.client("PUT " + head);
    p.upstream("HTTP/1.1 100 Continue\r\n\r\n");
    p.client("ab");
    p.upstream(kOk);
  });
  EXPECT_THAT(done.log, ElementsAre("connect a:80", HasSubstr("Expect: 100-continue\r\n"),
                                    "< HTTP/1.1 100 Continue\r\n\r\n", "> ab", "< " + kOk));
}

TEST(Forwarder, AnEarlyResponseDoesNotEndTheRequest) {
  const auto& done = play([](ForwarderPlayer& p) {
    p.client("PUT http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab");
    p.upstream(kOk);
    p.client("cdef" + kGet);
  });
  EXPECT_THAT(done.log, ElementsAre("connect a:80", HasSubstr("\r\n\r\nab"), "< " + kOk,
                                    "> cdef" + kOrigin.substr(2)));
}

TEST(Forwarder, AnUpgradeMakesATunnel) {
  const std::string ask =
      "GET http://a/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  const std::string yes =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
  const auto& done = play([&](ForwarderPlayer& p) {
    p.client(ask);
    p.upstream(yes + "\x81\x01x");
    p.client("\x81\x02GET / HTTP/1.1\r\n\r\n");
    p.upstream("\x88");
    p.client_ends();
    p.upstream("\x89");
    p.upstream_ends();
  });
  EXPECT_THAT(done.log,
              ElementsAre("connect a:80", StartsWith("> GET /ws"), "< " + yes + "\x81\x01x",
                          "> \x81\x02GET / HTTP/1.1\r\n\r\n", "< \x88", "fin to upstream", "< \x89",
                          "fin to client", "close"));
  EXPECT_EQ(done.tapped,
            "[C]" + ask + "[S]" + yes + "\x81\x01x[C]\x81\x02GET / HTTP/1.1\r\n\r\n[S]\x88\x89");
  // Only when it was asked for.
  EXPECT_THAT(play([&](ForwarderPlayer& p) {
                p.client(kGet);
                p.upstream(yes);
              }).log,
              ElementsAre("connect a:80", kOrigin, StartsWith("< HTTP/1.1 502 "), "close"));
}

TEST(Forwarder, FailuresToConnectAreAnswered) {
  ForwarderPlayer p(1'000);
  p.connects = false;
  p.client(kGet + kGet);
  p.connect_fails(ConnectFailure::not_allowed, "a:80 is not allowed");
  EXPECT_THAT(p.log,
              ElementsAre("connect a:80", StartsWith("< HTTP/1.1 403 Forbidden\r\n"), "close"));
  EXPECT_THAT(p.log[1], HasSubstr("mpsdscope: a:80 is not allowed\n"));
  EXPECT_EQ(p.tapped, "");
  EXPECT_THAT(p.problems, IsEmpty());  // its owner knows
}

TEST(Forwarder, AnUpstreamThatDoesNotAnswer) {
  EXPECT_THAT(play([](ForwarderPlayer& p) {
                p.client(kGet);
                p.upstream_ends();
              }).log,
              ElementsAre("connect a:80", kOrigin, StartsWith("< HTTP/1.1 502 "), "close"));
  // One that was kept alive may have been closed meanwhile: the client asks again.
  EXPECT_THAT(play([](ForwarderPlayer& p) {
                p.client(kGet);
                p.upstream(kOk);
                p.client(kGet);
                p.upstream_ends(StreamEnd::reset);
              }).log,
              ElementsAre("connect a:80", kOrigin, "< " + kOk, kOrigin, "close"));
  // One that ended before is connected anew.
  EXPECT_THAT(play([](ForwarderPlayer& p) {
                p.client(kGet);
                p.upstream(kOk);
                p.upstream_ends();
                p.client(kGet);
                p.upstream(kOk);
              }).log,
              ElementsAre("connect a:80", kOrigin, "< " + kOk, "drop upstream", "connect a:80",
                          kOrigin, "< " + kOk));
}

TEST(Forwarder, ATruncatedResponseIsNotCompleted) {
  const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab";
  const auto& done = play([&](ForwarderPlayer& p) {
    p.client(kGet);
    p.upstream(half);
    p.upstream_ends();
  });
  EXPECT_THAT(done.log, ElementsAre("connect a:80", kOrigin, "< " + half, "close"));
  EXPECT_THAT(done.problems, ElementsAre(HasSubstr("in the middle of it")));
}

TEST(Forwarder, TheTapIsToldWhenBytesWereRead) {
  constexpr CaptureTime kFirst{std::chrono::seconds(1)};
  constexpr auto kLater = std::chrono::seconds(1);
  ForwarderPlayer p(1'000);
  p.connects = false;
  const std::string head = "POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
  p.now = kFirst;
  p.client(head.substr(0, 5));
  p.now = kFirst + kLater;
  p.client(head.substr(5) + "bo");
  p.now = kFirst + 2 * kLater;
  p.connects = true;
  p.forwarder().on_connected();
  EXPECT_THAT(p.times, ElementsAre(kFirst, kFirst + kLater));
  p.client("dy" + head.substr(0, 10));  // and the next one begins
  p.now = kFirst + 3 * kLater;
  p.upstream(kOk);
  p.now = kFirst + 4 * kLater;
  p.client(head.substr(10));
  EXPECT_THAT(p.times, ElementsAre(kFirst, kFirst + kLater, kFirst + 2 * kLater,
                                   kFirst + 3 * kLater, kFirst + 3 * kLater, kFirst + 2 * kLater));
}

TEST(Forwarder, TheOwnPage) {
  const auto& done = play([](ForwarderPlayer& p) {
    p.client(
        "GET / HTTP/1.1\r\nHost: 192.0.2.7:8888\r\n\r\n"
        "GET http://mpsdscope/ca.cer HTTP/1.1\r\nHost: mpsdscope\r\n\r\n"
        "HEAD http://192.0.2.7:8888/x HTTP/1.1\r\nHost: 192.0.2.7:8888\r\n\r\n");
    p.client(kGet);
    p.upstream(kOk);
    p.client("GET http://MPSDscope./?q HTTP/1.0\r\n\r\n");
  });
  EXPECT_THAT(
      done.log,
      ElementsAre("< HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npage /"
                  "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\npage /ca.cer"
                  "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
                  "connect a:80", kOrigin,
                  "< " + kOk + "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npage /?q", "close"));
  EXPECT_EQ(done.tapped, "[C]" + kGet + "[S]" + kOk);
  EXPECT_THAT(play([](ForwarderPlayer& p) {
                p.client("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
              }).log,
              ElementsAre(StartsWith("< HTTP/1.1 405 "), "close"));
}

}  // namespace
}  // namespace mpsdscope
